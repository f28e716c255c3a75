// Organisers' screens of the question bank: rows of the editor, live preview, progress, picking rows.
// Nothing here is needed to save; every text on the screen comes from the templates.
// @ts-check

const PREVIEW_WAIT_MS = 400;
const POLL_MS = 1500;

/** @param {HTMLElement} rows */
function numberRows(rows) {
  const letters = rows.dataset.kind === "single" || rows.dataset.kind === "multiple";
  rows.querySelectorAll("[data-rowlist] > [data-row]").forEach((row, index) => {
    const mark = row.querySelector("[data-letter]");
    if (mark) mark.textContent = letters ? String.fromCharCode(65 + index) : String(index + 1);
  });
}

/** @param {HTMLElement} rows */
function startRows(rows) {
  const list = rows.querySelector("[data-rowlist]");
  const template = rows.querySelector("template");
  const add = rows.querySelector("[data-add]");
  if (!list || !template || !(add instanceof HTMLElement)) return;
  add.hidden = false;
  let made = list.children.length;
  const changed = () => {
    numberRows(rows);
    rows.querySelectorAll("[data-moves]").forEach((moves) => moves.removeAttribute("hidden"));
    rows.dispatchEvent(new Event("input", { bubbles: true }));
  };
  add.addEventListener("click", () => {
    const copy = template.content.cloneNode(true);
    if (!(copy instanceof DocumentFragment)) return;
    made += 1;
    const token = `new${made}x`;
    copy.querySelectorAll("input[name=row], input[name=key], input[name=pinned]").forEach((input) => {
      input.setAttribute("value", token);
    });
    list.append(copy);
    changed();
    const end = list.lastElementChild;
    const last = end && end.querySelector("textarea, input[type=text]");
    if (last instanceof HTMLElement) last.focus();
  });
  list.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const row = button?.closest("[data-row]");
    if (!button || !row) return;
    if ("up" in button.dataset) row.previousElementSibling?.before(row);
    if ("down" in button.dataset) row.nextElementSibling?.after(row);
    if ("remove" in button.dataset) {
      const near = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      const next = near?.querySelector("textarea, input[type=text]");
      if (next instanceof HTMLElement) next.focus();
    } else {
      button.focus();
    }
    changed();
  });
  numberRows(rows);
  rows.querySelectorAll("[data-moves]").forEach((moves) => moves.removeAttribute("hidden"));
}

/** @param {HTMLFormElement} form */
function startPreview(form) {
  const frame = document.querySelector("[data-preview-frame]");
  const url = form.dataset.preview;
  if (!(frame instanceof HTMLIFrameElement) || !url) return;
  let timer = 0;
  let asked = 0;
  const show = async () => {
    asked += 1;
    const mine = asked;
    const reply = await fetch(url, { method: "POST", body: new FormData(form), credentials: "same-origin" }).catch(() => null);
    if (!reply || !reply.ok || mine !== asked) return;
    frame.srcdoc = await reply.text();
  };
  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(show, PREVIEW_WAIT_MS);
  });
  show();
}

/** @param {HTMLElement} bar */
function startMarkup(bar) {
  const area = document.getElementById(bar.dataset.markup || "");
  if (!(area instanceof HTMLTextAreaElement)) return;
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const tag = button?.dataset.tag;
    if (!tag) return;
    const { selectionStart: from, selectionEnd: to, value } = area;
    area.setRangeText(`<${tag}>${value.slice(from, to)}</${tag}>`, from, to, "end");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/** @param {HTMLElement} box */
function startPolling(box) {
  const url = box.dataset.poll;
  if (!url) return;
  const look = async () => {
    const reply = await fetch(url, { credentials: "same-origin" }).catch(() => null);
    if (reply && reply.ok) {
      if (reply.headers.get("HX-Refresh")) {
        window.location.reload();
        return;
      }
      box.innerHTML = await reply.text(); // our own template, escaped by the server
    }
    window.setTimeout(look, POLL_MS);
  };
  window.setTimeout(look, POLL_MS);
}

/** @param {HTMLElement} pane */
function startPane(pane) {
  document.querySelectorAll("[data-row-url]").forEach((link) => {
    link.addEventListener("click", async (event) => {
      if (!(link instanceof HTMLAnchorElement) || !(event instanceof MouseEvent)) return;
      // On a phone the pane lies below the list; the link then goes there by itself.
      if (event.ctrlKey || event.metaKey || window.innerWidth < 800) return;
      event.preventDefault();
      const reply = await fetch(`${link.dataset.rowUrl}${window.location.search}`, { credentials: "same-origin" }).catch(() => null);
      if (!reply || !reply.ok) {
        window.location.assign(link.href);
        return;
      }
      pane.innerHTML = await reply.text(); // our own template, escaped by the server
      document.querySelectorAll("[data-row-url][aria-current]").forEach((old) => old.removeAttribute("aria-current"));
      link.setAttribute("aria-current", "true");
      window.history.replaceState(null, "", link.href);
    });
  });
}

/** @param {HTMLElement} box a list of ticks, narrowed to the words typed; a ticked one stays in sight */
function startNarrowing(box) {
  const field = box.querySelector("[data-narrow-words]");
  const none = box.querySelector("[data-narrow-none]");
  const labels = [...box.querySelectorAll("label")];
  if (!(field instanceof HTMLInputElement) || !(none instanceof HTMLElement)) return;
  field.hidden = false;
  field.addEventListener("input", (event) => {
    event.stopPropagation(); // the preview need not be drawn anew
    const words = field.value.trim().toLowerCase();
    let found = 0;
    labels.forEach((label) => {
      const fits = (label.textContent || "").toLowerCase().includes(words);
      label.hidden = !fits && !label.querySelector("input:checked");
      if (fits) found += 1;
    });
    none.hidden = found > 0;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // would save the question
  });
}

/** @param {HTMLElement} zone */
function startDrop(zone) {
  const input = zone.querySelector("input[type=file]");
  if (!(input instanceof HTMLInputElement)) return;
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("qb-drop--over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("qb-drop--over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("qb-drop--over");
    if (event.dataTransfer?.files.length) input.files = event.dataTransfer.files;
  });
}

document.querySelectorAll("[data-rows]").forEach((rows) => rows instanceof HTMLElement && startRows(rows));
document.querySelectorAll("form[data-preview]").forEach((form) => form instanceof HTMLFormElement && startPreview(form));
document.querySelectorAll("[data-narrow]").forEach((box) => box instanceof HTMLElement && startNarrowing(box));
document.querySelectorAll("[data-markup]").forEach((bar) => bar instanceof HTMLElement && startMarkup(bar));
document.querySelectorAll("[data-poll]").forEach((box) => box instanceof HTMLElement && startPolling(box));
document.querySelectorAll("[data-pane]").forEach((pane) => pane instanceof HTMLElement && startPane(pane));
document.querySelectorAll("[data-drop]").forEach((zone) => zone instanceof HTMLElement && startDrop(zone));
document.querySelectorAll("select[data-submit]").forEach((select) => {
  select.addEventListener("change", () => select instanceof HTMLSelectElement && select.form?.submit());
});
// The table is replaced when filters change, so the box in its head is listened to from above.
document.addEventListener("change", (event) => {
  if (!(event.target instanceof HTMLInputElement) || !("pickAll" in event.target.dataset)) return;
  const { checked } = event.target;
  document.querySelectorAll(".questions-pick input[name=id]").forEach((box) => {
    if (box instanceof HTMLInputElement) box.checked = checked;
  });
});
