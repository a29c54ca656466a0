/** Compare: two releases side by side on one article, what changed marked. */

import { labelArticle, wellFormed } from "./api.js";
import { announce, button, field, fill, glyph, h, plain, put, select } from "./dom.js";
import { EXAMPLE } from "./example.js";
import { labelsOf } from "./history.js";
import { number, percent, shares, stanceNames } from "./labels.js";
import { state } from "./state.js";
import { language, t } from "./strings.js";
import { table } from "./table.js";

const nameOfRelease = (release) => `${release.name} ${release.version}`;

export function compareView() {
  const releases = (state.info.releases ?? [state.info.release]).map(nameOfRelease);
  const chosen = [releases[0], releases[1] ?? releases[0]];
  const current = state.documents[state.at];
  const text = h("textarea", { rows: 7, dir: "rtl", lang: "ar", value: current?.text ?? state.text ?? "" });
  const problem = h("p", { class: "problem", role: "alert" });
  const results = h("div");
  const options = releases.map((name) => [name, plain(name)]);
  const pick = (name, place) => field(t(name), select(options, chosen[place], (value) => { chosen[place] = value; }, { dir: "ltr" }));
  const submit = h("button", { type: "submit", class: "primary" }, t("do_compare"));
  const form = h("form", { class: "ask" }, h("p", { class: "intro" }, t("compare_intro")),
    releases.length < 2 && h("p", { class: "notice" }, t("one_release")),
    field(t("article_text"), text), h("div", { class: "row" }, pick("release_a", 0), pick("release_b", 1)), problem,
    h("div", { class: "row" }, submit, button(t("example"), () => { text.value = EXAMPLE; text.focus(); }, { class: "quiet" })));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    put(problem);
    if (!text.value.trim()) return text.focus();
    submit.disabled = true;
    results.setAttribute("aria-busy", "true");
    try {
      const document = { text: wellFormed(text.value) };
      const reports = await Promise.all(chosen.map((release) => labelArticle(document, { release: releases.length > 1 ? release : undefined })));
      show(results, reports);
    } catch (error) {
      put(problem, error.said ?? error.message);
    } finally {
      submit.disabled = false;
      results.removeAttribute("aria-busy");
    }
  });
  return h("div", { class: "view compare" }, h("h1", { tabindex: -1 }, t("compare")), form, results);
}

const sameLabels = (a, b) => a.stance === b.stance && a.claim_types.join() === b.claim_types.join();

function show(place, [a, b]) {
  const others = new Map(b.sentences.map((one) => [one.start, one]));
  const pairs = a.sentences.filter((one) => one.stance !== null && others.get(one.start)?.stance).map((one) => [one, others.get(one.start)]);
  const changed = pairs.filter(([one, other]) => !sameLabels(one, other)).length;
  const words = t("changed_n", { n: number(changed), all: number(pairs.length) });
  const named = (report) => fill(h("bdi", { dir: "ltr" }), nameOfRelease(report.release));
  const { element, rows } = table(t("compare"), [t("sentence_col"), named(a), named(b)], pairs.map(([one, other]) => row(one, other)));
  const only = h("input", { type: "checkbox" });
  only.addEventListener("change", () => { for (const one of rows) one.hidden = only.checked && !one.classList.contains("changed"); });
  put(place, h("div", { class: "row toolbar" }, h("h2", {}, words), h("label", { class: "tick" }, only, t("only_changed"))),
    h("div", { class: "pair" }, [a, b].map((report) => h("section", {}, h("h3", {}, named(report)), shares(sharesOf(report))))), element);
  announce(words);
  place.querySelector("h2").scrollIntoView({ block: "nearest" });
}

function sharesOf(report) {
  const labelled = report.sentences.filter((one) => one.stance !== null);
  return Object.fromEntries(stanceNames().map((name) => [name, labelled.filter((one) => one.stance === name).length / Math.max(1, labelled.length)]));
}

function row(one, other) {
  const changed = !sameLabels(one, other);
  const cell = (sentence) => [labelsOf(sentence.stance, sentence.claim_types), " ",
    h("span", { class: "figure faint" }, percent(sentence.stance_probabilities[sentence.stance]))];
  const mark = changed && h("span", { class: "changed-mark", lang: language() }, glyph("↔"), t("changed"));
  return { changed, cells: [[mark, fill(h("bdi", { dir: "auto" }), one.text)], cell(one), cell(other)] };
}
