// Finding what the template promised.

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
 * Writes words only when they changed: nothing is announced or laid out anew without need.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
