// Carries ops to the server: in order, one request under way, again until answered. Knows nothing of questions.

/** @import {Entry, Op, Reply} from "./types.js" */
/** @import {Outbox} from "./outbox.js" */
import { call, isReply } from "./http.js";

const MOST_OPS = 256;
const MOST_BYTES = 200000; // the server takes 256 kB
const BEACON_BYTES = 50000; // browsers take 64 kB
const POLL_MS = 12000;
const POLL_JITTER_MS = 3000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 4000; // everything is there ≤ 5 s after the network is back, even if no event tells of it

/**
 * @typedef {Object} Hooks
 * @property {(reply: Reply, sent: Entry[], halfTripMs: number) => void} onReply
 * @property {() => void} onClosed the attempt is closed; what was sent is kept as late
 * @property {() => Promise<string>} renewToken a new token; rejects if the member is not signed in any more
 * @property {() => void} onChange trouble or the outbox changed
 * @property {(entry: Entry) => void} onRefused a single op that the server cannot read
 */

export class Lane {
  /**
   * @param {string} url
   * @param {string} token
   * @param {string} client this load's id, changed by "continue here"
   * @param {Outbox} outbox
   * @param {Hooks} hooks
   */
  constructor(url, token, client, outbox, hooks) {
    this.url = url;
    this.token = token;
    this.client = client;
    this.outbox = outbox;
    this.hooks = hooks;
    /** @type {"" | "offline" | "signed_out"} */
    this.trouble = "";
    this.failures = 0;
    this.notBefore = 0; // by performance.now(): new input does not shorten a wait
    this.renewedAt = -Infinity;
    this.timer = 0;
    this.request = new AbortController();
    this.mostOps = MOST_OPS;
    this.stopped = false;
    /** @type {Entry[] | null} a request that was not answered goes again unchanged: its revisions stay foreseeable */
    this.underWay = null;
    /** @type {Promise<void> | null} */
    this.running = null;
    this.setAside = new Set(); // ids the server cannot read; kept here, never sent again
    this.heldBack = false; // the last answer was "readonly": what is kept goes with the next poll
  }

  /** Says that there is something to send. */
  wake() {
    this.heldBack = false;
    this.schedule(Math.max(0, this.notBefore - performance.now()));
  }

  /** The network or the page may be back: what hangs is given up and goes again at once. */
  retry() {
    if (this.trouble || document.visibilityState === "visible") this.notBefore = 0;
    if (this.failures) this.request.abort();
    this.wake();
  }

  /** @param {number} ms */
  schedule(ms) {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = window.setTimeout(() => this.run(), ms);
  }

  /** Sends until nothing is left or something is wrong, then plans the next poll. */
  run() {
    if (!this.running && !this.stopped) {
      this.running = this.drain().then((wait) => {
        this.running = null;
        this.schedule(wait);
      });
    }
    return this.running || Promise.resolve();
  }

  /** Stops by itself; resolves when no request is under way. */
  async stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    if (this.running) await this.running;
  }

  /** Goes on after stop(). */
  resume() {
    this.stopped = false;
    this.schedule(0);
  }

  /** @returns {Promise<number>} how long to wait, in ms */
  async drain() {
    do {
      const batch = this.underWay || this.next();
      const wait = await this.exchange(batch);
      if (wait > 0 || this.stopped) return wait;
    } while (this.next().length);
    return POLL_MS + Math.random() * POLL_JITTER_MS;
  }

  /** @returns {Entry[]} */
  next() {
    return this.heldBack ? [] : this.batch();
  }

  /** What fits into one request. */
  batch() {
    return this.outbox.batch(this.mostOps, MOST_BYTES, this.setAside);
  }

  /**
   * One request and what follows from its answer.
   * @param {Entry[]} batch empty: a poll
   * @returns {Promise<number>} 0 to go on at once, else ms to wait
   */
  async exchange(batch) {
    this.underWay = batch.length ? batch : null;
    const started = performance.now();
    let answer;
    try {
      const client = batch.length ? batch[0].client : this.client;
      const ops = batch.map((entry) => entry.op);
      this.request = new AbortController();
      answer = await call("POST", this.url, this.token, { client, ops }, {}, this.request);
    } catch (error) {
      return this.failed("offline", 0);
    }
    if (isReply(answer)) {
      this.settle(batch, answer.body, (performance.now() - started) / 2);
      return 0;
    }
    if (answer.status === 409) {
      this.underWay = null;
      this.outbox.remove(new Set(batch.map((entry) => entry.id)));
      this.stopped = true;
      this.hooks.onClosed();
      return POLL_MS;
    }
    if (answer.status === 401) return this.renew();
    if (answer.status === 400 || answer.status === 413 || answer.status === 422) return this.split(batch);
    return this.failed("offline", answer.retryAfterMs);
  }

  /**
   * @param {Entry[]} batch
   * @param {Reply} reply
   * @param {number} halfTripMs
   */
  settle(batch, reply, halfTripMs) {
    this.underWay = null;
    this.failures = 0;
    this.notBefore = 0;
    this.trouble = "";
    this.mostOps = MOST_OPS;
    this.outbox.remove(new Set(reply.acked));
    this.heldBack = batch.some((entry) => reply.verdicts[entry.id] === "readonly");
    this.hooks.onReply(reply, batch, halfTripMs);
    this.hooks.onChange();
  }

  /**
   * @param {"offline" | "signed_out"} trouble
   * @param {number} asked ms the server asked for
   * @returns {number} ms
   */
  failed(trouble, asked) {
    this.trouble = trouble;
    this.failures += 1;
    this.hooks.onChange();
    const step = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * Math.pow(2, this.failures - 1));
    const wait = asked + step * (0.5 + Math.random() / 2);
    this.notBefore = performance.now() + wait;
    return wait;
  }

  /** The token is not taken any more: whoever is still signed in gets a new one. */
  async renew() {
    const again = performance.now() - this.renewedAt < POLL_MS;
    try {
      if (!again) {
        this.token = await this.hooks.renewToken();
        this.renewedAt = performance.now();
        return 0;
      }
    } catch (error) {
      // told below
    }
    return this.failed("signed_out", 0);
  }

  /**
   * Too large or unreadable: half as many, down to the one that is to blame.
   * @param {Entry[]} batch
   * @returns {number}
   */
  split(batch) {
    this.underWay = null;
    if (batch.length === 1) {
      this.setAside.add(batch[0].id);
      this.hooks.onRefused(batch[0]);
      this.hooks.onChange();
      return 0;
    }
    if (!batch.length) return this.failed("offline", 0);
    this.mostOps = Math.ceil(batch.length / 2);
    return 0;
  }

  /** The page may be going: what waits is sent without waiting for an answer, and stays here until acknowledged. */
  beacon() {
    const waiting = this.outbox.batch(MOST_OPS, BEACON_BYTES, this.setAside);
    if (this.stopped || !waiting.length || !navigator.sendBeacon) return;
    const ops = waiting.map((entry) => entry.op);
    const body = JSON.stringify({ token: this.token, client: waiting[0].client, ops });
    // Chrome before 81 throws for a Blob of type application/json; the lane reads JSON whatever the type says.
    navigator.sendBeacon(this.url, body);
  }

  /** @param {number} slot whether an answer of it may have reached the server unacknowledged */
  maybeArrived(slot) {
    return (this.underWay || []).some((entry) => entry.op.kind === "answer" && entry.op.slot === slot);
  }
}
