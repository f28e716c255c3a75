// Tells the platform's page that opened this one, and no other page, that the registration is done (Dynamic Registration
// 1.0 §3.5): it may close the frame or window.

/** @type {{origins: string[]}} */
const { origins } = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("closing-data")).textContent || "");
const platform = window.opener || window.parent;

/** @returns {string} the origin of the page around us or behind us, where the browser tells */
function around() {
  if (location.ancestorOrigins && location.ancestorOrigins.length) return location.ancestorOrigins[0];
  return document.referrer ? new URL(document.referrer).origin : "";
}

/**
 * @param {string} line "https://lms.example.edu", or "https://*.example.edu" for all names below
 * @param {string} origin
 */
function covers(line, origin) {
  const [scheme, below] = line.split("*");
  return below === undefined ? line === origin : origin.startsWith(scheme) && origin.endsWith(below);
}

if (platform !== window) {
  const seen = around();
  const target = origins.some((line) => covers(line, seen)) ? seen : origins[0];
  platform.postMessage({ subject: "org.imsglobal.lti.close" }, target);
}
