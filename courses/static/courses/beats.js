// Tells the server what this page counted: each 15 seconds while visible, and when the page goes. Totals and a sequence,
// so a lost, repeated or late beat adds nothing and loses nothing.

/** @import {Counters, Data, Kept, Played, Reply} from "./types.js" */
import { post } from "./http.js";
import { drop, keep, leftBehind } from "./kept.js";

const LATE_FROM_MS = 45000; // the server credits no more than this in one beat, unless it is told of a lost network
const SPREAD_MS = 1000; // a room that began together does not beat together

/**
 * @typedef {Object} Hooks
 * @property {() => Counters} counters
 * @property {() => Played[]} played what is not acknowledged, one entry a part
 * @property {(sent: Played) => void} onAcknowledged
 * @property {() => void} onOpen a session began: its totals are 0
 * @property {(reply: Reply, sent: Counters) => void} onReply
 * @property {(trouble: "" | "offline" | "signed_out" | "gone" | "lost") => void} onTrouble
 */

export class Beats {
  /**
   * @param {Data} data
   * @param {() => string} csrf as it is now: signing in elsewhere changes it
   * @param {number} everyMs
   * @param {Hooks} hooks
   */
  constructor(data, csrf, everyMs, hooks) {
    this.data = data;
    this.csrf = csrf;
    this.everyMs = everyMs;
    this.hooks = hooks;
    this.session = "";
    this.token = "";
    this.tab = "";
    this.seq = 0;
    this.ackedMs = 0; // active time that the server has heard of
    this.trouble = "";
    this.timer = 0;
    this.over = false; // the lease is lost, or the lesson is no longer there
    /** @type {Promise<void> | null} */
    this.running = null;
  }

  /** Opens a session, again and again while the server is not reached. */
  async start() {
    this.over = false;
    this.tab = newTab();
    if (await this.open()) {
      this.seq = 0;
      this.ackedMs = 0;
      this.hooks.onOpen();
    }
    this.plan();
  }

  /** @returns {Promise<boolean>} */
  async open() {
    let answer;
    try {
      const body = { activity: this.data.activity, tab: this.tab };
      answer = await post(this.data.url, body, { "X-CSRFToken": this.csrf() });
    } catch (error) {
      return this.fail("offline");
    }
    if (answer.status === 404 || answer.body.code === "not_open") return this.fail("gone");
    if (answer.status === 401 || answer.status === 403) return this.fail("signed_out");
    if (!answer.body.session || !answer.body.token) return this.fail("offline");
    this.session = String(answer.body.session);
    this.token = answer.body.token;
    this.fail("");
    return true;
  }

  /**
   * @param {"" | "offline" | "signed_out" | "gone" | "lost"} trouble
   * @returns {false}
   */
  fail(trouble) {
    this.over = this.over || trouble === "gone" || trouble === "lost";
    if (trouble !== this.trouble) {
      this.trouble = trouble;
      this.hooks.onTrouble(trouble);
    }
    return false;
  }

  plan() {
    clearTimeout(this.timer);
    if (this.over || document.visibilityState === "hidden") return;
    this.timer = window.setTimeout(() => this.now(), this.everyMs - Math.random() * Math.min(SPREAD_MS, this.everyMs / 10));
  }

  /** Beats now; while one is under way, waits for it. */
  now() {
    if (this.over) return Promise.resolve();
    if (!this.running) {
      this.running = this.run().then(() => {
        this.running = null;
        this.plan();
      });
    }
    return this.running;
  }

  async run() {
    if (!this.session) return this.start();
    const counters = this.hooks.counters();
    const played = this.hooks.played();
    if (counters.active_ms === this.ackedMs && !played.length && !this.trouble) return; // nobody acts: nothing to tell
    const kept = this.keep(counters, played);
    for (const body of bodies(kept, counters.active_ms - this.ackedMs > LATE_FROM_MS)) {
      if (!(await this.send(kept, body))) return;
    }
    this.ackedMs = counters.active_ms;
    drop(kept.session);
  }

  /**
   * @param {Counters} counters
   * @param {Played[]} played
   * @returns {Kept}
   */
  keep(counters, played) {
    const { user } = this.data;
    const url = `${this.data.url}/${this.session}/beats`;
    const seq = this.seq + 1;
    const kept = { user, session: this.session, token: this.token, url, at: Date.now(), seq, counters, played };
    this.seq += Math.max(1, played.length);
    keep(kept);
    return kept;
  }

  /**
   * @param {Kept} kept
   * @param {Object<string, unknown>} body
   * @returns {Promise<boolean>} whether it arrived
   */
  async send(kept, body) {
    let answer;
    try {
      answer = await post(kept.url, body, { "X-Study-Token": this.token });
    } catch (error) {
      return this.fail("offline");
    }
    if (answer.status === 401) {
      await this.open(); // the same tab gets the same session and a new token; the next beat carries it
      return false;
    }
    if (answer.status === 403 || answer.status === 404) return this.fail("gone");
    if (answer.status !== 200 || typeof answer.body.credited_ms !== "number") return this.fail("offline");
    const sent = kept.played.find(({ part }) => part === body.part);
    if (sent) this.hooks.onAcknowledged(sent);
    this.fail(answer.body.lease === "lost" ? "lost" : "");
    this.hooks.onReply(answer.body, kept.counters);
    return true;
  }

  /** The page goes, perhaps for good: sent without waiting; kept until acknowledged. */
  beacon() {
    clearTimeout(this.timer);
    if (!this.session || this.over || !navigator.sendBeacon) return;
    const counters = this.hooks.counters();
    const played = this.hooks.played();
    if (counters.active_ms === this.ackedMs && !played.length) return;
    const kept = this.keep(counters, played);
    bodies(kept, counters.active_ms - this.ackedMs > LATE_FROM_MS).forEach((body) => {
      // Chrome before 81 throws for a Blob of type application/json; the lane reads JSON whatever the type says.
      navigator.sendBeacon(kept.url, JSON.stringify(Object.assign({ token: kept.token }, body)));
    });
  }

  /** Visible again, or the network is back. */
  wake() {
    clearTimeout(this.timer);
    if (document.visibilityState === "visible") this.now();
  }

  /** Hands over what earlier pages on this device could not deliver. */
  async replay() {
    for (const kept of leftBehind(this.data.user, Date.now())) {
      if (kept.session !== this.session && !(await replayed(kept))) return; // not reached: the next page tries again
    }
  }
}

/**
 * @param {Kept} kept
 * @returns {Promise<boolean>} whether the server was reached
 */
async function replayed(kept) {
  try {
    for (const body of bodies(kept, true)) {
      const answer = await post(kept.url, body, { "X-Study-Token": kept.token });
      if (answer.status >= 500 || answer.status === 429) return false;
    }
  } catch (error) {
    return false;
  }
  drop(kept.session); // taken, or refused for good: nothing here would change that
  return true;
}

/**
 * One beat for each part that was played, at least one in all; in seq order.
 * @param {Kept} kept
 * @param {boolean} late
 * @returns {Object<string, unknown>[]}
 */
function bodies(kept, late) {
  const played = kept.played.length ? kept.played : [null];
  return played.map((part, n) => {
    const own = part ? { part: part.part, media: part.spans, position: part.position } : { media: [] };
    return Object.assign({ seq: kept.seq + n, late }, kept.counters, own);
  });
}

/** A name that no other load of a page has. */
function newTab() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => (byte < 16 ? "0" : "") + byte.toString(16)).join("");
}
