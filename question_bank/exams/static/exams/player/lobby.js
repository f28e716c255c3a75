// The page before an exam opens: counts down by the monotonic clock, asks the server now and then, and shows the start
// form when time has come. The whole room waits here, so nothing is fetched at the moment itself.

import { find } from "./dom.js";
import { call } from "./http.js";
import { clockText } from "./words.js";

const TICK_MS = 250;
const ASK_MS = 45000;
const ASK_JITTER_MS = 30000;

const card = find("[data-countdown]");
const text = find("[data-countdown-text]", card);
let base = Number(card.getAttribute("data-opens-in"));
let at = performance.now();
let timer = 0;

function tick() {
  const left = Math.max(0, base - (performance.now() - at));
  const words = clockText(left);
  if (text.textContent !== words) text.textContent = words;
  if (left === 0) open();
}

function open() {
  clearInterval(timer);
  find("[data-why-not]").hidden = true;
  const form = find("[data-start]");
  form.hidden = false;
  const button = find("button[type=submit]", form);
  if (document.activeElement === document.body) button.focus();
}

async function ask() {
  try {
    const started = performance.now();
    const answer = await call("GET", card.getAttribute("data-clock-url") || "", "");
    if (answer.status !== 200 || typeof answer.body.opens_in_ms !== "number") return;
    base = answer.body.opens_in_ms - (performance.now() - started) / 2;
    at = performance.now();
    tick();
  } catch (error) {
    // offline: the countdown goes on
  }
}

function askLater() {
  setTimeout(() => ask().then(askLater), ASK_MS + Math.random() * ASK_JITTER_MS);
}

timer = window.setInterval(tick, TICK_MS);
tick();
askLater();
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());
window.addEventListener("pageshow", (event) => event.persisted && ask());
window.addEventListener("online", ask);
