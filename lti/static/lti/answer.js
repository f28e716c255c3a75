// Sends the page's one form at once; its button is there for browsers where this does not run.
const form = document.querySelector("form[data-post-at-once]");
if (form instanceof HTMLFormElement) {
  form.submit();
}
