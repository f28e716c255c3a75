// The draft of a reflection saves itself: a pause after typing, when the page is left, when the network is back. What the
// server has not confirmed lies in localStorage. A newer text from another tab stops saving until the author has chosen.

import { cookie } from "../site/site.js";
import { find, say } from "./dom.js";

const PAUSE_MS = 1500;
const RETRY_MS = 5000;
const PREFIX = "dangxiao-reflection-";

const data = JSON.parse(find("#reflection-data").textContent || "{}");
const form = /** @type {HTMLFormElement} */ (find("[data-reflection]"));
const area = /** @type {HTMLTextAreaElement} */ (find("textarea", form));
const base = /** @type {HTMLInputElement} */ (find("[name=base]", form));
const token = /** @type {HTMLInputElement} */ (find("[name=csrfmiddlewaretoken]", form));
const state = find("[data-save-state]", form);
const nothing = find("[data-nothing-saved]", form);
const counter = find("[data-count]", form);
const conflict = find("[data-conflict]");

let rev = Number(base.value);
let saved = area.defaultValue;
let busy = false;
let timer = 0;
let leaving = false;
/** @type {{rev: number, text: string} | null} */
let theirs = null;

/** @param {"saving" | "saved" | "offline" | "failed"} name */
function show(name) {
  nothing.hidden = true;
  state.hidden = false;
  state.dataset.state = name;
}

/** The text is what the server has; before the first saving there is none. */
function settled() {
  show("saved");
  nothing.hidden = rev > 0;
  state.hidden = rev === 0;
}

function count() {
  say(counter, String(Array.from(area.value.replace(/\s/g, "")).length));
}

/** @returns {boolean} whether the text is safe on this device */
function keep() {
  try {
    window.localStorage.setItem(PREFIX + data.key, JSON.stringify({ rev: rev, text: area.value }));
    return true;
  } catch (error) {
    return false; // full or switched off
  }
}

function drop() {
  try {
    window.localStorage.removeItem(PREFIX + data.key);
  } catch (error) {
    // switched off
  }
}

/** The form's token against forged requests as it is now: signing in on another page has changed it. */
function currentToken() {
  token.value = data.csrf_token || cookie(data.csrf_cookie) || token.value;
  return token.value;
}

/** @param {number} wait */
function soon(wait) {
  window.clearTimeout(timer);
  timer = window.setTimeout(save, wait);
}

async function save() {
  if (busy || theirs || area.value === saved) return;
  busy = true;
  const text = area.value;
  const body = new URLSearchParams({ text: text, base: String(rev) });
  try {
    const response = await fetch(data.url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-CSRFToken": currentToken() },
      body: body,
      redirect: "manual", // a lost sign-in answers with the log-in page
    });
    if (response.status === 200) taken(text, await response.json());
    else if (response.status === 409) newer(await response.json());
    else show("failed");
    if (response.status >= 500) soon(RETRY_MS);
  } catch (error) {
    show(keep() ? "offline" : "failed");
    soon(RETRY_MS);
  }
  busy = false;
}

/**
 * @param {string} text
 * @param {{rev: number}} reply
 */
function taken(text, reply) {
  rev = reply.rev;
  base.value = String(rev);
  saved = text;
  if (area.value !== saved) {
    soon(PAUSE_MS);
    return;
  }
  drop();
  show("saved");
}

/** @param {{rev: number, text: string}} reply */
function newer(reply) {
  if (reply.text === area.value) {
    taken(reply.text, reply);
    return;
  }
  theirs = reply;
  keep();
  show("failed");
  conflict.hidden = false;
  conflict.scrollIntoView({ block: "nearest" });
}

/** @param {boolean} mine */
function choose(mine) {
  if (!theirs) return;
  rev = theirs.rev;
  base.value = String(rev);
  saved = theirs.text;
  if (!mine) area.value = theirs.text;
  theirs = null;
  conflict.hidden = true;
  changed();
  area.focus();
}

function changed() {
  count();
  if (area.value === saved) {
    drop();
    settled();
    return;
  }
  keep();
  show(theirs ? "failed" : "saving");
  soon(PAUSE_MS);
}

function restore() {
  try {
    const kept = JSON.parse(window.localStorage.getItem(PREFIX + data.key) || "null");
    if (!kept || kept.text === area.value) {
      drop();
      return;
    }
    const stored = area.value;
    area.value = kept.text;
    if (kept.rev === rev) changed();
    else {
      base.value = String(kept.rev); // a button pressed before the choice must not replace the newer text unasked
      newer({ rev: rev, text: stored });
    }
  } catch (error) {
    // nothing kept, or not ours
  }
}

area.addEventListener("input", changed);
form.addEventListener("submit", () => {
  leaving = true;
  currentToken();
});
find("[data-take-mine]").addEventListener("click", () => choose(true));
find("[data-take-theirs]").addEventListener("click", () => choose(false));
window.addEventListener("online", () => soon(0));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") save();
});
window.addEventListener("beforeunload", (event) => {
  if (!leaving && area.value !== saved) {
    save();
    event.preventDefault();
  }
});

settled();
restore();
count();
