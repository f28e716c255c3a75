// What this page knows of the attempt: answers as shown, revisions as the server has them, and the ops between the two.
// Nothing typed is ever dropped: an answer the server holds a newer version of is kept beside it until the member chooses.

/** @import {Answer, Data, Entry, Op, Reply, Slot, Status} from "./types.js" */
/** @import {Lane} from "./lane.js" */
/** @import {Outbox} from "./outbox.js" */
import { isBlank } from "./questions.js";
import { newClientId, same } from "./words.js";

export class Sitting {
  /**
   * @param {Data} data
   * @param {Outbox} outbox
   */
  constructor(data, outbox) {
    this.outbox = outbox;
    this.client = newClientId();
    this.seq = 0;
    /** @type {Lane | null} */
    this.lane = null;
    this.slots = data.items.map((item) => {
      const answer = item.answer === undefined ? null : item.answer;
      /** @type {Slot} */
      const slot = {
        item,
        answer,
        rev: item.answer_rev,
        flagged: Boolean(item.flagged),
        activeMs: item.active_ms,
        conflict: null,
        refused: false,
      };
      return slot;
    });
    this.layLeftovers();
  }

  /** @param {number} number counts from 1 */
  slot(number) {
    return this.slots[number - 1];
  }

  /** What an earlier load of this attempt could not deliver is shown as if just typed. */
  layLeftovers() {
    this.outbox.entries.forEach(({ op }) => {
      const slot = op.slot ? this.slot(op.slot) : undefined;
      if (!slot) return;
      if (op.kind === "answer") slot.answer = op.answer === undefined ? null : op.answer;
      if (op.kind === "flag") slot.flagged = Boolean(op.flagged);
      slot.activeMs = Math.max(slot.activeMs, op.active_ms || 0);
    });
  }

  /**
   * A new answer. Empty ones are only noted here: clearing is `clear`.
   * @param {number} number
   * @param {Answer} answer
   * @returns {boolean} whether there is something to save
   */
  answer(number, answer) {
    const slot = this.slot(number);
    if (isBlank(answer) || same(answer, slot.answer)) return false;
    slot.answer = answer;
    slot.refused = false;
    this.put({ kind: "answer", slot: number, base: this.foreseenRev(number), answer });
    return true;
  }

  /** @param {number} number the answer is taken back on purpose */
  clear(number) {
    const slot = this.slot(number);
    slot.answer = null;
    slot.refused = false;
    this.put({ kind: "answer", slot: number, base: this.foreseenRev(number), answer: null });
  }

  /**
   * @param {number} number
   * @param {boolean} flagged
   */
  flag(number, flagged) {
    this.slot(number).flagged = flagged;
    this.put({ kind: "flag", slot: number, flagged });
  }

  /** @param {number} number */
  view(number) {
    this.put({ kind: "view", slot: number });
  }

  /** @param {number} number */
  leave(number) {
    this.put({ kind: "leave", slot: number });
  }

  /** @param {{awayMs: number, awayCount: number, otherMs: number}} totals */
  away(totals) {
    const whole = { away_ms: Math.round(totals.awayMs), other_ms: Math.round(totals.otherMs), away_count: totals.awayCount };
    this.put(Object.assign({ kind: /** @type {"away"} */ ("away") }, whole));
  }

  /**
   * The revision an answer made now will meet: one more than seen if an answer sent before may have arrived unheard.
   * @param {number} number
   */
  foreseenRev(number) {
    const rev = this.slot(number).rev;
    return this.lane && this.lane.maybeArrived(number) ? rev + 1 : rev;
  }

  /** @param {{kind: Op["kind"], slot?: number, base?: number, answer?: Answer, flagged?: boolean}} part */
  put(part) {
    this.seq += 1;
    const op = Object.assign({ id: `${this.client}-${this.seq}`, seq: this.seq }, part);
    if (op.slot) Object.assign(op, { active_ms: Math.round(this.slot(op.slot).activeMs) });
    this.outbox.add(this.client, op);
    if (this.lane) this.lane.wake();
  }

  /**
   * Takes the lane's answer.
   * @param {Reply} reply
   * @param {Entry[]} sent
   * @returns {number[]} slots that are to be shown anew
   */
  settle(reply, sent) {
    const touched = new Set();
    sent.forEach(({ id, op }) => {
      const verdict = reply.verdicts[id];
      if (op.kind === "answer" && op.slot && verdict === "invalid") {
        this.slot(op.slot).refused = true;
        touched.add(op.slot);
      }
    });
    Object.keys(reply.slots).forEach((key) => {
      const number = Number(key);
      const slot = this.slot(number);
      const { answer_rev: rev, answer } = reply.slots[key];
      if (!slot) return;
      slot.rev = rev;
      const stale = sent.some(({ id, op }) => op.slot === number && reply.verdicts[id] === "stale");
      if (!stale) {
        this.outbox.rebase(number, rev);
      } else {
        const theirs = answer === undefined ? null : answer;
        slot.conflict = same(theirs, slot.answer) ? null : { theirs };
        touched.add(number);
      }
    });
    return Array.from(touched);
  }

  /**
   * Compares with what the server holds. A reply that never came may have said "stale": the repeated op is only called
   * a duplicate then, and this finds out.
   * @param {Status} status
   * @returns {number[]} slots that are to be shown anew
   */
  reconcile(status) {
    const touched = [];
    for (const item of status.items) {
      const slot = this.slot(item.slot);
      if (!slot || slot.conflict || this.outbox.answersOf(item.slot).length || item.answer_rev < slot.rev) continue;
      slot.rev = item.answer_rev;
      if (same(item.answer, slot.answer)) continue;
      if (isBlank(slot.answer)) slot.answer = item.answer;
      else slot.conflict = { theirs: item.answer };
      touched.push(item.slot);
    }
    return touched;
  }

  /**
   * Of two versions the member chose one.
   * @param {number} number
   * @param {boolean} mine
   */
  choose(number, mine) {
    const slot = this.slot(number);
    if (!slot.conflict) return;
    const { theirs } = slot.conflict;
    slot.conflict = null;
    if (!mine) slot.answer = theirs;
    else this.put({ kind: "answer", slot: number, base: slot.rev, answer: slot.answer });
  }

  /**
   * "Continue here": another client, and everything as the server has it. What waits to be sent stays ours.
   * @param {Status} status
   */
  takeOver(status) {
    this.client = newClientId();
    this.seq = 0;
    status.items.forEach((item) => {
      const slot = this.slot(item.slot);
      if (!slot) return;
      slot.activeMs = Math.max(slot.activeMs, item.active_ms);
      if (this.outbox.answersOf(item.slot).length || slot.conflict) return;
      if (item.answer_rev !== slot.rev) slot.answer = item.answer;
      slot.rev = item.answer_rev;
      slot.flagged = item.flagged;
    });
  }

  /** @param {number} number */
  isAnswered(number) {
    return !isBlank(this.slot(number).answer);
  }

  /** @returns {{unanswered: number[], flagged: number[]}} slot numbers */
  open() {
    const numbers = this.slots.map((slot) => slot.item.slot);
    return {
      unanswered: numbers.filter((number) => !this.isAnswered(number)),
      flagged: numbers.filter((number) => this.slot(number).flagged),
    };
  }

  /** Whether anything needs the member: a refused answer or two versions of one. */
  get troubled() {
    return this.slots.some((slot) => slot.refused || slot.conflict !== null);
  }
}
