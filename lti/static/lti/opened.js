// Once a window of its own is opened, the frame says so and offers nothing to press: what opened it is good for once.

const blocked = document.querySelector("[data-blocked]");
const opens = document.querySelector("[data-opens]");
const opened = document.querySelector("[data-opened]");

function say() {
  // After the browser has taken the form or the link: what is hidden is not submitted.
  setTimeout(() => {
    if (blocked instanceof HTMLElement) blocked.hidden = true;
    if (opened instanceof HTMLElement) opened.hidden = false;
  }, 0);
}

if (opens) opens.addEventListener(opens instanceof HTMLFormElement ? "submit" : "click", say);
