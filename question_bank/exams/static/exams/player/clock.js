// The time left: what the server last said, counted down by the monotonic clock. The device's own time is never asked.

/** @import {Reply} from "./types.js" */

const TICK_MS = 250;
const ANNOUNCED_MIN = [10, 5, 1];
const TOLD_MS = 30000; // a change smaller than this is the network's, not the organiser's
const MINUTE_MS = 60000;

/**
 * @typedef {Object} Hooks
 * @property {(ms: number) => void} onTick
 * @property {(minutes: number) => void} onMilestone so many minutes are left
 * @property {(deltaMs: number) => void} onMoved an organiser gave or took time
 * @property {() => void} onZero
 */

export class Clock {
  /**
   * @param {number} remainingMs
   * @param {number} rev
   * @param {number} limitMs half of it is announced too
   * @param {Hooks} hooks
   */
  constructor(remainingMs, rev, limitMs, hooks) {
    this.base = remainingMs;
    this.at = performance.now();
    this.rev = rev;
    this.hooks = hooks;
    this.frozen = false;
    this.over = false;
    this.milestones = ANNOUNCED_MIN.concat(Math.round(limitMs / 2 / MINUTE_MS)).filter((minutes) => minutes >= 1);
    this.last = remainingMs;
    this.timer = 0;
  }

  start() {
    this.timer = window.setInterval(() => this.tick(), TICK_MS);
    this.tick();
  }

  stop() {
    clearInterval(this.timer);
  }

  /** @returns {number} ms, never below 0 */
  remaining() {
    return Math.max(0, this.frozen ? this.base : this.base - (performance.now() - this.at));
  }

  /**
   * Takes the server's word, less the way it took to come here.
   * @param {number} remainingMs
   * @param {number} rev
   * @param {number} halfTripMs
   */
  set(remainingMs, rev, halfTripMs) {
    const delta = remainingMs - this.remaining();
    const moved = rev !== this.rev && Math.abs(delta) >= TOLD_MS;
    this.base = Math.max(0, remainingMs - Math.min(halfTripMs, 2000));
    this.at = performance.now();
    this.rev = rev;
    this.last = Math.max(this.last, this.base);
    if (this.base > 0) this.over = false;
    if (moved) this.hooks.onMoved(delta);
    this.tick();
  }

  /** @param {boolean} frozen while the attempt is paused */
  freeze(frozen) {
    if (frozen === this.frozen) return;
    this.base = this.remaining();
    this.at = performance.now();
    this.frozen = frozen;
  }

  tick() {
    const left = this.remaining();
    this.hooks.onTick(left);
    const passed = this.milestones.filter((minutes) => this.last > minutes * MINUTE_MS && left <= minutes * MINUTE_MS);
    if (passed.length && left > 0) this.hooks.onMilestone(Math.min.apply(null, passed));
    this.last = left;
    if (left === 0 && !this.over && !this.frozen) {
      this.over = true;
      this.hooks.onZero();
    }
  }
}
