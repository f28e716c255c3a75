// Whether someone is there. A reader who does nothing stops the counter, and a quiet bar says so. During media there is
// one question at a random moment; unanswered, the media stops and only the time since the question is lost.

/** @import {Times} from "./types.js" */
/** @import {Clock} from "./clock.js" */
import { closeDialog, openDialog } from "../site/site.js";

/**
 * @typedef {Object} Hooks
 * @property {(idle: boolean) => void} onIdle reading stands still, or goes on
 * @property {() => void} onAsk
 * @property {(answered: boolean) => void} onAnswer
 */

export class Idle {
  /**
   * @param {Clock} clock
   * @param {HTMLElement} dialog
   * @param {Times} times
   * @param {Hooks} hooks
   */
  constructor(clock, dialog, times, hooks) {
    this.clock = clock;
    this.dialog = dialog;
    this.times = times;
    this.hooks = hooks;
    this.idle = false;
    this.asking = false;
    this.timer = 0;
    this.last = performance.now();
    this.playedMs = 0; // of media since anybody did anything
    this.dueMs = this.nextDue();
    dialog.addEventListener("close", () => this.settle(true)); // by the button, Enter or Escape: someone is there
  }

  nextDue() {
    return this.times.promptFrom + Math.random() * (this.times.promptTo - this.times.promptFrom);
  }

  input() {
    this.playedMs = 0;
  }

  /** Each second. */
  tick() {
    const now = performance.now();
    if (this.clock.playing && this.clock.visible && !this.asking) this.playedMs += now - this.last;
    this.last = now;
    if (this.playedMs >= this.dueMs) this.ask();
    if (this.clock.idle !== this.idle) {
      this.idle = this.clock.idle;
      this.hooks.onIdle(this.idle);
    }
  }

  ask() {
    this.asking = true;
    this.playedMs = 0;
    this.dueMs = this.nextDue();
    this.hooks.onAsk();
    openDialog(this.dialog);
    this.timer = window.setTimeout(() => this.settle(false), this.times.answer);
  }

  /** @param {boolean} answered */
  settle(answered) {
    if (!this.asking) return;
    this.asking = false;
    clearTimeout(this.timer);
    closeDialog(this.dialog);
    this.hooks.onAnswer(answered);
  }
}
