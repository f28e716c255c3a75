// The organisers' screens' own small behaviour: ticking rows, what stays ticked when the board renews itself, the
// marking keys, the tree filter. No screen text here; every page works without it.

/** @type {Set<string>} ids of what was ticked before the board's rows were replaced */
let ticked = new Set();

/** Shows how many rows are ticked, in the words the template gives. */
function showPicked() {
  const count = document.querySelectorAll("[data-pick]:checked").length;
  document.querySelectorAll("[data-picked]").forEach((place) => {
    const words = place.getAttribute("data-words") || "";
    const text = count ? words.replace("%(count)s", String(count)) : "";
    if (place.textContent !== text) place.textContent = text;
  });
}

/** @param {Event} event */
function onChange(event) {
  const target = /** @type {HTMLInputElement} */ (event.target);
  if (target.matches("[data-pick-all]")) {
    document.querySelectorAll("[data-pick]").forEach((box) => {
      /** @type {HTMLInputElement} */ (box).checked = target.checked;
    });
  }
  if (target.matches("[data-pick-all], [data-pick]")) showPicked();
  if (target.matches("#id_value")) showMark();
  if (target.matches("[data-brings]")) bringAlong(target);
}

/** Ticks the part that the one just ticked cannot be read without; and takes what leans on a part away with it. The
 * server does the same.
 * @param {HTMLInputElement} target */
function bringAlong(target) {
  const needed = target.getAttribute("data-brings");
  const leaning = (target.getAttribute("data-by") || "").split(" ");
  const boxes = target.form ? target.form.querySelectorAll(`[name="${target.name}"]`) : [];
  boxes.forEach((each) => {
    const box = /** @type {HTMLInputElement} */ (each);
    if (target.checked && leaning.includes(target.value) && box.value === needed) box.checked = true;
    if (!target.checked && target.value === needed && leaning.includes(box.value)) box.checked = false;
  });
}

/** @param {Event} event */
function onInput(event) {
  const target = /** @type {HTMLInputElement} */ (event.target);
  if (target.matches("#id_value")) showMark();
  const tree = target.getAttribute("data-tree-filter");
  if (!tree) return;
  const words = target.value.trim().toLowerCase();
  document.querySelectorAll(`#${tree} > li`).forEach((row) => {
    const name = (row.getAttribute("data-name") || "").toLowerCase();
    /** @type {HTMLElement} */ (row).hidden = words !== "" && !name.includes(words);
  });
}

/** @returns {HTMLInputElement | null} */
function markField() {
  return document.querySelector("[data-marking] #id_value");
}

function showMark() {
  const field = markField();
  if (!field) return;
  document.querySelectorAll("[data-mark]").forEach((button) => {
    const same = field.value !== "" && Number(button.getAttribute("data-mark")) === Number(field.value);
    button.setAttribute("aria-pressed", String(same));
  });
}

/** @param {number} value */
function setMark(value) {
  const field = markField();
  if (!field || value < 0 || value > Number(field.max)) return;
  field.value = String(value);
  showMark();
}

/** @param {MouseEvent} event */
function onClick(event) {
  const target = /** @type {Element} */ (event.target);
  const mark = target.closest("[data-mark]");
  if (mark) setMark(Number(mark.getAttribute("data-mark")));
  const comment = target.closest("[data-comment]");
  const field = /** @type {HTMLTextAreaElement | null} */ (document.querySelector("#id_comment"));
  if (comment && field) {
    const text = comment.getAttribute("data-comment") || "";
    field.value = field.value.trim() ? `${field.value.trim()}\n${text}` : text;
    field.focus();
  }
}

/** Digits choose a mark, a point adds a half, Enter sends, J and K go on and back; never while something is typed.
 * @param {KeyboardEvent} event */
function onKeyDown(event) {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-marking]"));
  const target = /** @type {Element} */ (event.target);
  if (!form || event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.closest("input, textarea, select, button, a, summary, [contenteditable]")) return;
  const field = markField();
  if (/^[0-9]$/.test(event.key)) {
    setMark(Number(event.key));
  } else if (event.key === "." && field && Number.isInteger(Number(field.value))) {
    setMark(Number(field.value) + 0.5);
  } else if (event.key === "Enter" && field && field.value !== "") {
    form.requestSubmit ? form.requestSubmit() : form.submit();
  } else if (event.key === "j" || event.key === "k") {
    const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector(`[data-key="${event.key}"]`));
    if (link) link.click();
  } else {
    return;
  }
  event.preventDefault();
}

/** A board that came back as another page (the log-in) is not put into this one.
 * @param {Event} event */
function onBeforeSwap(event) {
  const detail = /** @type {any} */ (event).detail;
  if (detail.target.id !== "board") return;
  const came = new URL(detail.xhr.responseURL || location.href, location.href).pathname;
  if (came !== new URL(detail.pathInfo.requestPath, location.href).pathname) {
    detail.shouldSwap = false;
    location.reload();
    return;
  }
  ticked = new Set(Array.from(document.querySelectorAll("[data-pick]:checked"), (box) => box.id));
}

/** @param {Event} event */
function onAfterSwap(event) {
  const detail = /** @type {any} */ (event).detail;
  if (detail.target.id !== "board") return;
  ticked.forEach((id) => {
    const box = /** @type {HTMLInputElement | null} */ (document.getElementById(id));
    if (box) box.checked = true;
  });
  showPicked();
}

document.addEventListener("change", onChange);
document.addEventListener("input", onInput);
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKeyDown);
document.addEventListener("htmx:beforeSwap", onBeforeSwap);
document.addEventListener("htmx:afterSwap", onAfterSwap);
document.querySelectorAll("[data-needs-script]").forEach((part) => part.removeAttribute("hidden"));
showPicked();
showMark();
const tab = document.querySelector(".manage .tabs > [aria-current]");
if (tab && tab.parentElement) tab.parentElement.scrollLeft = /** @type {HTMLElement} */ (tab).offsetLeft - 48;
const summary = document.querySelector(".manage--admin [data-error-summary]");
if (summary instanceof HTMLElement) summary.focus();
