// Handing in: the whole outbox goes with the submission, again and again until the server has it; then the receipt.

/** @import {Data, Receipt} from "./types.js" */
/** @import {Lane} from "./lane.js" */
/** @import {Sitting} from "./sitting.js" */
/** @import {Clock} from "./clock.js" */
import { closeDialog, openDialog } from "../../site/site.js";
import { call } from "./http.js";
import { find } from "./dom.js";

const WAITS_MS = [500, 1000, 2000, 4000];

/**
 * @typedef {Object} Hooks
 * @property {(receipt: Receipt) => void} onReceipt
 * @property {(at: string) => void} onTooEarly
 * @property {() => void} onBack the attempt goes on
 * @property {() => void} onSignedOut
 */

export class Finish {
  /**
   * @param {Data} data
   * @param {Sitting} sitting
   * @param {Lane} lane
   * @param {Clock} clock
   * @param {Hooks} hooks
   */
  constructor(data, sitting, lane, clock, hooks) {
    this.data = data;
    this.sitting = sitting;
    this.lane = lane;
    this.clock = clock;
    this.hooks = hooks;
    this.dialog = find("#submitting");
    this.cancel = find("[data-cancel-submit]", this.dialog);
    this.running = false;
    this.cancelled = false;
    /** @type {() => void} */
    this.nudge = () => undefined;
    this.cancel.addEventListener("click", () => {
      this.cancelled = true;
      this.nudge();
    });
    this.dialog.addEventListener("cancel", (event) => event.preventDefault()); // Escape does not take it back
  }

  /**
   * @param {"self" | "time_up"} reason
   * @param {number} delayMs spreads a room full of candidates over the first seconds of the grace
   */
  async submit(reason, delayMs) {
    if (this.running) return;
    this.running = true;
    this.cancelled = false;
    this.show(reason, false);
    await this.lane.stop();
    if (delayMs) await this.wait(delayMs);
    let tries = 0;
    while (!this.cancelled) {
      const done = await this.attempt(reason);
      if (done) return;
      this.show(reason, true);
      await this.wait(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)] * (0.75 + Math.random() / 4));
      tries += 1;
    }
    this.back();
  }

  /**
   * @param {"self" | "time_up"} reason
   * @returns {Promise<boolean>} whether there is nothing more to try
   */
  async attempt(reason) {
    try {
      await this.sendRest();
      const entries = this.lane.batch();
      const client = this.sitting.client;
      const answer = await call("POST", this.data.urls.submit, this.lane.token, {
        client: entries.length ? entries[0].client : client,
        ops: entries.map((entry) => entry.op),
        reason,
      });
      if (answer.status === 200 && answer.body.number) {
        this.sitting.outbox.remove(new Set(entries.map((entry) => entry.id)));
        this.receive(answer.body);
        return true;
      }
      if (answer.status === 409 || answer.status === 403) return this.refused(answer.body, reason);
      if (answer.status === 401) await this.renew();
      if (answer.status === 400 || answer.status === 413 || answer.status === 422) this.lane.split(entries);
    } catch (error) {
      // not reached: again after a while
    }
    return false;
  }

  /** Sends what does not fit into the submission: ops of earlier loads, and all but the last few hundred. */
  async sendRest() {
    const { outbox } = this.sitting;
    for (;;) {
      const waiting = outbox.filter((entry) => !this.lane.setAside.has(entry.id));
      const batch = this.lane.batch();
      if (batch.length === waiting.length) return;
      const wait = await this.lane.exchange(batch);
      if (wait > 0) throw new Error("not sent");
      if (this.lane.heldBack) return; // paused: the submission goes without them
    }
  }

  /**
   * @param {any} problem
   * @param {"self" | "time_up"} reason
   */
  refused(problem, reason) {
    if (typeof problem.remaining_ms === "number") {
      this.clock.set(problem.remaining_ms, problem.clock_rev || this.clock.rev, 0);
    }
    this.back();
    if (reason === "self" && problem.code === "too_early") this.hooks.onTooEarly(problem.at || "");
    return true;
  }

  async renew() {
    try {
      this.lane.token = await this.lane.hooks.renewToken();
    } catch (error) {
      this.hooks.onSignedOut();
    }
  }

  /** @param {Receipt} receipt */
  receive(receipt) {
    this.clock.stop();
    closeDialog(this.dialog);
    this.hooks.onReceipt(receipt);
  }

  back() {
    this.running = false;
    closeDialog(this.dialog);
    this.lane.resume();
    this.hooks.onBack();
  }

  /**
   * @param {"self" | "time_up"} reason
   * @param {boolean} trouble
   */
  show(reason, trouble) {
    find("[data-submitting=self]", this.dialog).hidden = reason !== "self";
    find("[data-submitting=time_up]", this.dialog).hidden = reason !== "time_up";
    find("[data-submitting-trouble]", this.dialog).hidden = !trouble;
    this.cancel.hidden = !(trouble && reason === "self");
    openDialog(this.dialog);
  }

  /** @param {number} ms or until something says that it is worth another try */
  wait(ms) {
    return new Promise((resolve) => {
      this.nudge = () => resolve(undefined);
      setTimeout(resolve, ms);
    });
  }
}
