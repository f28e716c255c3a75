// One request to the server, with the attempt's token instead of cookies deciding who may write.

const TIMEOUT_MS = 10000;

/**
 * @typedef {Object} Answered
 * @property {number} status
 * @property {any} body parsed JSON, {} where there was none
 * @property {number} retryAfterMs 0 if the server did not say
 */

/**
 * Rejects if the server could not be reached in time; any status resolves.
 * @param {"GET" | "POST"} method
 * @param {string} url
 * @param {string} token
 * @param {Object<string, unknown>} [body]
 * @param {Object<string, string>} [headers]
 * @param {AbortController} [stop] to give the request up early
 * @returns {Promise<Answered>}
 */
export async function call(method, url, token, body, headers, stop = new AbortController()) {
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      method,
      cache: "no-store",
      credentials: "same-origin",
      headers: Object.assign({ "Content-Type": "application/json", "X-Attempt-Token": token }, headers),
      body: body ? JSON.stringify(body) : undefined,
      signal: stop.signal,
    });
    const text = await response.text();
    const retry = Number(response.headers.get("Retry-After"));
    return { status: response.status, body: parsed(text), retryAfterMs: retry > 0 ? retry * 1000 : 0 };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Whether it is the lane's answer, and not a proxy's or a login page's that happens to have status 200.
 * @param {Answered} answer
 */
export function isReply(answer) {
  return answer.status === 200 && Array.isArray(answer.body.acked);
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text) || {};
  } catch (error) {
    return {};
  }
}
