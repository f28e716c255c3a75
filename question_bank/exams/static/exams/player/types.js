// The shapes that go over the wire (the API's own words) and the player's state. Only types: nothing loads this file.

/** @typedef {string | boolean | string[] | Object<string, string> | null} Answer */
/** @typedef {{id: string, text: string}} Choice  text is sanitised HTML */
/**
 * @typedef {Object} Item  one slot of the paper
 * @property {number} slot counts from 1
 * @property {string} section
 * @property {string} kind
 * @property {string} stem sanitised HTML
 * @property {Choice[]} options
 * @property {Choice[]} [left]
 * @property {number} [blanks]
 * @property {string} max_mark
 * @property {Answer} [answer]
 * @property {number} answer_rev
 * @property {number} active_ms
 * @property {boolean} [flagged]
 * @property {boolean} [kind_said] the section's title names the kind
 */
/**
 * @typedef {Object} Op
 * @property {string} id
 * @property {number} seq
 * @property {"answer" | "view" | "leave" | "flag" | "away"} kind
 * @property {number} [slot]
 * @property {number} [base]
 * @property {Answer} [answer]
 * @property {boolean} [flagged]
 * @property {number} [active_ms]
 * @property {number} [away_ms]
 * @property {number} [other_ms]
 * @property {number} [away_count]
 */
/** @typedef {{id: string, attempt: string, client: string, order: number, op: Op}} Entry  an op waiting to be acknowledged */
/**
 * @typedef {Object} Reply  of the lane
 * @property {string[]} acked
 * @property {Object<string, string>} verdicts
 * @property {Object<string, {answer_rev: number, answer?: Answer}>} slots
 * @property {"held" | "lost"} lease
 * @property {number} remaining_ms
 * @property {number} clock_rev
 */
/** @typedef {{number: string, submitted_at: string, answered: number, total: number, hash: string}} Receipt */
/**
 * @typedef {Object} Status  GET of the attempt
 * @property {string} state
 * @property {number} remaining_ms
 * @property {number} clock_rev
 * @property {{slot: number, answer: Answer, answer_rev: number, flagged: boolean, active_ms: number}[]} items
 * @property {Receipt} [receipt]
 */
/**
 * @typedef {Object} Slot  what this page knows of a slot
 * @property {Item} item
 * @property {Answer} answer as shown here, saved or not
 * @property {number} rev the server's answer_rev last seen
 * @property {boolean} flagged
 * @property {number} activeMs cumulative over all pages of the attempt
 * @property {{theirs: Answer} | null} conflict the server holds a newer answer than the one shown
 * @property {boolean} refused the server would not take the last answer
 */
/**
 * @typedef {Object} Data  what the page's JSON block holds
 * @property {string} attempt
 * @property {string} token
 * @property {string} csrf_cookie name of the cookie with the site's token against forged requests; "" = csrf_token
 * @property {string} csrf_token the page's own, in a session that a campus platform opened
 * @property {string} state
 * @property {number} slot where to go on
 * @property {number} remaining_ms
 * @property {number} clock_rev
 * @property {number} limit_ms the working time given in all
 * @property {number} away_ms
 * @property {number} away_count
 * @property {number} other_ms
 * @property {number} away_allowed
 * @property {"record" | "submit"} away_action
 * @property {boolean} away_told whether the member is told of leaving the page
 * @property {{id: string, title: string, instructions: string}[]} sections
 * @property {Item[]} items
 * @property {{ops: string, submit: string, attempt: string, renew: string, receipt: string, exams: string, login: string}} urls
 * @property {Object<string, string>} words every text the player shows
 */

export {};
