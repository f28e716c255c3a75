// The frame's bar opens its page in a window of its own with one press. Without this script, or where the window is
// refused, the form's own answer is a page with a button.

const bar = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-new-window]"));

/**
 * @param {HTMLFormElement} bar
 * @param {Window} opened
 * @param {string} name of that window
 */
async function lead(bar, opened, name) {
  try {
    const fields = new URLSearchParams();
    new FormData(bar).forEach((value, key) => fields.append(key, String(value)));
    const response = await fetch(bar.action, {
      method: "POST",
      credentials: "same-origin",
      headers: { Accept: "application/json" },
      body: fields,
    });
    const said = await response.json();
    const sender = document.createElement("form");
    sender.method = "post";
    sender.action = said.continue_url;
    sender.target = name;
    const ticket = document.createElement("input");
    ticket.type = "hidden";
    ticket.name = "ticket";
    ticket.value = said.ticket;
    sender.appendChild(ticket);
    document.body.appendChild(sender);
    sender.submit();
    sender.remove();
  } catch (error) {
    opened.close();
    bar.submit();
  }
}

if (bar) {
  bar.addEventListener("submit", (event) => {
    const name = `dangxiao-${Date.now()}`;
    const opened = window.open("", name); // at once: after the answer a browser would take it for a pop-up
    if (!opened) return;
    event.preventDefault();
    lead(bar, opened, name);
  });
}
