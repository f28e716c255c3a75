// The page's own small behaviour: toasts, dialogs, print size, menus, print. It holds no screen text: what it shows
// is passed in or stands in base.html. Kept to ES2019 syntax (Safari 13.0 has no `?.`); every page works without it.

const PRINT_SIZES = ["", "large-print", "larger-print"]; // index = value of the cookie
const PRINT_COOKIE = "dangxiao_large_print";
const TOAST_MS = 6000;

/**
 * Shows a message in the page's status region. Warnings and dangers stay until closed; the others leave by themselves.
 * @param {string} text already translated
 * @param {"info" | "success" | "warning" | "danger"} [kind]
 * @returns {HTMLElement | null} the toast, or null on a page without base.html's region
 */
export function toast(text, kind = "info") {
  const region = document.querySelector("[data-toasts]");
  const template = document.querySelector(`template[data-toast="${kind}"]`);
  if (!region || !(template instanceof HTMLTemplateElement)) return null;
  const item = /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
  const body = /** @type {HTMLElement} */ (item.querySelector(".toast__body"));
  body.textContent = text;
  region.appendChild(item);
  if (kind === "info" || kind === "success") setTimeout(() => item.remove(), TOAST_MS);
  return item;
}

/**
 * A cookie as it is now, "" if there is none. The site's token against forged requests is one: signing in, also on another
 * page, changes it.
 * @param {string} name
 * @returns {string}
 */
export function cookie(name) {
  const found = document.cookie.split("; ").find((each) => each.indexOf(`${name}=`) === 0);
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** @type {WeakMap<HTMLElement, HTMLElement>} what had the focus before a dialog without showModal opened */
const openers = new WeakMap();
const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]), select, textarea, [tabindex='0']";

/**
 * Opens a `<dialog class="dialog">` as a modal, also in browsers that know no dialog.
 * @param {HTMLElement} dialog
 */
export function openDialog(dialog) {
  if (dialog.hasAttribute("open")) return;
  if (dialog instanceof Object && "showModal" in dialog) {
    /** @type {HTMLDialogElement} */ (dialog).showModal();
    return;
  }
  openers.set(dialog, /** @type {HTMLElement} */ (document.activeElement));
  dialog.classList.add("dialog--fallback");
  dialog.setAttribute("role", "dialog");
  dialog.setAttribute("aria-modal", "true");
  dialog.setAttribute("tabindex", "-1");
  dialog.setAttribute("open", "");
  const first = /** @type {HTMLElement | null} */ (dialog.querySelector("[autofocus]") || dialog.querySelector(FOCUSABLE));
  (first || dialog).focus();
}

/**
 * Closes it, tells listeners by a `close` event, and gives the focus back.
 * @param {HTMLElement} dialog
 */
export function closeDialog(dialog) {
  if (!dialog.hasAttribute("open")) return;
  if ("close" in dialog) {
    /** @type {HTMLDialogElement} */ (dialog).close();
    return;
  }
  dialog.removeAttribute("open");
  dialog.dispatchEvent(new Event("close"));
  const opener = openers.get(dialog);
  if (opener) opener.focus();
}

/**
 * Keeps Tab inside a fallback dialog and closes it on Escape; native dialogs do both themselves.
 * @param {KeyboardEvent} event
 */
function keepInFallbackDialog(event) {
  const dialog = /** @type {HTMLElement | null} */ (document.querySelector(".dialog--fallback[open]"));
  if (!dialog) return;
  if (event.key === "Escape") {
    event.preventDefault();
    closeDialog(dialog);
  }
  if (event.key !== "Tab") return;
  const stops = /** @type {HTMLElement[]} */ (Array.from(dialog.querySelectorAll(FOCUSABLE)));
  const last = stops[stops.length - 1];
  const leaving = event.shiftKey ? stops[0] : last;
  if (!stops.length || document.activeElement === leaving || !dialog.contains(document.activeElement)) {
    event.preventDefault();
    (event.shiftKey ? last : stops[0] || dialog).focus();
  }
}

/**
 * Sets the print size at once and remembers it for a year; the server puts the same class on <html> next time.
 * @param {number} size index into PRINT_SIZES
 */
function setPrintSize(size) {
  const root = document.documentElement;
  PRINT_SIZES.forEach((name, index) => name && root.classList.toggle(name, index === size));
  // In another site's frame a Lax cookie would be dropped.
  const framed = window.top !== window && location.protocol === "https:";
  const reach = framed ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax";
  document.cookie = `${PRINT_COOKIE}=${size || ""}; path=/; max-age=${size ? 31536000 : 0}; ${reach}`;
  showPrintSize();
}

function showPrintSize() {
  const root = document.documentElement;
  const now = PRINT_SIZES.findIndex((name) => name !== "" && root.classList.contains(name));
  document.querySelectorAll("[data-print-size]").forEach((button) => {
    button.setAttribute("aria-pressed", String(Number(button.getAttribute("data-print-size")) === Math.max(now, 0)));
  });
}

/**
 * One listener for the page; a part added later works too.
 * @param {MouseEvent} event
 */
function onClick(event) {
  const target = /** @type {Element} */ (event.target);
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(target)) menu.removeAttribute("open");
  });
  const control = target.closest("[data-dialog-open], [data-dialog-close], [data-dismiss], [data-print-size], [data-print]");
  if (!control) return;
  const wanted = control.getAttribute("data-dialog-open");
  const dialog = wanted ? document.getElementById(wanted) : control.closest("dialog");
  if (wanted && dialog) {
    event.preventDefault(); // the control may be a link to the same thing as a page
    openDialog(dialog);
  } else if (control.hasAttribute("data-dialog-close") && dialog) {
    event.preventDefault();
    closeDialog(dialog);
  } else if (control.hasAttribute("data-dismiss")) {
    const item = control.closest(".toast, .banner");
    if (item) item.remove();
  } else if (control.hasAttribute("data-print-size")) {
    setPrintSize(Number(control.getAttribute("data-print-size")));
  } else if (control.hasAttribute("data-print")) {
    window.print();
  }
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  keepInFallbackDialog(event);
  if (event.key !== "Escape") return;
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    menu.removeAttribute("open");
    const summary = menu.querySelector("summary");
    if (summary) summary.focus();
  });
}

/** A status region is read out only when it changes after loading, so the server's messages are put in again. */
function announceMessages() {
  document.querySelectorAll("[data-messages]").forEach((region) => {
    const items = Array.from(region.children);
    items.forEach((item) => item.remove());
    requestAnimationFrame(() => items.forEach((item) => region.appendChild(item)));
  });
}

document.addEventListener("click", onClick);
document.addEventListener("keydown", onKeyDown);
document.querySelectorAll("[data-needs-script]").forEach((part) => part.removeAttribute("hidden"));
showPrintSize();
announceMessages();
const summary = document.querySelector("[data-error-summary]");
if (summary instanceof HTMLElement) summary.focus();
