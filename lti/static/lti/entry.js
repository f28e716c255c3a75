// Before the platform is asked who this is: does a cookie stick in this frame? If not, does the platform keep the secret
// for us? If not, only a window of its own is left. The log-in is not yet used at the platform.

import { keepSecret } from "./platform_storage.js";
import "./opened.js";

const data = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("entry-data")).textContent || "{}");

/** @returns {Promise<boolean>} */
async function cookieHeld() {
  try {
    const response = await fetch(data.check_url, { credentials: "same-origin", cache: "no-store" });
    return response.ok && (await response.json()).held === true;
  } catch (error) {
    return false;
  }
}

async function enter() {
  if ((await cookieHeld()) || (await keepSecret(data, data.secret))) {
    location.replace(data.auth_url);
    return;
  }
  /** @type {HTMLElement} */ (document.querySelector("[data-waiting]")).hidden = true;
  /** @type {HTMLElement} */ (document.querySelector("[data-blocked]")).hidden = false;
}

enter();
