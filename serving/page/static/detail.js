/** One sentence, closely: probabilities, why, correction, history. Beside the article, or a sheet at the foot of a small screen. */

import { button, fill, h, put } from "./dom.js";
import { Editor } from "./editor.js";
import { showHistory } from "./history.js";
import { bar, chip, classOf, nameOf, percent } from "./labels.js";
import { language, t } from "./strings.js";
import { showWhy } from "./why.js";

const DWELL_MS = { true: 120, false: 350 };

export class Detail {
  /**
   * @param {{release: string, article_id?: string, source?: string}} origin
   * @param {{saved: (place: number, review: any) => void, left: (place: number) => void}} on
   * @param {{open?: boolean, withText?: boolean}} [options] whether the form stands open, whether the sentence is shown in large
   */
  constructor(origin, on, { open = false, withText = false } = {}) {
    this.origin = origin;
    this.on = on;
    this.open = open;
    this.withText = withText;
    this.place = -1;
    this.element = h("section", { class: "detail", "aria-label": t("detail"), tabindex: -1 });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.leave();
    });
    this.waiting = new AbortController();
    this.clear();
  }

  clear() {
    this.stop();
    this.place = -1;
    this.pinned = false;
    this.editor = null;
    this.element.classList.remove("shown");
    put(this.element, h("p", { class: "faint hint" }, t("detail_hint")));
  }

  stop() {
    clearTimeout(this.timer);
    this.waiting.abort();
    this.waiting = new AbortController();
  }

  /** Whether someone works here, so that a passing pointer must not take it away. */
  get busy() {
    return this.editor?.touched || this.element.contains(document.activeElement);
  }

  /** Show a sentence; its labels may be corrected ones, `sentence.given` tells the release's own. */
  show(sentence, place, pinned) {
    if (place === this.place && (this.pinned || !pinned)) return;
    if (!pinned && (this.busy || this.pinned)) return;
    const same = place === this.place;
    this.pinned = pinned;
    this.element.classList.add("shown");
    if (!same) {
      this.place = place;
      this.sentence = sentence;
      this.build(sentence);
    }
    this.stop();
    // A pointer on its way over the article asks for nothing.
    this.timer = setTimeout(() => this.load(), DWELL_MS[String(pinned)]);
  }

  build(sentence) {
    const given = sentence.given ?? sentence;
    this.label = given.stance;
    this.why = h("div", { class: "why" });
    this.past = h("div", { class: "past" });
    this.editor = new Editor(sentence, { ...this.origin, ...sentence.origin, place: sentence.place ?? this.place }, {
      saved: (review) => this.saved(review),
      left: () => this.leave(),
    });
    this.form = h("details", { class: "fold", open: this.open, ontoggle: () => { this.open = this.form.open; } },
      h("summary", {}, t("change")), this.editor.element);
    put(this.element,
      h("div", { class: "detail-head" }, h(this.withText ? "h2" : "h3", {}, chip(sentence.stance), sentence.claim_types.map((name) => chip(name))),
        button("✕", () => this.leave(), { class: "quiet close", "aria-label": t("close") })),
      sentence.needs_review && h("p", { class: "unsure-note" }, "؟ ", t("needs_review")),
      this.withText && fill(h("p", { class: "large", lang: "ar", dir: "rtl" }), sentence.text),
      h("div", { class: "halves" },
        h("div", {},
          h("div", { class: "probabilities", role: "group", "aria-label": t("probabilities"), lang: language() },
            this.rows(sentence.stance_probabilities), this.rows(sentence.claim_probabilities)),
          this.why),
        h("div", { class: "changes" }, this.form, h("details", { class: "fold", open: true }, h("summary", {}, t("history")), this.past))));
  }

  rows(probabilities) {
    return Object.entries(probabilities).map(([name, share]) => h("button", {
      type: "button", class: `probability ${classOf(name)}`, "aria-pressed": String(name === this.label), "data-label": name,
      title: t("why_of", { name: nameOf(name) }), onclick: () => this.choose(name),
    }, chip(name), bar(share, name), h("b", { class: "figure" }, percent(share))));
  }

  choose(label) {
    this.label = label;
    for (const one of this.element.querySelectorAll(".probability")) one.setAttribute("aria-pressed", String(one.dataset.label === label));
    this.stop();
    this.explain();
  }

  explain() {
    showWhy(this.why, this.sentence.text, this.label, this.waiting.signal);
  }

  load() {
    this.explain();
    this.reload();
  }

  reload() {
    showHistory(this.past, { text: this.sentence.text, article_id: this.editor.origin.article_id }, this.waiting.signal);
  }

  /** A key that was pressed on the sentence itself; whether it meant something. */
  key(event) {
    if (!this.editor) return false;
    if (event.key === "Enter" || event.key === " ") {
      if (event.key === "Enter" && this.editor.touched) this.editor.save();
      else this.enter();
    } else if (event.key === "Escape") {
      if (this.editor.touched) this.editor.undo();
      else this.clear();
    } else if (event.code === "KeyN" && !event.shiftKey) {
      this.form.open = true;
      this.editor.note.focus();
    } else if (this.editor.press(event)) this.unfold();
    else return false;
    event.preventDefault();
    return true;
  }

  saved(review) {
    const working = this.element.contains(document.activeElement);
    this.on.saved(this.place, review);
    if (this.withText) return;
    if (working) this.on.left(this.place);
    this.build(this.sentence);
    this.load();
  }

  unfold() {
    this.form.open = true;
    this.element.scrollTop = this.form.offsetTop - this.element.offsetTop;
  }

  enter() {
    this.element.querySelector(".probability")?.focus();
  }

  leave() {
    const place = this.place;
    this.editor?.undo();
    const back = this.element.contains(document.activeElement);
    if (!this.withText) this.clear();
    if (back) this.on.left(place);
  }
}
