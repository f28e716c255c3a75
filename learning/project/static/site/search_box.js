// Suggestions below the search box: a combobox with a listbox after the ARIA authoring practices. The server says every
// word that is shown; without this script the box is a plain form. ES2019.

const PAUSE_MS = 150; // after the last key, before asking
const KEY = "/";
const KEY_OFF = "dangxiao_search_key_off"; // localStorage: on this device the key does nothing

/** @typedef {{kind: string, label: string, icon: string, title_html: string, title: string, url: string}} Suggestion */
/** @typedef {{suggestions: Suggestion[], said: string}} Answer */

/**
 * @param {Suggestion} suggestion its title_html is escaped by the server, but for <mark>
 * @param {string} id
 * @param {Element} icon becomes the suggestion's
 * @returns {HTMLAnchorElement}
 */
function option(suggestion, id, icon) {
  const link = document.createElement("a");
  link.id = id;
  link.href = suggestion.url;
  link.className = "search-box__option";
  link.tabIndex = -1;
  link.setAttribute("role", "option");
  link.setAttribute("aria-selected", "false");
  /** @type {Element} */ (icon.firstElementChild).setAttribute("href", `#icon-${suggestion.icon}`);
  const title = document.createElement("span");
  title.className = "search-box__title";
  title.innerHTML = suggestion.title_html;
  const label = document.createElement("span");
  label.className = "search-box__kind";
  label.textContent = suggestion.label;
  link.append(icon, title, label);
  return link;
}

/** @param {HTMLFormElement} form */
function suggestIn(form) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector("input[type=search]"));
  const list = /** @type {HTMLElement} */ (form.querySelector("[data-search-list]"));
  const status = /** @type {HTMLElement} */ (form.querySelector("[data-search-status]"));
  const icon = /** @type {Element} */ (form.querySelector("svg"));
  const url = form.getAttribute("data-suggest") || "";
  /** @type {HTMLAnchorElement[]} */
  let options = [];
  let active = -1;
  let composing = false;
  let asked = input.value.trim(); // what the list shows or is being fetched for
  let timer = 0;
  let stop = new AbortController();

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);

  /** @param {number} index -1: none, the text itself */
  function choose(index) {
    active = index;
    options.forEach((each, number) => each.setAttribute("aria-selected", String(number === index)));
    if (index < 0) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    input.setAttribute("aria-activedescendant", options[index].id);
    options[index].scrollIntoView({ block: "nearest" });
  }

  /** @param {boolean} open */
  function show(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    choose(-1);
  }

  /** Nothing asked before comes after this. */
  function leave() {
    clearTimeout(timer);
    stop.abort();
    show(false);
    status.textContent = "";
    if (!options.length) asked = ""; // its answer never came
  }

  /** @param {Answer} answer */
  function fill(answer) {
    options = answer.suggestions.map((each, number) =>
      option(each, `${list.id}-${number}`, /** @type {Element} */ (icon.cloneNode(true)))
    );
    list.textContent = "";
    list.append(...options);
    show(options.length > 0);
    status.textContent = answer.said;
  }

  async function ask() {
    stop.abort();
    stop = new AbortController();
    const { signal } = stop;
    try {
      const response = await fetch(`${url}?q=${encodeURIComponent(asked)}`, { credentials: "same-origin", signal });
      const answer = response.ok ? await response.json() : { suggestions: [], said: "" };
      if (!signal.aborted) fill(answer);
    } catch (error) {
      if (!signal.aborted) show(false); // without the network the box still sends its text
    }
  }

  function typed() {
    const text = input.value.trim();
    if (composing || text === asked) return;
    choose(-1);
    asked = text;
    options = []; // what is still listed belongs to the text before
    if (!text) {
      leave();
      return;
    }
    clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE_MS);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (composing || event.isComposing || event.keyCode === 229) return; // 229: Safari ends the composition first
    const open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!options.length || input.value.trim() !== asked) return;
      event.preventDefault();
      const down = event.key === "ArrowDown";
      if (!open) {
        show(true);
        choose(down ? 0 : options.length - 1);
      } else if (down) {
        choose(active + 1 < options.length ? active + 1 : -1);
      } else {
        choose(active < 0 ? options.length - 1 : active - 1);
      }
    } else if (event.key === "Escape" && open) {
      event.preventDefault(); // the first only closes; the browser's own would clear the text
      leave();
    } else if (event.key === "Enter" && open && active >= 0) {
      event.preventDefault();
      options[active].click();
    }
  }

  input.addEventListener("compositionstart", () => {
    composing = true;
  });
  input.addEventListener("compositionend", () => {
    composing = false;
    typed();
  });
  input.addEventListener("input", typed);
  input.addEventListener("keydown", pressed);
  input.addEventListener("blur", leave);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box
  form.addEventListener("submit", leave);
  window.addEventListener("pageshow", leave); // also when the browser brings the page back as it was left
}

/** Storage may be closed to us: the key then does as usual. */
function keyIsOff() {
  try {
    return localStorage.getItem(KEY_OFF) === "1";
  } catch (error) {
    return false;
  }
}

/** @param {boolean} off */
function switchKey(off) {
  try {
    if (off) localStorage.setItem(KEY_OFF, "1");
    else localStorage.removeItem(KEY_OFF);
  } catch (error) {
    // nothing is kept on this device
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key !== KEY || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || keyIsOff()) return;
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.isContentEditable || target.closest("input, select, textarea, dialog[open]")) return;
  const input = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-search-box] input[type=search]"));
  if (!input) return;
  event.preventDefault();
  if (input.offsetParent) {
    input.focus();
    input.select();
    return;
  }
  const link = /** @type {HTMLElement | null} */ (document.querySelector("[data-search-link]")); // no room for the box
  if (link) link.click();
}

document.querySelectorAll("form[data-search-box]").forEach((form) => suggestIn(/** @type {HTMLFormElement} */ (form)));
document.addEventListener("keydown", onKey);
const switcher = document.querySelector("[data-search-key]");
if (switcher instanceof HTMLInputElement) {
  switcher.checked = !keyIsOff();
  switcher.addEventListener("change", () => switchKey(!switcher.checked));
}
