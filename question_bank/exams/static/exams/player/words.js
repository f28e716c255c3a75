// Texts come from the page with named placeholders, `%(n)s`; this fills them. Also how times are written.

/**
 * @param {string} text
 * @param {Object<string, string | number>} values
 */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * 65_000 → "01:05", 3_905_000 → "1:05:05". Rounded up, so that the last second is shown as 1 and 00:00 means over.
 * @param {number} ms
 */
export function clockText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (/** @type {number} */ n) => (n < 10 ? "0" : "") + n;
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

/**
 * An instant as the site writes it, in the site's time zone.
 * @param {string} iso
 * @param {Object<string, string>} words `date_time`, `time_zone`
 */
export function momentText(iso, words) {
  /** @type {Intl.DateTimeFormatOptions} */
  const wanted = { timeZone: words.time_zone, hour12: false, year: "numeric", month: "numeric", day: "numeric" };
  Object.assign(wanted, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  /** @type {Object<string, string>} */
  const part = {};
  new Intl.DateTimeFormat("en-GB", wanted).formatToParts(new Date(iso)).forEach(({ type, value }) => (part[type] = value));
  if (part.hour === "24") part.hour = "00"; // some engines write midnight so
  const time = `${part.hour}:${part.minute}:${part.second}`;
  return fill(words.date_time, { year: part.year, month: Number(part.month), day: Number(part.day), time });
}

/**
 * Same content, whatever the order of an object's keys.
 * @param {unknown} a
 * @param {unknown} b
 */
export function same(a, b) {
  return canonical(a) === canonical(b);
}

/** @param {unknown} value @returns {string} */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const object = /** @type {Object<string, unknown>} */ (value);
    return `{${Object.keys(object).sort().map((key) => `${JSON.stringify(key)}:${canonical(object[key])}`).join(",")}}`;
  }
  return JSON.stringify(value === undefined ? null : value);
}

/**
 * A name nobody else has: for this load of the player, and with a number for its ops.
 * @returns {string}
 */
export function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => (byte < 16 ? "0" : "") + byte.toString(16)).join("");
}
