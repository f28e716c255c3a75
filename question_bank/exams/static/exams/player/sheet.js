// The answer sheet, and the two deliberate taps that hand in. State is told by shape and words.

/** @import {Data} from "./types.js" */
/** @import {Sitting} from "./sitting.js" */
import { closeDialog, openDialog } from "../../site/site.js";
import { empty, find, icon, make } from "./dom.js";
import { fill } from "./words.js";

export class Sheet {
  /**
   * @param {Data} data
   * @param {Sitting} sitting
   * @param {{go: (slot: number) => void, submit: () => void, onDialog: (open: boolean) => void}} hooks
   */
  constructor(data, sitting, hooks) {
    this.data = data;
    this.sitting = sitting;
    this.hooks = hooks;
    this.current = 1;
    this.sheet = find("#answer-sheet");
    this.confirm = find("#confirm-submit");
    [this.sheet, this.confirm].forEach((dialog) => {
      dialog.addEventListener("close", () => hooks.onDialog(false));
      dialog.addEventListener("click", (event) => this.onClick(dialog, event));
    });
    find("[data-open-sheet]").addEventListener("click", () => this.openSheet());
    find("[data-ask-submit]", this.sheet).addEventListener("click", () => this.ask());
    find("[data-submit]", this.confirm).addEventListener("click", () => {
      closeDialog(this.confirm);
      hooks.submit();
    });
  }

  /** @param {HTMLElement} dialog */
  open(dialog) {
    if (dialog.hasAttribute("open")) return;
    this.hooks.onDialog(true);
    openDialog(dialog);
  }

  close() {
    closeDialog(this.sheet);
    closeDialog(this.confirm);
  }

  openSheet() {
    const body = find("[data-sheet-tiles]", this.sheet);
    empty(body);
    this.data.sections.forEach((section) => {
      const numbers = this.data.items.filter((item) => item.section === section.id).map((item) => item.slot);
      if (!numbers.length) return;
      if (this.data.sections.length > 1) body.appendChild(make("h3", { text: section.title }));
      body.appendChild(make("ol", { class: "tiles" }, numbers.map((number) => make("li", {}, [this.tile(number)]))));
    });
    const { unanswered } = this.sitting.open();
    const total = this.sitting.slots.length;
    const words = { n: total - unanswered.length, total };
    find("[data-sheet-count]", this.sheet).textContent = fill(this.data.words.answered_of, words);
    this.open(this.sheet);
  }

  /** @param {number} number */
  tile(number) {
    const words = this.data.words;
    const slot = this.sitting.slot(number);
    const answered = this.sitting.isAnswered(number);
    const told = [fill(words.question_n, { n: number }), answered ? words.answered : words.unanswered];
    if (slot.flagged) told.push(words.flagged);
    if (number === this.current) told.push(words.here);
    const shape = `tile${answered ? " tile--answered" : ""}${slot.flagged ? " tile--flagged" : ""}`;
    const tile = make("button", { type: "button", class: shape, "data-go": number, "aria-label": told.join(words.comma) });
    tile.textContent = String(number);
    if (number === this.current) tile.setAttribute("aria-current", "true");
    return tile;
  }

  /** Counts of what is open, each number a way to it; then the second tap. */
  ask() {
    closeDialog(this.sheet);
    const words = this.data.words;
    const { unanswered, flagged } = this.sitting.open();
    const body = find("[data-open-questions]", this.confirm);
    empty(body);
    if (unanswered.length) body.appendChild(this.group("neutral", fill(words.n_unanswered, { n: unanswered.length }), unanswered));
    if (flagged.length) body.appendChild(this.group("flag", fill(words.n_flagged, { n: flagged.length }), flagged));
    if (!unanswered.length && !flagged.length) body.appendChild(make("p", { text: words.all_answered }));
    this.open(this.confirm);
  }

  /**
   * @param {string} name of the icon
   * @param {string} title
   * @param {number[]} numbers
   */
  group(name, title, numbers) {
    const tiles = numbers.map((number) => make("li", {}, [this.tile(number)]));
    const heading = make("h3", { class: "open-questions" }, [icon(name), document.createTextNode(title)]);
    return make("section", {}, [heading, make("ol", { class: "tiles" }, tiles)]);
  }

  /**
   * @param {HTMLElement} dialog
   * @param {MouseEvent} event
   */
  onClick(dialog, event) {
    const tile = /** @type {Element} */ (event.target).closest("[data-go]");
    if (!tile) return;
    closeDialog(dialog);
    this.hooks.go(Number(tile.getAttribute("data-go")));
  }
}
