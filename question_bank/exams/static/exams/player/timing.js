// How long each question was worked on, and absences. Claims only: the server bounds them by the time it saw pass.

const AWAY_FROM_MS = 3000; // shorter is a notification, a rotated screen, a scan
const MERGE_MS = 2000; // back for less than this is the same absence

/**
 * @typedef {Object} Totals  cumulative over all pages of the attempt
 * @property {number} awayMs
 * @property {number} awayCount
 * @property {number} otherMs
 */

export class Timing {
  /**
   * @param {Totals} totals as stored
   * @param {(slot: number, ms: number) => void} credit active time of a slot
   */
  constructor(totals, credit) {
    this.totals = totals;
    this.credit = credit;
    /** @type {number} 0: no question in view */
    this.slot = 0;
    this.dialogs = 0;
    this.hidden = document.visibilityState === "hidden";
    this.running = true;
    this.since = performance.now();
    this.hiddenAt = this.since;
    this.backAt = -Infinity;
  }

  /** Credits what has passed to the question, or to the sheet and the dialogs. */
  settle() {
    const now = performance.now();
    const passed = now - this.since;
    this.since = now;
    if (!this.running || this.hidden) return;
    if (this.dialogs > 0 || !this.slot) this.totals.otherMs += passed;
    else this.credit(this.slot, passed);
  }

  /** @param {number} slot now in view */
  show(slot) {
    this.settle();
    this.slot = slot;
  }

  /** @param {boolean} open one of our own dialogs */
  dialog(open) {
    this.settle();
    this.dialogs = Math.max(0, this.dialogs + (open ? 1 : -1));
  }

  /** @param {boolean} running not while paused, read-only or over */
  run(running) {
    this.settle();
    this.running = running;
  }

  hide() {
    if (this.hidden) return;
    this.settle();
    this.hidden = true;
    this.hiddenAt = performance.now();
  }

  /** @returns {boolean} whether it was an absence to report */
  unhide() {
    if (!this.hidden) return false;
    const now = performance.now();
    const gone = now - this.hiddenAt;
    const merged = this.hiddenAt - this.backAt < MERGE_MS;
    this.settle();
    this.hidden = false;
    this.since = now;
    if (!this.running || (gone < AWAY_FROM_MS && !merged)) return false;
    this.backAt = now;
    this.totals.awayMs += gone;
    if (!merged) this.totals.awayCount += 1;
    return true;
  }
}
