// Spans of media that were played: sorted, disjoint, in seconds. The server keeps the union that counts; this one draws.

/** @import {Span} from "./types.js" */

const MERGE_GAP_S = 1;

/**
 * The union with one more span; gaps up to a second are closed, as the server does.
 * @param {Span[]} spans
 * @param {Span} added
 * @returns {Span[]}
 */
export function union(spans, added) {
  const sorted = spans.concat([added]).sort((a, b) => a[0] - b[0]);
  /** @type {Span[]} */
  const merged = [];
  sorted.forEach(([from, to]) => {
    const last = merged[merged.length - 1];
    if (last && from <= last[1] + MERGE_GAP_S) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  });
  return merged;
}

/** @param {Span[]} spans */
export function total(spans) {
  return spans.reduce((sum, [from, to]) => sum + to - from, 0);
}

/**
 * What is missing of [0, length), without gaps too short to see.
 * @param {Span[]} spans
 * @param {number} length
 * @returns {Span[]}
 */
export function missing(spans, length) {
  /** @type {Span[]} */
  const gaps = [];
  let at = 0;
  spans.forEach(([from, to]) => {
    gaps.push([at, from]);
    at = to;
  });
  gaps.push([at, length]);
  return gaps.filter(([from, to]) => to - from > MERGE_GAP_S);
}

/**
 * How far it was played without a hole from the beginning.
 * @param {Span[]} spans
 */
export function frontier(spans) {
  return spans.length && spans[0][0] <= MERGE_GAP_S ? spans[0][1] : 0;
}
