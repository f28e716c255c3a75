// Small ways to make elements. HTML is set only from the server's sanitised stems and options.

/**
 * @param {string} tag
 * @param {Object<string, string | boolean | number>} [attributes] `text` and `html` are contents
 * @param {(Node | null)[]} [children]
 * @returns {HTMLElement}
 */
export function make(tag, attributes, children) {
  const element = document.createElement(tag);
  const given = attributes || {};
  Object.keys(given).forEach((name) => {
    const value = given[name];
    if (name === "text") element.textContent = String(value);
    else if (name === "html") element.innerHTML = String(value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, String(value));
  });
  (children || []).forEach((child) => child && element.appendChild(child));
  return element;
}

/**
 * An icon of the page's sprite.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.appendChild(use);
  return svg;
}

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement}
 */
export function find(selector, root) {
  const element = (root || document).querySelector(selector);
  if (!element) throw new Error(`missing: ${selector}`);
  return /** @type {HTMLElement} */ (element);
}

/**
 * The words of some HTML, for places that take no markup.
 * @param {string} html
 */
export function plain(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return (holder.content.textContent || "").replace(/\s+/g, " ").trim();
}

/** @param {Element} parent */
export function empty(parent) {
  while (parent.firstChild) parent.removeChild(parent.firstChild);
}
