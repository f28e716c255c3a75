// The exam player: puts the parts together and the question on the screen. Shows no text of its own.

/** @import {Data, Entry, Receipt, Reply} from "./types.js" */
/** @import {Outbox} from "./outbox.js" */
import { closeDialog, cookie, toast } from "../../site/site.js";
import { Clock } from "./clock.js";
import { find } from "./dom.js";
import { Finish } from "./finish.js";
import { call } from "./http.js";
import { Lane } from "./lane.js";
import { Lease } from "./lease.js";
import { openOutbox } from "./outbox.js";
import { isBlank, isTyped, read } from "./questions.js";
import { Screen } from "./screen.js";
import { Sheet } from "./sheet.js";
import { Sitting } from "./sitting.js";
import { Timing } from "./timing.js";
import { clockText, fill, momentText } from "./words.js";

const TYPING_PAUSE_MS = 700;
const LOW_MS = 300000;
const SPREAD_MS = 2000; // automatic submissions of a room spread over the first seconds of the grace
const MINUTE_MS = 60000;

class Player {
  /**
   * @param {Data} data
   * @param {Outbox} outbox
   */
  constructor(data, outbox) {
    this.data = data;
    this.words = data.words;
    this.current = Math.min(Math.max(1, data.slot), data.items.length);
    this.typing = 0;
    this.unsaved = false; // typed since the last op
    this.paused = data.state === "paused";
    this.over = false; // time is up, or handed in
    this.closed = false;
    this.timeText = find("[data-time-text]");
    this.sitting = new Sitting(data, outbox);
    this.lane = new Lane(data.urls.ops, data.token, this.sitting.client, outbox, {
      onReply: (reply, sent, halfTripMs) => this.onReply(reply, sent, halfTripMs),
      onClosed: () => this.onClosed(),
      renewToken: () => this.renewToken(),
      onChange: () => this.showState(),
      onRefused: (entry) => this.onRefused(entry),
    });
    this.sitting.lane = this.lane;
    this.otherTold = data.other_ms;
    const totals = { awayMs: data.away_ms, awayCount: data.away_count, otherMs: data.other_ms };
    this.timing = new Timing(totals, (slot, ms) => (this.sitting.slot(slot).activeMs += ms));
    this.clock = new Clock(data.remaining_ms, data.clock_rev, data.limit_ms, {
      onTick: (ms) => this.onTick(ms),
      onMilestone: (minutes) => this.say(fill(this.words.minutes_left, { n: minutes })),
      onMoved: (deltaMs) => this.onMoved(deltaMs),
      onZero: () => this.onZero(),
    });
    this.lease = new Lease(data, this.sitting, this.lane, (held) => this.onLease(held));
    this.finish = new Finish(data, this.sitting, this.lane, this.clock, {
      onReceipt: (receipt) => this.onReceipt(receipt),
      onTooEarly: () => toast(this.words.too_early, "warning"),
      onBack: () => this.onBack(),
      onSignedOut: () => this.showSignedOut(true),
    });
    this.screen = new Screen(data, this.sitting, {
      writable: () => this.writable,
      onChange: () => this.showState(),
      onClear: () => {
        clearTimeout(this.typing);
        this.unsaved = false;
      },
      say: (text) => this.say(text),
    });
    this.room = this.screen.room;
    this.sheet = new Sheet(data, this.sitting, {
      go: (slot) => this.go(slot),
      submit: () => this.submit("self", 0),
      onDialog: (open) => this.timing.dialog(open),
    });
  }

  start() {
    this.listen();
    this.show(this.current);
    history.replaceState({ slot: this.current }, "", `?slot=${this.current}`);
    this.sitting.view(this.current);
    this.timing.show(this.current);
    if (this.paused) this.setPaused(true);
    this.clock.start();
    this.lane.run();
    this.showState();
  }

  listen() {
    this.room.addEventListener("input", (event) => this.onInput(event));
    this.room.addEventListener("change", (event) => this.onInput(event));
    this.room.addEventListener("compositionend", () => this.typed());
    this.room.addEventListener("focusout", () => this.flush());
    find("[data-previous]").addEventListener("click", () => this.go(this.current - 1));
    find("[data-next]").addEventListener("click", () => {
      if (this.current < this.sitting.slots.length) this.go(this.current + 1);
      else this.sheet.openSheet();
    });
    window.addEventListener("popstate", (event) => {
      const slot = event.state && event.state.slot;
      if (slot && slot !== this.current && !this.closed) this.go(slot, true);
    });
    document.addEventListener("visibilitychange", () => this.onVisibility());
    window.addEventListener("pagehide", () => this.onHide());
    window.addEventListener("pageshow", (event) => event.persisted && this.lane.retry());
    window.addEventListener("online", () => this.lane.retry());
    window.addEventListener("beforeunload", (event) => {
      this.flush();
      if (this.closed || !this.waiting) return;
      event.preventDefault();
      event.returnValue = ""; // the browser's own words
    });
  }

  // ---- the question

  /** Whether the fields may be changed. */
  get writable() {
    const { conflict } = this.sitting.slot(this.current);
    return !this.paused && !this.over && this.lease.held && conflict === null;
  }

  /** @param {number} number */
  show(number) {
    this.screen.show(number);
    this.sheet.current = number;
  }

  /**
   * @param {number} number
   * @param {boolean} [back] by the browser's own buttons: the history already has it
   */
  go(number, back) {
    if (number < 1 || number > this.sitting.slots.length) return;
    this.flush();
    this.timing.settle();
    if (number !== this.current && this.lease.held && !this.over) {
      this.sitting.leave(this.current);
      this.sitting.view(number);
    }
    this.current = number;
    this.timing.show(number);
    ["[data-time-moved]", "[data-away]"].forEach((seen) => (find(seen).hidden = true));
    if (!back) history.pushState({ slot: number }, "", `?slot=${number}`);
    this.show(number);
    window.scrollTo(0, 0);
    this.screen.focusTitle();
    this.showState();
  }

  // ---- answers

  /** @param {Event} event */
  onInput(event) {
    if (!this.writable) return;
    if (!isTyped(this.sitting.slot(this.current).item.kind)) {
      if (event.type === "change") this.keep();
      return;
    }
    if (event.type === "change") return;
    this.unsaved = true;
    if (!(/** @type {InputEvent} */ (event).isComposing)) this.typed();
    this.showState();
  }

  typed() {
    clearTimeout(this.typing);
    this.typing = window.setTimeout(() => this.flush(), TYPING_PAUSE_MS);
  }

  /** Typed text becomes an op now. */
  flush() {
    clearTimeout(this.typing);
    if (this.unsaved && this.writable) this.keep();
  }

  /** Takes what the fields say. */
  keep() {
    this.unsaved = false;
    this.timing.settle();
    const { item } = this.sitting.slot(this.current);
    const answer = read(item, this.room);
    this.sitting.answer(this.current, answer);
    const answered = this.sitting.isAnswered(this.current);
    find("[data-clear]", this.room).hidden = !answered;
    find("[data-empty-hint]", this.room).textContent = answered && isBlank(answer) ? this.words.empty_hint : "";
    this.showState();
  }

  /** One of the four texts, in the frame of the change that made it true. */
  showState() {
    const { outbox } = this.sitting;
    const { waiting } = this;
    const { trouble } = this.lane;
    let state = "saved";
    if (this.sitting.troubled || this.lane.setAside.size || (waiting && trouble && !outbox.durable)) state = "failed";
    else if (trouble) state = "offline";
    else if (waiting) state = "saving";
    const pill = find("[data-save-state]");
    if (pill.getAttribute("data-state") !== state) pill.setAttribute("data-state", state);
    this.showSignedOut(trouble === "signed_out");
  }

  /** @param {boolean} out */
  showSignedOut(out) {
    find("[data-signed-out]").hidden = !out;
  }

  // ---- what the server says

  /**
   * @param {Reply} reply
   * @param {Entry[]} sent
   * @param {number} halfTripMs
   */
  onReply(reply, sent, halfTripMs) {
    this.flush(); // what follows may show the question anew: typed text is taken first
    const clockMoved = reply.clock_rev !== this.clock.rev;
    const held = sent.some((entry) => reply.verdicts[entry.id] === "readonly");
    const stands = !this.paused && reply.remaining_ms > this.clock.remaining() + 1000;
    if (held) this.setPaused(true);
    else if (sent.length && this.paused) this.setPaused(false);
    this.clock.set(reply.remaining_ms, reply.clock_rev, halfTripMs);
    this.lease.settle(reply, sent.length ? sent[0].client : this.lane.client);
    const touched = this.sitting.settle(reply, sent);
    if (touched.indexOf(this.current) >= 0) this.show(this.current);
    const unheard = sent.some(({ id, op }) => op.kind === "answer" && reply.verdicts[id] === "duplicate");
    if (unheard || clockMoved || (stands && !held) || (this.paused && !sent.length)) this.look();
  }

  /** Asks how the attempt stands: whether it is paused is not in the lane's answer. */
  async look() {
    try {
      const answer = await call("GET", this.data.urls.attempt, this.lane.token);
      if (answer.status !== 200) return;
      if (answer.body.state === "in_progress" || answer.body.state === "paused") {
        this.setPaused(answer.body.state === "paused");
        this.clock.set(answer.body.remaining_ms, answer.body.clock_rev, 0);
        this.flush();
        if (this.sitting.reconcile(answer.body).indexOf(this.current) >= 0) this.show(this.current);
        this.showState();
      }
      if (answer.body.receipt) this.onReceipt(answer.body.receipt);
    } catch (error) {
      // the next poll asks again
    }
  }

  /** @param {boolean} paused */
  setPaused(paused) {
    if (paused && !this.paused) this.flush();
    if (!paused && this.paused) this.lane.wake();
    this.paused = paused;
    this.clock.freeze(paused);
    this.timing.run(!paused && this.lease.held && !this.over);
    find("[data-paused]").hidden = !paused;
    this.screen.fix();
  }

  /** @param {boolean} held */
  onLease(held) {
    this.timing.run(held && !this.paused && !this.over);
    this.show(this.current);
    if (held) this.sitting.view(this.current);
    this.showState();
  }

  async onClosed() {
    this.over = true;
    this.screen.fix();
    await this.look();
    if (!this.closed) location.replace(this.data.urls.receipt);
  }

  /** @param {Entry} entry */
  onRefused({ op }) {
    if (op.kind !== "answer" || !op.slot) return;
    this.flush();
    this.sitting.slot(op.slot).refused = true;
    if (op.slot === this.current) this.show(op.slot);
  }

  /** @returns {Promise<string>} */
  async renewToken() {
    const csrf = this.data.csrf_token || cookie(this.data.csrf_cookie);
    const answer = await call("POST", this.data.urls.renew, "", {}, { "X-CSRFToken": csrf });
    if (!answer.body.token || answer.body.attempt !== this.data.attempt) throw new Error("no token");
    return answer.body.token;
  }

  // ---- time

  /** @param {number} ms */
  onTick(ms) {
    const text = clockText(ms);
    if (this.timeText.textContent !== text) this.timeText.textContent = text;
    const time = find("[data-time]");
    if (ms <= LOW_MS) time.setAttribute("data-level", "low");
    else time.removeAttribute("data-level");
  }

  /** @param {number} deltaMs */
  onMoved(deltaMs) {
    const minutes = Math.max(1, Math.round(Math.abs(deltaMs) / MINUTE_MS));
    const text = fill(deltaMs > 0 ? this.words.extended : this.words.shortened, { n: minutes });
    const banner = find("[data-time-moved]");
    find("p", banner).textContent = text;
    banner.hidden = false;
    this.say(text);
    if (deltaMs > 0 && this.over && !this.closed) this.onBack();
  }

  onZero() {
    this.flush();
    this.submit("time_up", Math.random() * SPREAD_MS);
  }

  /**
   * @param {"self" | "time_up"} reason
   * @param {number} delayMs
   */
  submit(reason, delayMs) {
    this.flush();
    this.timing.settle();
    if (this.lease.held && !this.over && !this.paused) this.sitting.away(this.timing.totals);
    this.over = true;
    this.timing.run(false);
    this.sheet.close();
    this.screen.fix();
    this.finish.submit(reason, delayMs);
  }

  /** The server says that the attempt goes on. */
  onBack() {
    this.over = false;
    this.timing.run(!this.paused && this.lease.held);
    this.screen.fix();
    this.clock.tick();
  }

  /** @param {Receipt} receipt */
  onReceipt(receipt) {
    if (this.closed) return;
    this.closed = true;
    this.over = true;
    this.lane.stop();
    this.clock.stop();
    document.querySelectorAll("dialog[open]").forEach((dialog) => closeDialog(/** @type {HTMLElement} */ (dialog)));
    const place = find("[data-receipt]");
    find("[data-receipt-number]", place).textContent = receipt.number;
    find("[data-receipt-answered]", place).textContent = fill(this.words.answered_of, { n: receipt.answered, total: receipt.total });
    const at = momentText(receipt.submitted_at, this.words);
    find("[data-receipt-time]", place).textContent = at;
    find("[data-taking]").hidden = true;
    find("[data-bar]").hidden = true;
    find(".exam-header").hidden = true;
    place.hidden = false;
    history.replaceState(null, "", this.data.urls.receipt);
    find("h1", place).focus();
    window.scrollTo(0, 0);
    this.lane.beacon();
  }

  // ---- leaving and coming back

  onVisibility() {
    if (document.visibilityState === "hidden") {
      this.timing.hide();
      this.onHide();
      return;
    }
    if (this.timing.unhide()) this.onAway();
    if (!this.closed) this.lane.retry();
  }

  onHide() {
    if (this.closed) return;
    this.flush();
    this.timing.settle();
    if (this.lease.held && !this.paused && !this.over) {
      this.sitting.leave(this.current);
      if (this.timing.totals.otherMs - this.otherTold > 1000) this.sitting.away(this.timing.totals);
      this.otherTold = this.timing.totals.otherMs;
    }
    this.lane.beacon();
  }

  onAway() {
    this.sitting.away(this.timing.totals);
    const { away_allowed: allowed, away_action: action, away_told: told } = this.data;
    if (!told) return;
    const count = this.timing.totals.awayCount;
    const words = fill(action === "submit" ? this.words.away_submit : this.words.away, { n: count, allowed });
    const banner = find("[data-away]");
    find("p", banner).textContent = words;
    banner.hidden = false;
    this.say(words);
    if (action === "submit" && count > allowed) this.submit("self", 0);
  }

  /** Answers and flags that the server does not have yet; time told along the way is not worth a warning. */
  get waiting() {
    const kept = this.sitting.outbox.filter(({ id, op }) => isWork(op.kind) && !this.lane.setAside.has(id));
    return this.unsaved || kept.length > 0;
  }

  /** @param {string} text read out politely, and only that */
  say(text) {
    find("[data-announce]").textContent = text;
  }
}

/** @param {string} kind of an op */
function isWork(kind) {
  return kind === "answer" || kind === "flag";
}

async function main() {
  const data = /** @type {Data} */ (JSON.parse(find("#player-data").textContent || "{}"));
  const player = new Player(data, await openOutbox(data.attempt));
  document.documentElement.setAttribute("data-player", "ready");
  player.start();
}

main();
