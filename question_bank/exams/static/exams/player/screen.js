// One question on the screen: its head with the flag, its fields, clearing, and the choice between two versions.

/** @import {Data} from "./types.js" */
/** @import {Sitting} from "./sitting.js" */
import { empty, find, icon, make } from "./dom.js";
import { inWords, render } from "./questions.js";
import { fill } from "./words.js";

/**
 * @typedef {Object} Hooks
 * @property {() => boolean} writable whether the fields may be changed now
 * @property {() => void} onChange an answer or a flag was given, cleared or chosen
 * @property {() => void} onClear what was typed and not yet taken is to be forgotten
 * @property {(text: string) => void} say reads it out
 */

export class Screen {
  /**
   * @param {Data} data
   * @param {Sitting} sitting
   * @param {Hooks} hooks
   */
  constructor(data, sitting, hooks) {
    this.data = data;
    this.words = data.words;
    this.sitting = sitting;
    this.hooks = hooks;
    this.room = find("[data-question]");
  }

  /** @param {number} number */
  show(number) {
    const slot = this.sitting.slot(number);
    const { item } = slot;
    empty(this.room);
    this.room.appendChild(this.head(number));
    const section = this.data.sections.filter((each) => each.id === item.section)[0];
    const first = this.data.items.filter((each) => each.section === item.section)[0];
    if (section && section.instructions && first.slot === number) {
      this.room.appendChild(make("p", { class: "field__hint", text: section.instructions }));
    }
    if (slot.conflict) this.room.appendChild(this.versions(number));
    this.room.appendChild(render(item, slot.answer, this.words));
    this.room.appendChild(this.foot(number));
    if (slot.refused) this.room.appendChild(this.banner("danger", this.words.refused));
    this.fix();
    find("[data-place] b").textContent = String(number);
    /** @type {HTMLButtonElement} */ (find("[data-previous]")).disabled = number === 1;
    const last = number === this.sitting.slots.length;
    find("[data-next-word]").hidden = last;
    find("[data-last-word]").hidden = !last;
  }

  /** @param {number} number */
  head(number) {
    const { item, flagged } = this.sitting.slot(number);
    const section = this.data.sections.filter((each) => each.id === item.section)[0];
    const flag = make("button", { type: "button", class: "button button--icon question__flag", "aria-pressed": String(flagged) }, [
      icon("flag"),
      make("span", { text: flagged ? this.words.flagged : this.words.flag }),
    ]);
    flag.addEventListener("click", () => {
      const now = flag.getAttribute("aria-pressed") !== "true";
      if (!this.hooks.writable()) return;
      this.sitting.flag(number, now);
      flag.setAttribute("aria-pressed", String(now));
      find("span", flag).textContent = now ? this.words.flagged : this.words.flag;
      this.hooks.onChange();
    });
    const title = make("h1", { class: "question__number", tabindex: -1, text: fill(this.words.question_n, { n: number }) });
    const named = this.data.sections.length > 1 && section ? make("span", { text: section.title }) : null;
    const kind = item.kind_said ? null : make("span", { text: this.words[`kind_${item.kind}`] });
    const mark = make("span", { text: fill(this.words.points, { n: Number(item.max_mark) }) });
    return make("div", { class: "question__head" }, [title, named, kind, mark, flag]);
  }

  /** @param {number} number the way to take an answer back, and why emptying a field does not */
  foot(number) {
    const clear = make("button", { type: "button", class: "button button--quiet", "data-clear": true }, [
      icon("cross"),
      make("span", { text: this.words.clear }),
    ]);
    clear.hidden = !this.sitting.isAnswered(number);
    clear.addEventListener("click", () => {
      if (!this.hooks.writable()) return;
      this.hooks.onClear();
      this.sitting.clear(number);
      this.show(number);
      this.focusTitle();
      this.hooks.say(this.words.cleared);
      this.hooks.onChange();
    });
    const hint = make("p", { class: "field__hint", role: "status", "data-empty-hint": true });
    return make("div", { class: "question__foot" }, [clear, hint]);
  }

  /** @param {number} number both versions of an answer, for the member to choose */
  versions(number) {
    const { item, answer, conflict } = this.sitting.slot(number);
    const choice = (/** @type {boolean} */ mine) => {
      const text = inWords(item, mine || !conflict ? answer : conflict.theirs, this.words);
      const button = make("button", { type: "button", class: "button button--quiet" });
      button.textContent = mine ? this.words.use_mine : this.words.use_theirs;
      button.addEventListener("click", () => {
        this.sitting.choose(number, mine);
        this.show(number);
        this.focusTitle();
        this.hooks.onChange();
      });
      const title = make("h3", { text: mine ? this.words.mine : this.words.theirs });
      return make("div", { class: "card version" }, [title, make("p", { class: "version__text", text }), button]);
    };
    const intro = this.banner("warning", this.words.two_versions);
    return make("section", { class: "versions", "data-versions": true }, [intro, choice(true), choice(false)]);
  }

  /**
   * @param {string} kind
   * @param {string} text
   */
  banner(kind, text) {
    const body = make("div", { class: "banner__body" }, [make("p", { text })]);
    return make("div", { class: `banner banner--${kind}`, role: "alert" }, [icon(kind), body]);
  }

  /** Locks or unlocks the fields without touching what is in them. */
  fix() {
    const fields = /** @type {HTMLFieldSetElement} */ (find("fieldset.question", this.room));
    fields.disabled = !this.hooks.writable();
    this.room.querySelectorAll("[data-clear], .question__flag").forEach((button) => {
      /** @type {HTMLButtonElement} */ (button).disabled = !this.hooks.writable();
    });
  }

  focusTitle() {
    find(".question__number", this.room).focus();
  }
}
