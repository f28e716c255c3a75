// Ops that the server has not acknowledged: in memory in order, and in IndexedDB (else localStorage) so that they
// outlive the page. An op leaves only when told to. Each attempt sees its own; each op keeps the client that made it.

/** @import {Entry, Op} from "./types.js" */

const DATABASE = "dangxiao-exam";
const STORE = "ops";
const LOCAL_PREFIX = "dangxiao-op-";
const OPEN_TIMEOUT_MS = 3000; // a blocked database must not keep a candidate from the first question

/**
 * Where entries outlive the page. Every method may reject.
 * @typedef {{put(entry: Entry): Promise<void>, remove(id: string): Promise<void>, all(attempt: string): Promise<Entry[]>}} Shelf
 */

export class Outbox {
  /**
   * @param {string} attempt
   * @param {Shelf | null} shelf null: memory only
   * @param {Entry[]} left what earlier loads of this attempt could not deliver
   */
  constructor(attempt, shelf, left) {
    this.attempt = attempt;
    this.shelf = shelf;
    /** @type {Entry[]} */
    this.entries = left.slice().sort((a, b) => a.order - b.order);
    this.lastOrder = 0;
    this.unshelved = 0; // entries of this load that only memory holds
  }

  /** Whether everything waiting here would outlive the page. */
  get durable() {
    return this.shelf !== null && this.unshelved === 0;
  }

  get size() {
    return this.entries.length;
  }

  /**
   * Keeps an op; in memory at once, on the shelf when the promise resolves.
   * @param {string} client
   * @param {Op} op
   */
  async add(client, op) {
    // Only the order between loads hangs on the device's clock; within a load the order only rises.
    this.lastOrder = Math.max(this.lastOrder + 1, Date.now() * 1000);
    const entry = { id: op.id, attempt: this.attempt, client, order: this.lastOrder, op };
    this.entries.push(entry);
    await this.shelve(entry);
  }

  /** @param {Entry} entry */
  async shelve(entry) {
    if (!this.shelf) return;
    try {
      await this.shelf.put(entry);
    } catch (error) {
      try {
        await new LocalShelf(window.localStorage).put(entry);
      } catch (full) {
        this.unshelved += 1;
      }
    }
  }

  /** @param {(entry: Entry) => boolean} wanted */
  filter(wanted) {
    return this.entries.filter(wanted);
  }

  /**
   * What can go in one request: the oldest entries of the client whose entries are oldest.
   * @param {number} count at most
   * @param {number} bytes at most, but one entry always
   * @param {Set<string>} [skipped] ids that do not go
   * @returns {Entry[]}
   */
  batch(count, bytes, skipped) {
    const going = this.filter((entry) => !skipped || !skipped.has(entry.id));
    return cut(going.filter((entry) => entry.client === going[0].client), count, bytes);
  }

  /** @param {Set<string>} ids acknowledged, or submitted */
  remove(ids) {
    const leaving = this.filter((entry) => ids.has(entry.id));
    this.entries = this.filter((entry) => !ids.has(entry.id));
    if (!this.entries.length) this.unshelved = 0;
    leaving.forEach((entry) => {
      if (this.shelf) this.shelf.remove(entry.id).catch(() => undefined); // sent again next time, a duplicate then
      try {
        window.localStorage.removeItem(LOCAL_PREFIX + entry.id);
      } catch (error) {
        // storage switched off
      }
    });
  }

  /**
   * Answers still waiting for this slot continue from the revision the server now has.
   * @param {number} slot
   * @param {number} rev
   */
  rebase(slot, rev) {
    this.entries.forEach((entry) => {
      if (entry.op.kind !== "answer" || entry.op.slot !== slot || entry.op.base === rev) return;
      entry.op.base = rev;
      this.shelve(entry);
    });
  }

  /**
   * @param {number} slot
   * @returns {Entry[]} answers of the slot that wait
   */
  answersOf(slot) {
    return this.filter((entry) => entry.op.kind === "answer" && entry.op.slot === slot);
  }
}

/**
 * @param {Entry[]} entries
 * @param {number} count
 * @param {number} bytes
 */
export function cut(entries, count, bytes) {
  let size = 0;
  let n = 0;
  while (n < entries.length && n < count) {
    size += 3 * JSON.stringify(entries[n].op).length; // a character is at most 3 bytes
    if (n > 0 && size > bytes) break;
    n += 1;
  }
  return entries.slice(0, n);
}

/**
 * The outbox of an attempt, with what earlier loads left behind. Never rejects: at worst memory holds it.
 * @param {string} attempt
 * @returns {Promise<Outbox>}
 */
export async function openOutbox(attempt) {
  /** @type {Shelf | null} */
  let shelf = null;
  /** @type {Entry[]} */
  let left = [];
  try {
    shelf = new DatabaseShelf(await openDatabase());
    left = await shelf.all(attempt);
  } catch (error) {
    shelf = null;
  }
  try {
    const local = new LocalShelf(window.localStorage);
    const known = new Set(left.map((entry) => entry.id));
    left = left.concat((await local.all(attempt)).filter((entry) => !known.has(entry.id)));
    shelf = shelf || local;
  } catch (error) {
    // storage switched off: memory, and the page says so
  }
  return new Outbox(attempt, shelf, left);
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("timeout")), OPEN_TIMEOUT_MS);
    const request = window.indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("attempt", "attempt");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

/** @implements {Shelf} */
class DatabaseShelf {
  /** @param {IDBDatabase} database */
  constructor(database) {
    this.database = database;
  }

  /** @param {Entry} entry */
  put(entry) {
    return this.write((store) => store.put(entry));
  }

  /** @param {string} id */
  remove(id) {
    return this.write((store) => store.delete(id));
  }

  /**
   * @param {string} attempt
   * @returns {Promise<Entry[]>}
   */
  all(attempt) {
    return new Promise((resolve, reject) => {
      const request = this.database.transaction(STORE).objectStore(STORE).index("attempt").getAll(attempt);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /**
   * @param {(store: IDBObjectStore) => void} act
   * @returns {Promise<void>}
   */
  write(act) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(STORE, "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
      act(transaction.objectStore(STORE));
    });
  }
}

/** @implements {Shelf} */
class LocalShelf {
  /** @param {Storage} storage */
  constructor(storage) {
    this.storage = storage;
  }

  /** @param {Entry} entry */
  async put(entry) {
    this.storage.setItem(LOCAL_PREFIX + entry.id, JSON.stringify(entry));
  }

  /** @param {string} id */
  async remove(id) {
    this.storage.removeItem(LOCAL_PREFIX + id);
  }

  /** @param {string} attempt */
  async all(attempt) {
    const found = [];
    for (let n = 0; n < this.storage.length; n += 1) {
      const key = this.storage.key(n);
      if (!key || key.indexOf(LOCAL_PREFIX) !== 0) continue;
      const entry = /** @type {Entry} */ (JSON.parse(this.storage.getItem(key) || "null"));
      if (entry && entry.attempt === attempt) found.push(entry);
    }
    return found;
  }
}
