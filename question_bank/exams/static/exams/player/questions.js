// Shows a question of any kind with its answer, and reads the answer back. Saves nothing.

/** @import {Answer, Choice, Item, Slot} from "./types.js" */
import { find, icon, make, plain } from "./dom.js";
import { fill } from "./words.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LONGEST = { fill: 2000, short: 10000, essay: 50000 }; // characters, as the server takes them
const TYPED = ["fill", "short", "essay"];

/** @typedef {Object<string, string>} Words */

/** @param {string} kind whether its answer is typed, and so saved after a pause instead of at once */
export function isTyped(kind) {
  return TYPED.indexOf(kind) >= 0;
}

/** @param {Answer} answer says nothing; null included */
export function isBlank(answer) {
  if (answer === null || answer === undefined) return true;
  if (typeof answer === "string") return !answer.trim();
  if (Array.isArray(answer)) return answer.every((part) => !part.trim());
  if (typeof answer === "object") return Object.keys(answer).every((left) => !answer[left]);
  return false;
}

/**
 * The question as a fieldset.
 * @param {Item} item
 * @param {Answer} answer
 * @param {Words} words
 * @returns {HTMLElement}
 */
export function render(item, answer, words) {
  const stem = make("legend", { class: "stem", html: item.stem });
  const fields = RENDER[item.kind](item, answer, words);
  return make("fieldset", { class: "question", "data-kind": item.kind }, [stem].concat(fields));
}

/**
 * What the fields say now; a blank answer as its kind's empty value, null if an order was never made.
 * @param {Item} item
 * @param {HTMLElement} root
 * @returns {Answer}
 */
export function read(item, root) {
  return READ[item.kind](item, root);
}

/**
 * An answer in words, for a person to compare.
 * @param {Item} item
 * @param {Answer} answer
 * @param {Words} words
 * @returns {string}
 */
export function inWords(item, answer, words) {
  if (isBlank(answer)) return words.blank;
  if (typeof answer === "boolean") return answer ? words.is_true : words.is_false;
  if (item.kind === "short" || item.kind === "essay") return String(answer);
  const choice = (/** @type {string} */ id) => plain(named(item.options, id));
  if (Array.isArray(answer)) {
    return item.kind === "fill" ? answer.join(words.comma) : answer.map(choice).join(words.comma);
  }
  if (typeof answer === "object" && answer !== null) {
    const pairs = Object.keys(answer).map((id) => `${plain(named(item.left || [], id))} — ${choice(answer[id])}`);
    return pairs.join(words.comma);
  }
  return choice(String(answer));
}

/**
 * @param {Choice[]} choices
 * @param {string} id
 */
function named(choices, id) {
  const found = choices.filter((each) => each.id === id)[0];
  return found ? found.text : id;
}

/** @type {Object<string, (item: Item, answer: any, words: Words) => HTMLElement[]>} */
const RENDER = {
  single: (item, answer) => [choices("radio", item.options, (id) => answer === id)],
  multiple: (item, answer) => [choices("checkbox", item.options, (id) => (answer || []).indexOf(id) >= 0)],
  true_false: (item, answer, words) => [
    make("div", { class: "options" }, [
      option("radio", "true", answer === true, icon("check"), make("span", { class: "option__text", text: words.is_true })),
      option("radio", "false", answer === false, icon("cross"), make("span", { class: "option__text", text: words.is_false })),
    ]),
  ],
  fill: (item, answer, words) => blanks(item, answer, words),
  short: (item, answer, words) => longText(item, answer, words, 6),
  essay: (item, answer, words) => longText(item, answer, words, 14),
  order: (item, answer, words) => ordering(item, answer, words),
  match: (item, answer, words) => matching(item, answer || {}, words),
};

/** @type {Object<string, (item: Item, root: HTMLElement) => Answer>} */
const READ = {
  single: (item, root) => checked(root)[0] || "",
  multiple: (item, root) => checked(root),
  true_false: (item, root) => (checked(root).length ? checked(root)[0] === "true" : null),
  fill: (item, root) => inputs(root).map((input) => input.value),
  short: (item, root) => /** @type {HTMLTextAreaElement} */ (find("textarea", root)).value,
  essay: (item, root) => /** @type {HTMLTextAreaElement} */ (find("textarea", root)).value,
  order: (item, root) => {
    const list = find(".order", root);
    return list.hasAttribute("data-answered") ? orderOf(list) : null;
  },
  match: (item, root) => {
    /** @type {Object<string, string>} */
    const pairs = {};
    root.querySelectorAll("select").forEach((select) => {
      if (select.value) pairs[select.name] = select.value;
    });
    return pairs;
  },
};

/** @param {HTMLElement} root */
function inputs(root) {
  return /** @type {HTMLInputElement[]} */ (Array.from(root.querySelectorAll("input")));
}

/** @param {HTMLElement} root */
function checked(root) {
  return inputs(root).filter((input) => input.checked).map((input) => input.value);
}

/**
 * @param {string} type
 * @param {string} value
 * @param {boolean} on
 * @param {Node} key
 * @param {Node} text
 */
function option(type, value, on, key, text) {
  const input = /** @type {HTMLInputElement} */ (make("input", { type, name: "answer", value, autocomplete: "off" }));
  input.checked = on;
  return make("label", { class: "option" }, [input, make("span", { class: "option__key" }, [key]), text]);
}

/**
 * @param {string} type
 * @param {Choice[]} all
 * @param {(id: string) => boolean} isOn
 */
function choices(type, all, isOn) {
  const rows = all.map((each, n) => {
    const text = make("span", { class: "option__text", html: each.text });
    return option(type, each.id, isOn(each.id), document.createTextNode(LETTERS[n] || String(n + 1)), text);
  });
  return make("div", { class: "options" }, rows);
}

/**
 * @param {Item} item
 * @param {string[] | null} answer
 * @param {Words} words
 */
function blanks(item, answer, words) {
  const fields = [];
  for (let n = 0; n < (item.blanks || 0); n += 1) {
    const id = `blank-${n + 1}`;
    const input = make("input", { type: "text", id, maxlength: LONGEST.fill, autocomplete: "off", value: (answer || [])[n] || "" });
    fields.push(make("div", { class: "field" }, [make("label", { for: id, text: fill(words.blank_n, { n: n + 1 }) }), input]));
  }
  return fields;
}

/**
 * @param {Item} item
 * @param {string | null} answer
 * @param {Words} words
 * @param {number} rows
 */
function longText(item, answer, words, rows) {
  const longest = item.kind === "essay" ? LONGEST.essay : LONGEST.short;
  const area = /** @type {HTMLTextAreaElement} */ (make("textarea", { id: "answer", rows, maxlength: longest, autocomplete: "off" }));
  area.value = answer || "";
  const count = make("p", { class: "answer-count", "aria-hidden": "true" });
  const tell = () => (count.textContent = fill(words.characters, { n: area.value.length, max: longest }));
  area.addEventListener("input", tell);
  tell();
  const label = make("label", { for: "answer", class: "visually-hidden", text: words.your_answer });
  return [make("div", { class: "field" }, [label, area, count])];
}

/**
 * @param {Item} item
 * @param {string[] | null} answer
 * @param {Words} words
 */
function ordering(item, answer, words) {
  const ids = answer && answer.length === item.options.length ? answer : item.options.map((each) => each.id);
  const list = make("ol", { class: "order", "data-answered": !isBlank(answer) });
  const status = make("p", { class: "visually-hidden", role: "status" });
  ids.forEach((id) => list.appendChild(step(item, id, words)));
  const keep = make("button", { type: "button", class: "button button--quiet", "data-keep-order": true, text: words.keep_order });
  keep.hidden = !isBlank(answer);
  const changed = () => {
    list.setAttribute("data-answered", "");
    keep.hidden = true;
    ends(list);
    list.dispatchEvent(new Event("change", { bubbles: true }));
  };
  keep.addEventListener("click", () => {
    changed();
    find("button:not([disabled])", list).focus();
  });
  list.addEventListener("click", (event) => {
    const button = /** @type {HTMLButtonElement | null} */ (/** @type {Element} */ (event.target).closest("button[data-move]"));
    if (button) move(button, words, status);
    if (button) changed();
    if (button && button.disabled) find("button:not([disabled])", /** @type {Element} */ (button.parentElement)).focus();
    else if (button) button.focus();
  });
  ends(list);
  return [make("p", { class: "field__hint", text: words.order_hint }), list, keep, status];
}

/**
 * @param {Item} item
 * @param {string} id
 * @param {Words} words
 */
function step(item, id, words) {
  const name = plain(named(item.options, id));
  const button = (/** @type {string} */ way, /** @type {string} */ label) =>
    make("button", { type: "button", class: "button button--quiet button--icon", "data-move": way }, [
      icon(way === "up" ? "up" : "down"),
      make("span", { class: "visually-hidden", text: fill(label, { name }) }),
    ]);
  return make("li", { class: "order__step", "data-id": id }, [
    make("span", { class: "order__text", html: named(item.options, id) }),
    make("span", { class: "order__moves" }, [button("up", words.move_up), button("down", words.move_down)]),
  ]);
}

/**
 * @param {HTMLButtonElement} button
 * @param {Words} words
 * @param {HTMLElement} status
 */
function move(button, words, status) {
  const row = /** @type {HTMLElement} */ (button.closest("li"));
  const list = /** @type {HTMLElement} */ (row.parentElement);
  const up = button.getAttribute("data-move") === "up";
  const other = up ? row.previousElementSibling : row.nextElementSibling;
  if (other) list.insertBefore(up ? row : other, up ? other : row);
  const name = find(".order__text", row).textContent || "";
  status.textContent = fill(words.moved, { name, n: Array.from(list.children).indexOf(row) + 1 });
}

/** @param {HTMLElement} list the first cannot go up, nor the last down */
function ends(list) {
  const rows = Array.from(list.children);
  rows.forEach((row, n) => {
    /** @type {HTMLButtonElement} */ (find("[data-move=up]", row)).disabled = n === 0;
    /** @type {HTMLButtonElement} */ (find("[data-move=down]", row)).disabled = n === rows.length - 1;
  });
}

/** @param {HTMLElement} list */
function orderOf(list) {
  return Array.from(list.children).map((row) => row.getAttribute("data-id") || "");
}

/**
 * @param {Item} item
 * @param {Object<string, string>} answer
 * @param {Words} words
 */
function matching(item, answer, words) {
  const right = make("ol", { class: "match__right" });
  item.options.forEach((each, n) => {
    const text = make("span", { class: "option__text", html: each.text });
    right.appendChild(make("li", {}, [make("span", { class: "option__key", text: LETTERS[n] || n + 1 }), text]));
  });
  const rows = (item.left || []).map((each, n) => {
    const id = `match-${n + 1}`;
    const select = /** @type {HTMLSelectElement} */ (make("select", { id, name: each.id, autocomplete: "off" }));
    select.appendChild(make("option", { value: "", text: words.choose }));
    item.options.forEach((choice, m) => {
      select.appendChild(make("option", { value: choice.id, text: `${LETTERS[m] || m + 1}. ${plain(choice.text)}` }));
    });
    select.value = answer[each.id] || "";
    return make("div", { class: "field match__row" }, [make("label", { for: id, html: each.text }), select]);
  });
  return [right].concat(rows);
}
