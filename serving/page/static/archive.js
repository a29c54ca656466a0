/** One archive: its sentences, filtered by label, source, time and confidence, and exported as filtered. */

import { get } from "./api.js";
import { addressOf, statusOf } from "./archives.js";
import { pager } from "./correct.js";
import { field, h, put, said, select } from "./dom.js";
import { exports } from "./exports.js";
import { labelsOf } from "./history.js";
import { claimNames, nameOf, number, percent, sentenceOf, stanceNames } from "./labels.js";
import { t } from "./strings.js";
import { table } from "./table.js";

const PAGE = 50;

/** @param {string} id */
export function archiveView(id) {
  const view = h("div", { class: "view archive-view" }, h("h1", { tabindex: -1 }, t("many")), h("p", { class: "loading" }, t("reading")));
  fillView(view, id);
  return view;
}

async function fillView(view, id) {
  let archive;
  try {
    const answer = await get(addressOf({ id }));
    archive = answer.archive ?? answer;
  } catch (error) {
    put(view, h("h1", { tabindex: -1 }, t("many")), h("p", { class: "problem", role: "alert" }, error.said ?? error.message), h("a", { href: "#many", class: "button" }, t("back")));
    return;
  }
  const results = h("div");
  const filters = new Filters(() => show(0));
  const show = (offset) => sentences(results, archive, filters.values(), offset, show);
  put(view,
    h("div", { class: "bar-top" }, h("h1", { tabindex: -1 }, said(archive.name)), h("span", { class: `status ${archive.status}` }, statusOf(archive)),
      archive.status === "complete" && h("a", { class: "button", href: `${addressOf(archive)}/summary.html`, target: "_blank", rel: "noopener" }, t("open_summary")),
      h("a", { class: "button", href: `#correct/${encodeURIComponent(id)}` }, t("correct_these")),
      h("a", { class: "button quiet", href: "#many" }, t("back"))),
    filters.element, exports(`${addressOf(archive)}/export`, () => filters.values({ ordered: false }), archive.name.replace(/\.\w+$/, "")), results);
  show(0);
}

class Filters {
  constructor(act) {
    this.act = act;
    const any = ["", t("any")];
    const names = (list) => [any, ...list.map((name) => [name, nameOf(name)])];
    const now = () => act();
    this.controls = {
      stance: select(names(stanceNames()), "", now),
      claim_type: select(names(claimNames()), "", now),
      source: h("input", { type: "text", dir: "auto" }),
      from: h("input", { type: "date", onchange: now }),
      to: h("input", { type: "date", onchange: now }),
      max_confidence: select([any, ...[0.95, 0.9, 0.8, 0.7, 0.6, 0.5].map((one) => [String(one), t("at_most", { n: percent(one) })])], "", now),
      q: h("input", { type: "search", dir: "auto" }),
      order: select([["row", t("order_row")], ["review", t("order_review")]], "row", now),
      needs_review: h("input", { type: "checkbox", onchange: now }),
    };
    const words = { stance: "stance", claim_type: "claim", source: "source", from: "from", to: "to", max_confidence: "confidence", q: "words", order: "order" };
    this.element = h("form", { class: "filters", "aria-label": t("filters") },
      Object.entries(words).map(([name, label]) => field(t(label), this.controls[name])),
      h("label", { class: "tick" }, this.controls.needs_review, t("only_review")), h("button", { type: "submit", class: "primary" }, t("apply")));
    this.element.addEventListener("submit", (event) => { event.preventDefault(); act(); });
  }

  /** What is filled in, as the service takes it; an export has the archive's order. */
  values({ ordered = true } = {}) {
    const given = Object.entries(this.controls).filter(([name]) => ordered || name !== "order").map(([name, control]) => [name, control.type === "checkbox" ? (control.checked ? "true" : "") : control.value.trim()]);
    return Object.fromEntries(given.filter(([, value]) => value !== ""));
  }
}

async function sentences(place, archive, filters, offset, show) {
  place.setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await get(`${addressOf(archive)}/sentences`, { ...filters, offset, limit: PAGE });
  } catch (error) {
    put(place, h("p", { class: "problem", role: "alert" }, error.said ?? error.message));
    return;
  } finally {
    place.removeAttribute("aria-busy");
  }
  const heads = ["sentence_col", "stance", "confidence", "source", "date"].map((name) => t(name));
  put(place, h("p", { class: "faint", role: "status" }, t("sentences_n", { n: number(answer.total) })),
    answer.sentences.length ? table(t("many"), heads, answer.sentences.map(sentenceOf).map(row)).element : h("p", { class: "empty" }, t("none_found")),
    pager(answer.total, offset, PAGE, show));
}

function row(one) {
  return { cells: [said(one.text),
    [labelsOf(one.stance, one.claim_types), one.needs_review && h("span", { class: "unsure-note" }, "؟ ", t("needs_review"))],
    h("span", { class: "figure" }, one.stance === null ? "" : percent(one.stance_probabilities[one.stance] ?? 0)),
    said(one.source ?? ""), said(one.published ?? "")] };
}
