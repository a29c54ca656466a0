/** The article at a glance: shares, allegations and denials, what needs review; each line leads to its sentence. */

import { button, fill, glyph, h, save } from "./dom.js";
import { reportAsCsv, reportAsLines } from "./files.js";
import { claimNames, classOf, nameOf, number, shares, signOf, stanceNames } from "./labels.js";
import { t } from "./strings.js";

function list(title, name, places, report, go) {
  const items = places.map((place) => h("li", {}, h("button", { type: "button", class: "jump", lang: "ar", dir: "rtl", onclick: () => go(place) },
    fill(h("span", { class: "clamp" }), report.sentences[place].text))));
  return h("details", { class: `fold ${name ? classOf(name) : "unsure-list"}`, open: places.length > 0 && places.length <= 12 },
    h("summary", {}, glyph(name ? signOf(name) : "؟"), ` ${t("of_claim", { name: title, n: number(places.length) })}`),
    places.length ? h("ol", { class: "jumps" }, items) : h("p", { class: "faint" }, t("none_found")));
}

/**
 * @param {any} report
 * @param {(place: number) => void} go
 */
export function summary(report, go) {
  const sentences = report.sentences;
  const places = (test) => [...sentences.keys()].filter((place) => sentences[place].stance !== null && test(sentences[place]));
  const labelled = places(() => true);
  const counted = Object.fromEntries(stanceNames().map((name) => [name,
    labelled.filter((place) => sentences[place].stance === name).length / Math.max(1, labelled.length)]));
  const name = (report.id ?? "article").replace(/\.\w+$/, "");
  const download = (suffix, text, kind) => button(suffix.toUpperCase(), () => save(new Blob([text(report)], { type: kind }), `${name}.${suffix}`));
  return h("section", { class: "summary", "aria-label": t("summary") },
    h("h2", {}, t("summary")), h("p", { class: "faint" }, t("sentences_n", { n: number(labelled.length) })), shares(counted),
    claimNames().map((claim) => list(nameOf(claim), claim, places((one) => one.claim_types.includes(claim)), report, go)),
    list(t("review_list"), "", places((one) => one.needs_review && !one.reviewed), report, go),
    h("div", { class: "row" }, h("span", { class: "faint" }, t("download")), download("csv", reportAsCsv, "text/csv"),
      download("jsonl", reportAsLines, "application/jsonl")));
}
