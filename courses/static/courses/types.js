// The shapes of the lesson page: what its JSON block holds, what goes over the wire. Only types: nothing loads this file.

/** @typedef {[number, number]} Span  of media, in seconds, half-open */
/**
 * @typedef {Object} Part  what the lesson asks for; only the measured kinds are told to the scripts
 * @property {string} key
 * @property {"video" | "audio" | "text" | "pdf"} kind
 * @property {boolean} required
 * @property {number} [length_ms] of media
 * @property {number[]} [least_ms] per block or page
 * @property {any[]} spans media: [from, to] in ms; text, pdf: ms per block; as the server has them
 * @property {number} position_ms
 * @property {boolean} completed
 */
/**
 * @typedef {Object} Data
 * @property {string} activity
 * @property {string} user whose record it is: another account on this device sends nothing of it
 * @property {number} active_ms credited before this load
 * @property {boolean} completed
 * @property {{threshold: number, no_skip: boolean, rate_max: number}} rules
 * @property {Part[]} parts
 * @property {string} csrf_cookie name of the cookie with the site's token against forged requests; "" = csrf_token
 * @property {string} csrf_token the page's own, in a session that a campus platform opened
 * @property {string} url where sessions are opened; their beats go below it
 * @property {Object<string, string>} words every text the scripts show
 */
/**
 * @typedef {Object} Times  in ms; read from the page's data attributes
 * @property {number} idle without input, after which reading no longer counts
 * @property {number} beat
 * @property {number} promptFrom earliest question during media
 * @property {number} promptTo latest
 * @property {number} answer how long it may be answered
 */
/**
 * @typedef {Object} Counters  totals since the session began
 * @property {number} elapsed_ms
 * @property {number} active_ms
 * @property {number} visible_ms
 * @property {number} rate
 * @property {Object<string, number[]>} read ms per block, by part
 */
/** @typedef {{part: string, spans: Span[], position: number}} Played  not yet acknowledged, of one part */
/** @typedef {{credited_ms: number, coverage: number, completed: boolean, lease: "held" | "lost"}} Reply */
/**
 * @typedef {Object} Kept  what a session has not been told to have arrived; outlives the page in localStorage
 * @property {string} user
 * @property {string} session
 * @property {string} token
 * @property {string} url of its beats
 * @property {number} at Date.now() when written: only to tell a live page's from one left behind
 * @property {number} seq
 * @property {Counters} counters
 * @property {Played[]} played
 */

export {};
