// Texts come from the page with named placeholders, `%(n)s`; this fills them. Also how times are written.

/** @import {Span} from "./types.js" */

const MINUTE_S = 60;
const SHORT_S = 300; // media below five minutes is told in seconds

/**
 * @param {string} text
 * @param {Object<string, string | number>} values
 */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * 492 → "8:12", 3912 → "1:05:12".
 * @param {number} seconds
 */
export function clockText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => (n < 10 ? "0" : "") + n;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / MINUTE_S) % MINUTE_S;
  return hours ? `${hours}:${two(minutes)}:${two(whole % MINUTE_S)}` : `${minutes}:${two(whole % MINUTE_S)}`;
}

/**
 * 35秒, 12分钟, 1小时05分: whole minutes from the first one on, so that nothing flickers.
 * @param {number} ms
 * @param {Object<string, string>} words
 */
export function durationText(ms, words) {
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / MINUTE_S);
  if (!minutes) return fill(words.seconds, { n: seconds });
  const hours = Math.floor(minutes / MINUTE_S);
  if (!hours) return fill(words.minutes, { n: minutes });
  const rest = minutes % MINUTE_S;
  return fill(words.hours_minutes, { h: hours, m: (rest < 10 ? "0" : "") + rest });
}

/**
 * "已学 12/20 分钟"; short media in minutes and seconds.
 * @param {number} done seconds
 * @param {number} length seconds
 * @param {Object<string, string>} words
 */
export function coveredText(done, length, words) {
  if (length < SHORT_S) return fill(words.covered_short, { done: clockText(done), total: clockText(length) });
  return fill(words.covered, { done: Math.floor(done / MINUTE_S), total: Math.ceil(length / MINUTE_S) });
}

/**
 * "还差第 8–14 分钟"; at most three spans, the rest as a count. "" if nothing is missing.
 * @param {Span[]} gaps
 * @param {number} length seconds
 * @param {Object<string, string>} words
 */
export function missingText(gaps, length, words) {
  if (!gaps.length) return "";
  const short = length < SHORT_S;
  const span = (/** @type {Span} */ [from, to]) =>
    short ? `${clockText(from)}–${clockText(to)}` : `${Math.floor(from / MINUTE_S)}–${Math.ceil(to / MINUTE_S)}`;
  const named = gaps.map(span);
  const spans = firstText(named, words);
  return andMore(fill(short ? words.missing_short : words.missing, { spans }), named, words);
}

/**
 * The first three.
 * @param {string[]} items
 * @param {Object<string, string>} words
 */
export function firstText(items, words) {
  return items.slice(0, 3).join(words.between);
}

/**
 * The text that names the first of the items, and how many there are if it does not name all.
 * @param {string} text
 * @param {string[]} items
 * @param {Object<string, string>} words
 */
export function andMore(text, items, words) {
  return items.length > 3 ? fill(words.and_more, { list: text, n: items.length }) : text;
}
