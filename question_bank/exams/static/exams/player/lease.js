// One page of an attempt may write. The one that lost it says so, changes nothing, and goes on only when asked to.

/** @import {Data, Reply, Status} from "./types.js" */
/** @import {Sitting} from "./sitting.js" */
/** @import {Lane} from "./lane.js" */
import { call } from "./http.js";
import { find } from "./dom.js";

export class Lease {
  /**
   * @param {Data} data
   * @param {Sitting} sitting
   * @param {Lane} lane
   * @param {(held: boolean) => void} onChange
   */
  constructor(data, sitting, lane, onChange) {
    this.data = data;
    this.sitting = sitting;
    this.lane = lane;
    this.onChange = onChange;
    this.held = true;
    this.banner = find("[data-lease-lost]");
    this.button = /** @type {HTMLButtonElement} */ (find("[data-continue-here]", this.banner));
    this.button.addEventListener("click", () => this.continueHere());
  }

  /**
   * @param {Reply} reply
   * @param {string} client whose ops it answers: an earlier load's lease is not ours
   */
  settle(reply, client) {
    if (client === this.sitting.client && this.held && reply.lease === "lost") this.set(false);
  }

  /** @param {boolean} held */
  set(held) {
    this.held = held;
    this.banner.hidden = held;
    this.onChange(held);
  }

  async continueHere() {
    this.button.disabled = true;
    try {
      const answer = await call("GET", this.data.urls.attempt, this.lane.token);
      if (answer.status !== 200 || !Array.isArray(answer.body.items)) return;
      this.sitting.takeOver(/** @type {Status} */ (answer.body));
      this.lane.client = this.sitting.client;
      this.set(true);
    } catch (error) {
      // not reached: the button is there for another try
    } finally {
      this.button.disabled = false;
    }
  }
}
