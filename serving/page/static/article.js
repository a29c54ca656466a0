/** A report as an article: headline, paragraphs, captions; what is not of the article folded away. One tab stop; arrows move. */

import { fill, glyph, h, reveal, unseen } from "./dom.js";
import { classOf, nameOf, signOf } from "./labels.js";
import { language, t } from "./strings.js";

// A short last word stays on one line with the marks after it.
const LAST_WORD = /^([^]*\s)(\S{1,14})$/u;

/** Offsets count code points; a JavaScript string counts otherwise. */
const breaks = (points, from, to) => points.slice(from, to).includes("\n");

export class Article {
  /**
   * @param {any} report
   * @param {string} text what its offsets count in
   * @param {{show: (place: number, pinned: boolean) => void, key: (event: KeyboardEvent, place: number) => void}} on
   */
  constructor(report, text, on) {
    this.report = report;
    this.on = on;
    this.parts = new Map();
    this.at = -1;
    this.element = h("article", { class: "paper", lang: "ar", dir: "rtl", "aria-label": t("article"), "aria-describedby": "article-keys" });
    this.element.append(...this.blocks(Array.from(text)));
    this.element.addEventListener("keydown", (event) => this.keydown(event));
    this.element.addEventListener("focusin", (event) => this.shown(event, true));
    this.element.addEventListener("mouseover", (event) => this.shown(event, false));
    this.element.addEventListener("click", (event) => this.part(event)?.focus());
    const [first] = this.parts.values();
    if (first) first.tabIndex = 0;
  }

  *blocks(points) {
    let block = null;
    let kind = "";
    let end = 0;
    let headlines = 0;
    for (const [place, sentence] of this.report.sentences.entries()) {
      const fresh = block === null || sentence.kind !== kind || (kind !== "boilerplate" && breaks(points, end, sentence.start));
      if (fresh) {
        if (block) yield this.whole(block, kind);
        headlines += sentence.kind === "headline";
        block = this.block(sentence.kind, headlines);
      }
      const inner = block.inner;
      if (sentence.stance === null) inner.append(fill(h("p", { dir: "auto" }), sentence.text));
      else inner.append(this.sentence(sentence, place), " ");
      kind = sentence.kind;
      end = sentence.end;
    }
    if (block) yield this.whole(block, kind);
  }

  block(kind, headlines) {
    if (kind === "headline") return same(h(headlines === 1 ? "h2" : "h3", { class: "headline" }));
    if (kind === "caption") {
      const inner = h("figcaption", {}, h("span", { class: "kind", lang: language() }, t("caption")));
      return { outer: h("figure", { class: "caption" }, inner), inner };
    }
    if (kind === "boilerplate") {
      const inner = h("div", { class: "furniture-lines" });
      return { outer: h("details", { class: "furniture" }, inner), inner };
    }
    return same(h("p"));
  }

  whole({ outer, inner }, kind) {
    if (kind === "boilerplate") {
      const words = t("furniture", { n: inner.children.length });
      outer.prepend(h("summary", { lang: language(), dir: language() === "ar" ? "rtl" : "ltr" }, words));
    }
    return outer;
  }

  sentence(sentence, place) {
    const element = h("span", { role: "button", tabindex: -1, "data-place": place });
    this.parts.set(place, element);
    this.dress(place, sentence.stance, sentence.claim_types, false);
    return element;
  }

  /** Give a sentence's element its tint and signs. */
  dress(place, stance, claims, corrected) {
    const sentence = this.report.sentences[place];
    const element = this.parts.get(place);
    const review = sentence.needs_review && !corrected;
    element.className = `sentence ${classOf(stance)}${review ? " unsure" : ""}`;
    const marks = claims.map((name) => h("span", { class: `mark ${classOf(name)}` }, glyph(signOf(name)), nameOf(name)));
    const words = [nameOf(stance), review && t("needs_review"), corrected && t("corrected"), sentence.truncated && t("truncated")];
    const [, most, last] = LAST_WORD.exec(sentence.text) ?? [null, sentence.text, ""];
    element.replaceChildren(
      ...(classOf(stance) === "plain" ? [] : [glyph(signOf(stance), "sign")]),
      fill(h("span"), most),
      h("span", { class: last ? "keep" : "" }, fill(h("span"), last),
        h("span", { lang: language() }, marks, review && glyph("؟", "query"), corrected && glyph("✎", "pencil"),
          unseen(` (${words.filter(Boolean).join(t("comma"))})`))),
    );
  }

  part(event) {
    return event.target.closest?.(".sentence");
  }

  shown(event, pinned) {
    const part = this.part(event);
    if (!part) return;
    const place = Number(part.dataset.place);
    if (pinned) this.mark(place);
    this.on.show(place, pinned);
  }

  /** The one that Tab comes back to. */
  mark(place) {
    const before = this.parts.get(this.at);
    before?.removeAttribute("aria-current");
    for (const [one, part] of this.parts) part.tabIndex = one === place ? 0 : -1;
    this.parts.get(place).setAttribute("aria-current", "true");
    this.at = place;
  }

  keydown(event) {
    const part = this.part(event);
    if (!part || event.ctrlKey || event.altKey || event.metaKey) return;
    const places = [...this.parts.keys()];
    const now = places.indexOf(Number(part.dataset.place));
    // Right to left: the next sentence stands to the left.
    const to = { ArrowDown: now + 1, ArrowLeft: now + 1, ArrowUp: now - 1, ArrowRight: now - 1, Home: 0, End: places.length - 1 }[event.key];
    if (to === undefined) return this.on.key(event, places[now]);
    event.preventDefault();
    if (to >= 0 && to < places.length) this.go(places[to]);
  }

  /** Move to a sentence. */
  go(place) {
    const part = this.parts.get(place);
    part?.focus({ preventScroll: true });
    if (part) reveal(part);
  }
}

const same = (element) => ({ outer: element, inner: element });
