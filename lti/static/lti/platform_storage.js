// The platform's storage for tools whose cookies the browser blocks: "LTI Client Side postMessages" and "LTI postMessage
// Storage" 1.0. The secret goes to one frame at one origin, and only that frame's answer counts.

const ASK_MS = 500; // a platform that knows the question answers at once
const WAIT_MS = 3000;

/**
 * @typedef {Object} Place
 * @property {string} platform_origin
 * @property {string} storage_target `lti_storage_target` of the log-in; "" = the platform has no storage
 * @property {string} state of the log-in, which names what is kept
 */

/**
 * The frame that keeps things for us: the platform's page itself, or the frame of this name in it.
 * @param {string} name
 * @returns {Window | null}
 */
function frameOf(name) {
  if (!name || window.parent === window) return null;
  if (name === "_parent") return window.parent;
  try {
    return /** @type {any} */ (window.parent.frames)[name] || null;
  } catch (error) {
    return null; // another site's page has no frame of this name
  }
}

/**
 * One question to the platform; null if no answer came in time.
 * @param {Place} place
 * @param {string} subject
 * @param {Object<string, string>} words
 * @param {number} patienceMs
 * @returns {Promise<any>}
 */
function ask(place, subject, words, patienceMs) {
  const frame = frameOf(place.storage_target);
  if (!frame || !place.platform_origin) return Promise.resolve(null);
  return new Promise((resolve) => {
    const id = newId();
    /** @param {any} said */
    const done = (said) => {
      window.removeEventListener("message", hear);
      clearTimeout(timer);
      resolve(said);
    };
    /** @param {MessageEvent} event */
    const hear = (event) => {
      const said = event.data;
      if (event.origin !== place.platform_origin || !said || typeof said !== "object") return;
      if (said.subject === `${subject}.response` && said.message_id === id) done(said);
    };
    const timer = setTimeout(() => done(null), patienceMs);
    window.addEventListener("message", hear);
    try {
      frame.postMessage(Object.assign({ subject: subject, message_id: id }, words), place.platform_origin);
    } catch (error) {
      done(null);
    }
  });
}

function newId() {
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Whether the platform says that it cannot; of one that says nothing the attempt tells.
 * @param {Place} place
 * @param {string} subject
 * @returns {Promise<boolean>}
 */
async function cannot(place, subject) {
  const said = await ask(place, "lti.capabilities", {}, ASK_MS);
  const known = said && said.supported_messages;
  return Array.isArray(known) && !known.some((each) => each && each.subject === subject);
}

/** @param {Place} place */
const keyOf = (place) => `dangxiao_${place.state}`;

/**
 * Gives the browser's secret of a log-in to the platform's storage.
 * @param {Place} place
 * @param {string} secret
 * @returns {Promise<boolean>} whether it is there
 */
export async function keepSecret(place, secret) {
  if (!frameOf(place.storage_target) || (await cannot(place, "lti.put_data"))) return false;
  const said = await ask(place, "lti.put_data", { key: keyOf(place), value: secret }, WAIT_MS);
  return Boolean(said && !said.error && said.value === secret);
}

/**
 * Asks for it again, and lets the platform forget it.
 * @param {Place} place
 * @returns {Promise<string>} "" if it is not there
 */
export async function readSecret(place) {
  const said = await ask(place, "lti.get_data", { key: keyOf(place) }, WAIT_MS);
  const found = said && !said.error && typeof said.value === "string" ? said.value : "";
  // A put without a value deletes; nobody waits for the answer.
  if (found) ask(place, "lti.put_data", { key: keyOf(place) }, 0);
  return found;
}
