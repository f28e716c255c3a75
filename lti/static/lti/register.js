// Tells the platform's page that opened this one, and no other page, that the registration is done (Dynamic Registration
// 1.0 §3.5): it may close the frame or window.

const { origin } = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("closing-data")).textContent || "{}");
const platform = window.opener || window.parent;

if (origin && platform !== window) platform.postMessage({ subject: "org.imsglobal.lti.close" }, origin);
