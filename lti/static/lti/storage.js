// The launch came back without a cookie: the secret is asked of the platform's storage and sent on. Without it the
// server says what to do.

import { readSecret } from "./platform_storage.js";

const data = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("storage-data")).textContent || "{}");
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-finish]"));

readSecret(data).then((secret) => {
  /** @type {HTMLInputElement} */ (form.elements.namedItem("secret")).value = secret;
  form.submit();
});
