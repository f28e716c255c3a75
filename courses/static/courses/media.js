// A video or an audio: which spans were really played, at what speed, and where to go on. The native controls stay.

/** @import {Data, Part, Played, Span} from "./types.js" */
import { find, say } from "./dom.js";
import { frontier, missing, total, union } from "./spans.js";
import { clockText, coveredText, fill, missingText } from "./words.js";

const SLACK_S = 0.5; // between what the clock and what the media says has passed
const AHEAD_S = 1; // a seek no further than this is not skipping
const RESUME_FROM_S = 3;
const MOST_SPANS = 256; // as many as a beat may carry
const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {Object} Hooks
 * @property {() => void} onPlaying it plays, or no longer does
 * @property {() => void} onEnded
 * @property {() => void} onReady
 */

export class Media {
  /**
   * @param {Part} part
   * @param {HTMLElement} root of the part
   * @param {Data} data
   * @param {Hooks} hooks
   */
  constructor(part, root, data, hooks) {
    this.part = part;
    this.key = part.key;
    this.root = root;
    this.rules = data.rules;
    this.words = data.words;
    this.hooks = hooks;
    this.media = /** @type {HTMLMediaElement} */ (find("video, audio", root));
    this.length = (part.length_ms || 0) / 1000;
    /** @type {Span[]} */
    this.spans = part.spans.map(([from, to]) => [from / 1000, to / 1000]);
    /** @type {Span[]} played by this load */
    this.mine = [];
    /** @type {Span[]} not yet acknowledged */
    this.fresh = [];
    /** @type {Span[] | null} played since a question that is not yet answered */
    this.held = null;
    /** @type {{at: number, time: number} | null} the last sample of uninterrupted play */
    this.last = null;
    this.playing = false;
    this.counting = false; // the page is visible and its session runs
    this.ready = false;
    this.rate = 1;
    this.listen();
    if (this.media.readyState >= 1) this.onReady();
    if (this.media.error) this.onError();
  }

  listen() {
    const { media } = this;
    media.addEventListener("loadedmetadata", () => this.onReady());
    media.addEventListener("error", () => this.onError());
    media.addEventListener("timeupdate", () => this.sample());
    media.addEventListener("seeking", () => this.onSeeking());
    media.addEventListener("ratechange", () => this.onRate());
    media.addEventListener("playing", () => this.setPlaying(true));
    ["pause", "waiting", "ended", "emptied"].forEach((name) => media.addEventListener(name, () => this.setPlaying(false)));
    media.addEventListener("ended", () => this.hooks.onEnded());
    this.root.querySelectorAll("[data-rate]").forEach((button) => {
      button.addEventListener("click", () => (media.playbackRate = Number(button.getAttribute("data-rate"))));
    });
    find("[data-gap]", this.root).addEventListener("click", () => this.toGap());
  }

  onReady() {
    if (this.ready) return;
    this.ready = true;
    if (!this.length) this.length = this.media.duration;
    let at = this.part.position_ms / 1000;
    if (!this.free) at = Math.min(at, frontier(this.spans));
    if (at > RESUME_FROM_S && at < this.length - RESUME_FROM_S) {
      this.media.currentTime = at;
      this.note(fill(this.words.resumed, { at: clockText(at) }));
    } else if (this.gap > RESUME_FROM_S) this.toGap();
    this.hooks.onReady();
  }

  /** Where the first span begins that was not played, in s; -1 if nothing is asked for any more. */
  get gap() {
    const gaps = this.done ? [] : missing(this.spans, this.length);
    return gaps.length ? gaps[0][0] : -1;
  }

  /** No further than what was played without a hole, so it is no skipping. */
  toGap() {
    const at = this.gap;
    if (!this.ready || at < 0) return;
    this.media.currentTime = at;
    this.note(fill(this.words.at_gap, { at: clockText(at) }));
  }

  onError() {
    this.ready = false;
    this.setPlaying(false);
    find("[data-media-error]", this.root).hidden = false;
  }

  /** Whether it may be skipped in. */
  get free() {
    return !this.rules.no_skip || this.done;
  }

  get done() {
    return this.part.completed || (this.length > 0 && total(this.spans) >= this.rules.threshold * this.length);
  }

  /** @param {boolean} playing */
  setPlaying(playing) {
    this.sample();
    if (!playing) this.last = null;
    if (this.playing === playing) return;
    this.playing = playing;
    this.hooks.onPlaying();
  }

  /** Takes what was played since the last sample, if time and media agree that it was played. */
  sample() {
    const { media, last } = this;
    const now = { at: performance.now(), time: media.currentTime };
    this.last = media.paused || media.seeking ? null : now;
    if (!last || media.seeking || !this.counting) return;
    const moved = now.time - last.time;
    const most = (this.rate * (now.at - last.at)) / 1000 + SLACK_S;
    if (moved > 0 && moved <= most) this.take([last.time, now.time]);
  }

  /** @param {Span} span */
  take([from, to]) {
    const end = Math.min(to, this.length);
    if (end <= from) return;
    if (this.held) {
      this.held = union(this.held, [from, end]);
      return;
    }
    this.spans = union(this.spans, [from, end]);
    this.mine = union(this.mine, [from, end]);
    this.fresh = union(this.fresh, [from, end]);
  }

  onSeeking() {
    this.last = null;
    if (this.free) return;
    const reached = frontier(this.spans);
    if (this.media.currentTime <= reached + AHEAD_S) return;
    this.media.currentTime = reached;
    this.note(fill(this.words.no_skip, { at: clockText(reached) }));
  }

  onRate() {
    this.sample(); // what went before went at the old speed
    if (this.media.playbackRate > this.rules.rate_max) {
      this.media.playbackRate = this.rules.rate_max; // comes back here
      this.note(fill(this.words.rate_max, { n: this.rules.rate_max }));
      return;
    }
    this.rate = this.media.playbackRate;
    this.root.querySelectorAll("[data-rate]").forEach((button) => {
      button.setAttribute("aria-pressed", String(Number(button.getAttribute("data-rate")) === this.rate));
    });
  }

  pause() {
    if (!this.media.paused) this.media.pause();
    this.setPlaying(false);
  }

  /** @param {boolean} counting */
  count(counting) {
    this.sample();
    this.counting = counting;
  }

  hold() {
    this.sample();
    this.held = [];
  }

  /** @param {boolean} keep */
  release(keep) {
    this.sample();
    /** @type {Span[]} */
    const held = this.held || [];
    this.held = null;
    if (keep) held.forEach((span) => this.take(span));
  }

  /**
   * What the server has not acknowledged, and is now on its way.
   * @returns {Played | null}
   */
  unsent() {
    this.sample();
    const spans = this.fresh.slice(0, MOST_SPANS);
    return spans.length ? { part: this.key, spans, position: this.media.currentTime } : null;
  }

  /** @param {Played} sent */
  acknowledge(sent) {
    // A span that has grown since goes again as a whole: the union is the same.
    this.fresh = this.fresh.filter((span) => !sent.spans.some(([from, to]) => from === span[0] && to === span[1]));
  }

  /** The server lacks something that was played: everything goes again. */
  resend() {
    this.fresh = this.mine.slice();
  }

  /** @param {string} text */
  note(text) {
    say(find("[data-media-note]", this.root), text);
  }

  show() {
    if (!this.length) return;
    const { done } = this;
    this.root.toggleAttribute("data-done", done);
    const covered = coveredText(total(this.spans), this.length, this.words);
    const gaps = missingText(missing(this.spans, this.length), this.length, this.words);
    const parts = [covered, done ? this.words.part_done : gaps];
    say(find("[data-part-words]", this.root), parts.filter(Boolean).join(this.words.comma));
    this.showGap();
    this.draw();
  }

  /** The way to what is missing, unless the player stands there. */
  showGap() {
    const { gap, media } = this;
    const button = find("[data-gap]", this.root);
    const away = media.currentTime < gap - AHEAD_S || media.currentTime > gap + AHEAD_S;
    button.hidden = !this.ready || gap < 0 || !away;
    if (!button.hidden) say(button, fill(this.words.to_gap, { at: clockText(gap) }));
  }

  /** The strip of what was played: 1000 units wide, whatever the length. */
  draw() {
    const strip = find("[data-strip]", this.root);
    const wanted = JSON.stringify(this.spans);
    if (strip.getAttribute("data-drawn") === wanted) return;
    strip.setAttribute("data-drawn", wanted);
    while (strip.firstChild) strip.removeChild(strip.firstChild);
    this.spans.forEach(([from, to]) => {
      const bar = document.createElementNS(SVG, "rect");
      bar.setAttribute("x", String((1000 * from) / this.length));
      bar.setAttribute("width", String((1000 * (to - from)) / this.length));
      bar.setAttribute("height", "10");
      strip.appendChild(bar);
    });
  }
}
