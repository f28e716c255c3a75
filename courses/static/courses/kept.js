// Beats that were not acknowledged, one record a session, in localStorage: they outlive the page and a lost network.

/** @import {Kept} from "./types.js" */

const PREFIX = "dangxiao-study-";
const LIVE_MS = 60000; // a page that lives rewrites its record more often
const OLDEST_MS = 24 * 3600 * 1000; // the server takes nothing older

/** @param {Kept} kept */
export function keep(kept) {
  try {
    window.localStorage.setItem(PREFIX + kept.session, JSON.stringify(kept));
  } catch (error) {
    // storage full or switched off: what this page still holds is sent with its next beat
  }
}

/** @param {string} session */
export function drop(session) {
  try {
    window.localStorage.removeItem(PREFIX + session);
  } catch (error) {
    // switched off
  }
}

/**
 * What earlier loads could not deliver. Too old ones are thrown away on the way.
 * @param {string} user
 * @param {number} now Date.now()
 * @returns {Kept[]}
 */
export function leftBehind(user, now) {
  /** @type {Kept[]} */
  const found = [];
  try {
    const keys = Object.keys(window.localStorage).filter((key) => key.indexOf(PREFIX) === 0);
    keys.forEach((key) => {
      const kept = /** @type {Kept} */ (JSON.parse(window.localStorage.getItem(key) || "{}"));
      if (!kept.session || now - kept.at > OLDEST_MS) window.localStorage.removeItem(key);
      else if (kept.user === user && now - kept.at > LIVE_MS) found.push(kept);
    });
  } catch (error) {
    // switched off, or not ours
  }
  return found;
}
