// One request to the study record.

const TIMEOUT_MS = 10000;

/**
 * Rejects if the server could not be reached in time; any status resolves.
 * @param {string} url
 * @param {Object<string, unknown>} body
 * @param {Object<string, string>} headers
 * @returns {Promise<{status: number, body: any}>} body {} where there was no JSON
 */
export async function post(url, body, headers) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      method: "POST",
      cache: "no-store",
      credentials: "same-origin",
      headers: Object.assign({ "Content-Type": "application/json" }, headers),
      body: JSON.stringify(body),
      signal: stop.signal,
    });
    return { status: response.status, body: parsed(await response.text()) };
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text) || {};
  } catch (error) {
    return {}; // a proxy's page
  }
}
