// A text or the pages of a document: active time goes to the first block in view that has not had its least time yet.
// So a text is read by reading it through, and not by leaving its end in view.

/** @import {Part} from "./types.js" */
import { find, say } from "./dom.js";
import { andMore, fill, firstText } from "./words.js";

const BAR_PX = 60; // the phone's bar at the bottom covers what is below it
const LEAST_SHARE = 0.25; // of the window, or the whole block: the last line of a block is not the block

export class Reading {
  /**
   * @param {Part} part
   * @param {HTMLElement} root of the part
   * @param {Object<string, string>} words
   */
  constructor(part, root, words) {
    this.part = part;
    this.key = part.key;
    this.root = root;
    this.words = words;
    this.least = part.least_ms || [];
    this.before = this.least.map((_, n) => Number(part.spans[n]) || 0); // by earlier sessions
    this.mine = this.least.map(() => 0); // since this session began
    this.blocks = /** @type {HTMLElement[]} */ (Array.from(root.querySelectorAll("[data-read-block]")));
    this.shown = "";
  }

  get ready() {
    return this.blocks.some(isThere);
  }

  /** @param {number} n */
  has(n) {
    return this.before[n] + this.mine[n] >= this.least[n];
  }

  get done() {
    return this.part.completed || this.least.every((_, n) => this.has(n));
  }

  /** How many blocks have had their least time. */
  get count() {
    return this.least.filter((_, n) => this.has(n)).length;
  }

  /** A new session counts from 0. */
  begin() {
    this.before = this.before.map((ms, n) => ms + this.mine[n]);
    this.mine = this.least.map(() => 0);
  }

  /**
   * @param {number} ms active
   * @returns {boolean} whether a block of this part took it
   */
  take(ms) {
    if (this.part.completed) return false;
    const n = this.blocks.findIndex((block, at) => at < this.least.length && !this.has(at) && isInView(block) && isThere(block));
    if (n < 0) return false;
    this.mine[n] += ms;
    return true;
  }

  /** @returns {number[]} whole ms */
  get read() {
    return this.mine.map(Math.floor);
  }

  show() {
    const left = this.blocks.filter((_, n) => n < this.least.length && !this.has(n));
    const text = this.done ? this.words.part_done : this.leftText(left);
    if (text === this.shown) return;
    this.shown = text;
    say(find("[data-part-words]", this.root), text);
    this.root.toggleAttribute("data-done", this.done);
    const jump = /** @type {HTMLAnchorElement | null} */ (this.root.querySelector("[data-part-jump]"));
    if (!jump) return;
    jump.hidden = this.done || !left.length;
    if (left.length) jump.href = `#${left[0].id}`;
  }

  /** @param {HTMLElement[]} left */
  leftText(left) {
    const values = { n: this.least.length - left.length, total: this.least.length };
    const labels = left.map((block) => block.getAttribute("data-read-block") || "");
    const text = this.part.kind === "pdf" ? this.words.pages_left : this.words.blocks_left;
    return fill(text, Object.assign(values, { missing: andMore(firstText(labels, this.words), labels, this.words) }));
  }
}

/** @param {HTMLElement} block */
function isInView(block) {
  const box = block.getBoundingClientRect();
  const seen = Math.min(box.bottom, window.innerHeight - BAR_PX) - Math.max(box.top, 0);
  return seen > 0 && seen >= Math.min(box.height, LEAST_SHARE * window.innerHeight);
}

/**
 * A page counts once its picture is there.
 * @param {HTMLElement} block
 */
function isThere(block) {
  const picture = block.querySelector("img");
  return !picture || (picture.complete && picture.naturalWidth > 0);
}
