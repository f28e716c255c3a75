// Copy buttons beside addresses. Without a script, or where the page may not write to the clipboard, the address is
// still there to be selected by hand.

/** @param {MouseEvent} event */
async function onClick(event) {
  const button = /** @type {Element} */ (event.target).closest("[data-copy]");
  const place = document.querySelector("[data-copied]");
  if (!button || !place) return;
  const source = document.getElementById(button.getAttribute("data-copy") || "");
  const text = (source && source.textContent ? source.textContent : "").trim();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const selection = window.getSelection();
    if (source && selection) selection.selectAllChildren(source);
    return;
  }
  place.textContent = "";
  place.textContent = place.getAttribute("data-words") || "";
  document.querySelectorAll("[data-copy]").forEach((each) => each.removeAttribute("data-done"));
  button.setAttribute("data-done", "");
}

document.addEventListener("click", onClick);
document.querySelectorAll("[data-copy]").forEach((button) => button.removeAttribute("hidden"));
