/** The form that changes a label: a stance, claim types, a note, who says so. Two keys do it: a digit, then Enter. */

import { post } from "./api.js";
import { announce, field, glyph, h, put, toast } from "./dom.js";
import { claimNames, classOf, digitOf, keyOf, nameOf, ofKey, signOf, stanceNames } from "./labels.js";
import { recall, remember } from "./state.js";
import { t } from "./strings.js";

export class Editor {
  /**
   * @param {any} sentence with stance and claim types as they are now
   * @param {{article_id?: string, source?: string, place?: number, release: string}} origin
   * @param {{saved: (review: any) => void, left: () => void}} on
   */
  constructor(sentence, origin, on) {
    this.sentence = sentence;
    this.origin = origin;
    this.on = on;
    this.stance = sentence.stance;
    this.claims = new Set(sentence.claim_types);
    this.touched = false;
    this.saving = false;
    this.element = this.build();
  }

  build() {
    const name = `stance-${(Editor.count = (Editor.count ?? 0) + 1)}`;
    this.stances = stanceNames().map((one) => this.choice("radio", one, { name, value: one }));
    this.types = claimNames().map((one) => this.choice("checkbox", one, { value: one }));
    this.note = h("textarea", { rows: 2, dir: "auto", maxlength: 2000 });
    this.reviewer = h("input", { type: "text", dir: "auto", value: recall("reviewer") ?? "", maxlength: 100, autocomplete: "name", required: true });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.submit = h("button", { type: "submit", class: "primary" }, t("confirm"));
    const form = h("form", { class: "editor", "aria-label": t("change") },
      h("fieldset", {}, h("legend", {}, t("stance")), this.stances),
      this.types.length > 0 && h("fieldset", {}, h("legend", {}, t("claims")), this.types),
      field(t("note"), this.note), field(t("reviewer"), this.reviewer), this.problem,
      h("div", { class: "row" }, this.submit));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    form.addEventListener("change", (event) => this.changed(event.target));
    form.addEventListener("keydown", (event) => this.keydown(event));
    return form;
  }

  choice(type, label, attributes) {
    const checked = type === "radio" ? label === this.stance : this.claims.has(label);
    const input = h("input", { type, checked, ...attributes });
    return h("label", { class: `choice ${classOf(label)}` }, input, glyph(signOf(label)), h("span", {}, nameOf(label)),
      h("kbd", { "aria-hidden": "true" }, keyOf(label)));
  }

  changed(input) {
    if (input.type === "radio") this.stance = input.value;
    else if (input.type === "checkbox") this.claims[input.checked ? "add" : "delete"](input.value);
    else return;
    this.touch();
  }

  touch() {
    this.touched = true;
    put(this.submit, t("save"));
  }

  /** A key in the form: digits choose unless one is writing; Escape leaves. */
  keydown(event) {
    const writing = event.target.matches("textarea, input[type=text]");
    if (event.key === "Escape") { event.preventDefault(); this.undo(); this.on.left(); }
    else if (event.key === "Enter" && (event.ctrlKey || event.target.matches("input:not([type=text])"))) { event.preventDefault(); this.save(); }
    else if (!writing && this.take(event)) event.preventDefault();
  }

  /** Take a digit, or the letter that leads to the note. */
  take(event) {
    if (event.code !== "KeyN" || event.ctrlKey || event.altKey || event.metaKey) return this.press(event);
    this.note.focus();
    return true;
  }

  /** Take a digit that stands for a label; whether it was one. */
  press(event) {
    const label = ofKey(digitOf(event));
    if (!label) return false;
    if (stanceNames().includes(label)) this.stance = label;
    else this.claims[this.claims.has(label) ? "delete" : "add"](label);
    this.sync();
    this.touch();
    announce(t("chosen", { name: this.spoken() }));
    return true;
  }

  spoken() {
    return [this.stance, ...claimNames().filter((name) => this.claims.has(name))].map(nameOf).join(t("comma"));
  }

  sync() {
    for (const input of this.element.querySelectorAll("input[type=radio]")) input.checked = input.value === this.stance;
    for (const input of this.element.querySelectorAll("input[type=checkbox]")) input.checked = this.claims.has(input.value);
  }

  undo() {
    if (!this.touched) return;
    this.stance = this.sentence.stance;
    this.claims = new Set(this.sentence.claim_types);
    this.touched = false;
    this.sync();
    put(this.submit, t("confirm"));
    announce(t("undone"));
  }

  async save() {
    const reviewer = this.reviewer.value.trim();
    put(this.problem);
    if (!reviewer) {
      put(this.problem, t("reviewer_missing"));
      this.reviewer.focus();
      return;
    }
    if (this.saving) return;
    remember("reviewer", reviewer);
    this.saving = true;
    this.submit.disabled = true;
    const { article_id, source, place, release } = this.origin;
    const { text, start, end } = this.sentence;
    const given = this.sentence.given ?? { stance: this.sentence.stance, claim_types: this.sentence.claim_types };
    const claims = claimNames().filter((name) => this.claims.has(name));
    try {
      const fields = { text, stance: this.stance, claim_types: claims, reviewer, note: this.note.value.trim(), article_id, source, place, start, end };
      const sent = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== ""));
      const { review } = await post("/v1/reviews", { ...sent, given: { ...given, release } });
      this.touched = false;
      toast(t("saved", { name: this.spoken() }));
      this.on.saved(review ?? sent);
    } catch (error) {
      put(this.problem, error.said ?? error.message);
    } finally {
      this.saving = false;
      this.submit.disabled = false;
    }
  }
}

/** What the keys do, for people. */
export function keysHelp(enter = "keys_3") {
  const claims = claimNames();
  const rows = [
    [stanceNames().map((name) => keyOf(name)), t("keys_1")],
    [claims.map((name) => keyOf(name)), t("keys_2")],
    [["Enter"], t(enter)], [["Esc"], t("keys_4")], [["↑", "↓"], t("keys_5")], [["Home", "End"], t("keys_6")], [["N"], t("keys_7")],
  ].filter(([keys]) => keys.length);
  return h("details", { class: "keys" }, h("summary", {}, t("keys")),
    h("dl", {}, rows.map(([keys, words]) => h("div", {}, h("dt", {}, keys.map((key) => h("kbd", { dir: "ltr" }, key))), h("dd", {}, words)))));
}
