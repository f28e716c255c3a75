// The lesson page: puts the clock, the parts and the beats together and keeps its words true. Shows no text of its own.

/** @import {Counters, Data, Part, Played, Reply, Times} from "./types.js" */
import { cookie } from "../site/site.js";
import { Beats } from "./beats.js";
import { Clock } from "./clock.js";
import { find, say } from "./dom.js";
import { Idle } from "./idle.js";
import { Media } from "./media.js";
import { Reading } from "./reading.js";
import { durationText } from "./words.js";

const TICK_MS = 1000;
const MOST_RESENDS = 4; // the server lacks something: it pays new coverage only as fast as time passes
const INPUTS = ["pointerdown", "pointermove", "keydown", "touchstart", "wheel", "focusin", "click"];

class Lesson {
  /**
   * @param {Data} data
   * @param {Times} times
   */
  constructor(data, times) {
    this.data = data;
    this.bars = find("[data-study-bars]");
    this.root = find("[data-lesson]");
    this.credited = 0; // by this session, as the server says
    this.earlier = data.active_ms; // by sessions before it
    this.creditedAt = 0; // the session's active time when it said so
    this.completed = data.completed;
    this.trouble = "";
    this.missed = false; // a question was not answered
    this.wasDone = false;
    this.sections = 0; // of texts, read as far as they must be
    this.resends = 0;
    /** @type {Reading[]} */
    this.readings = [];
    /** @type {Media[]} */
    this.media = [];
    this.clock = new Clock(times.idle, (ms) => this.spend(ms));
    this.clock.set("ready", false);
    data.parts.forEach((part) => this.add(part));
    this.sections = this.sectionsRead();
    this.beats = new Beats(data, () => data.csrf_token || cookie(data.csrf_cookie), times.beat, {
      counters: () => this.counters(),
      played: () => this.played(),
      onAcknowledged: (sent) => this.media.filter(({ key }) => key === sent.part).forEach((each) => each.acknowledge(sent)),
      onOpen: () => this.onOpen(),
      onReply: (reply, sent) => this.onReply(reply, sent),
      onTrouble: (trouble) => this.onTrouble(trouble),
    });
    this.idle = new Idle(this.clock, find("[data-present]"), times, {
      onIdle: () => this.showBar(),
      onAsk: () => this.onAsk(),
      onAnswer: (answered) => this.onAnswer(answered),
    });
  }

  /** @param {Part} part */
  add(part) {
    const root = document.querySelector(`[data-part="${part.key}"]`);
    if (!(root instanceof HTMLElement)) return;
    if (part.kind === "text" || part.kind === "pdf") this.readings.push(new Reading(part, root, this.data.words));
    else {
      const hooks = { onPlaying: () => this.onPlaying(), onEnded: () => this.onEnded(), onReady: () => this.look() };
      this.media.push(new Media(part, root, this.data, hooks));
    }
  }

  async start() {
    this.listen();
    this.look();
    this.tick();
    window.setInterval(() => this.tick(), TICK_MS);
    await this.beats.replay(); // before the new session: what an older one covered is paid from the time before it
    if (this.clock.visible) this.beats.now();
  }

  listen() {
    const input = () => this.onInput();
    INPUTS.forEach((name) => window.addEventListener(name, input, { passive: true }));
    window.addEventListener("scroll", input, { passive: true, capture: true });
    document.addEventListener("visibilitychange", () => this.onVisibility());
    window.addEventListener("pagehide", () => this.beats.beacon());
    window.addEventListener("pageshow", (event) => event.persisted && this.beats.wake());
    window.addEventListener("online", () => this.beats.wake());
    find("[data-continue-here]").addEventListener("click", () => this.continueHere());
  }

  // ---- time

  /** Nothing counts before there is something to study; a page of links and exams is there at once. */
  look() {
    const measured = this.readings.length + this.media.length;
    const ready = !measured || this.media.some((each) => each.ready) || this.readings.some((each) => each.ready);
    this.clock.set("ready", ready);
  }

  /** @param {number} ms active: reading does not go on behind a moving picture, but may while one listens */
  spend(ms) {
    if (this.media.some((each) => each.playing && each.part.kind === "video")) return;
    this.readings.some((each) => each.take(ms));
  }

  tick() {
    this.look();
    this.clock.settle();
    this.idle.tick();
    this.media.forEach((each) => each.show());
    this.readings.forEach((each) => each.show());
    const session = this.credited + Math.max(0, this.clock.activeMs - this.creditedAt);
    say(find("[data-studied]"), durationText(this.earlier + session, this.data.words));
    this.checkSections();
    this.checkDone();
  }

  /** A page of a document is too short to tell of each. */
  sectionsRead() {
    return this.readings.reduce((sum, each) => sum + (each.part.kind === "text" ? each.count : 0), 0);
  }

  /** A section that now counts is told at once: who loads the page again finds it counted. */
  checkSections() {
    const now = this.sectionsRead();
    if (now > this.sections) this.beats.now();
    this.sections = now;
  }

  /** Everything asked for is there: the server hears at once, and its word completes the lesson. */
  checkDone() {
    const required = [...this.media, ...this.readings].filter(({ part }) => part.required);
    required.forEach(({ key, done: over }) => {
      const left = document.querySelector(`[data-left="${key}"]`);
      if (left) left.toggleAttribute("hidden", over);
    });
    const done = required.length > 0 && required.every((each) => each.done);
    if (done && !this.wasDone && !this.completed) this.beats.now();
    this.wasDone = done;
  }

  onInput() {
    this.clock.input();
    this.idle.input();
  }

  onPlaying() {
    this.clock.set("playing", this.media.some((each) => each.playing));
    if (this.clock.playing) this.missed = false;
    this.showBar();
  }

  onEnded() {
    this.beats.now();
  }

  onVisibility() {
    const visible = document.visibilityState === "visible";
    if (!visible) this.media.forEach((each) => each.pause()); // unseen it would not count
    this.clock.set("visible", visible);
    this.count();
    if (visible) this.beats.wake();
    else this.beats.beacon();
  }

  /** Media counts while the page is visible and the session runs. */
  count() {
    this.media.forEach((each) => each.count(this.clock.visible && this.clock.running));
  }

  onAsk() {
    this.clock.hold();
    this.media.forEach((each) => each.hold());
  }

  /** @param {boolean} answered */
  onAnswer(answered) {
    this.clock.release(answered);
    if (!answered) this.media.forEach((each) => each.pause());
    this.media.forEach((each) => each.release(answered));
    this.missed = !answered;
    this.showBar();
  }

  // ---- the server

  /** @returns {Counters} */
  counters() {
    this.clock.settle();
    const playing = this.media.find((each) => each.playing);
    /** @type {Object<string, number[]>} */
    const read = {};
    this.readings.forEach((each) => (read[each.key] = each.read));
    const { elapsedMs, activeMs, visibleMs } = this.clock;
    const whole = { elapsed_ms: Math.floor(elapsedMs), active_ms: Math.floor(activeMs), visible_ms: Math.floor(visibleMs) };
    return Object.assign(whole, { rate: playing ? playing.rate : 1, read });
  }

  /** @returns {Played[]} */
  played() {
    return /** @type {Played[]} */ (this.media.map((each) => each.unsent()).filter(Boolean));
  }

  onOpen() {
    this.earlier += this.credited;
    this.credited = 0;
    this.creditedAt = 0;
    this.clock.begin();
    this.readings.forEach((each) => each.begin());
    this.count();
    this.root.setAttribute("data-session", this.beats.session);
  }

  /**
   * @param {Reply} reply
   * @param {Counters} sent
   */
  onReply(reply, sent) {
    this.credited = reply.credited_ms;
    this.creditedAt = sent.active_ms;
    if (reply.completed && !this.completed) this.onCompleted();
    else if (this.wasDone && reply.coverage < this.data.rules.threshold && this.resends < MOST_RESENDS) {
      this.resends += 1;
      this.media.forEach((each) => each.resend());
    }
  }

  onCompleted() {
    this.completed = true;
    document.querySelectorAll("[data-when-open]").forEach((part) => part.setAttribute("hidden", ""));
    document.querySelectorAll("[data-when-completed]").forEach((part) => part.removeAttribute("hidden"));
  }

  /** @param {string} trouble */
  onTrouble(trouble) {
    this.trouble = trouble;
    if (trouble === "lost" || trouble === "gone") {
      this.media.forEach((each) => each.pause());
      this.clock.set("running", false);
      this.count();
    }
    this.showBar();
  }

  async continueHere() {
    const button = /** @type {HTMLButtonElement} */ (find("[data-continue-here]"));
    button.disabled = true;
    await this.beats.start();
    button.disabled = false;
  }

  /** At most one quiet bar, the one that matters most. */
  showBar() {
    const wanted = this.trouble || (this.missed ? "missed" : this.idle.idle ? "idle" : "");
    this.bars.querySelectorAll("[data-bar]").forEach((bar) => {
      const hidden = bar.getAttribute("data-bar") !== wanted;
      if (bar.hasAttribute("hidden") !== hidden) bar.toggleAttribute("hidden", hidden);
    });
  }
}

/**
 * @param {HTMLElement} root
 * @returns {Times}
 */
function timesOf(root) {
  const ms = (/** @type {string} */ name) => 1000 * Number(root.getAttribute(name));
  return {
    idle: ms("data-idle-s"),
    beat: ms("data-beat-s"),
    promptFrom: ms("data-prompt-from-s"),
    promptTo: ms("data-prompt-to-s"),
    answer: ms("data-answer-s"),
  };
}

const data = /** @type {Data} */ (JSON.parse(find("#lesson-data").textContent || "{}"));
new Lesson(data, timesOf(find("[data-lesson]"))).start();
