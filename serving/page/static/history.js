/** Who changed what: reviews are added, never overwritten. */

import { get } from "./api.js";
import { h, put, said } from "./dom.js";
import { chip, time } from "./labels.js";
import { t } from "./strings.js";
import { table } from "./table.js";

export const labelsOf = (stance, claims) => h("span", { class: "labels" }, stance && chip(stance), (claims ?? []).map((name) => chip(name)));

// What an address can hold; of a longer sentence the article's reviews are asked for.
const MOST_CHARS = 4000;

function line(review) {
  return h("li", {},
    h("div", {}, said(review.reviewer, { class: "who" }), " ", h("time", { class: "faint", datetime: review.created }, time(review.created))),
    labelsOf(review.stance, review.claim_types),
    review.given && h("div", { class: "faint was" }, t("was"), " ", labelsOf(review.given.stance, review.given.claim_types)),
    review.note && h("p", { class: "note" }, said(review.note)));
}

/** Fill an element with a sentence's reviews, the newest first; returns them. */
export async function showHistory(element, { text, article_id }, signal) {
  let answer;
  try {
    const query = text.length > MOST_CHARS ? { article_id: article_id ?? "" } : { text };
    answer = await get("/v1/reviews", { ...query, limit: 50 }, signal);
  } catch (error) {
    if (!signal?.aborted) put(element, h("p", { class: "faint" }, said(error.said ?? error.message)));
    return [];
  }
  if (signal?.aborted) return [];
  const reviews = answer.reviews.filter((one) => one.text === text);
  put(element, reviews.length ? h("ol", { class: "history" }, reviews.map(line)) : h("p", { class: "faint" }, t("history_none")));
  return reviews;
}

/** A table of reviews. */
export function reviewTable(reviews) {
  const rows = reviews.map((one) => ({ cells: [said(one.text), one.given && labelsOf(one.given.stance, one.given.claim_types),
    labelsOf(one.stance, one.claim_types), said(one.reviewer), h("time", { datetime: one.created }, time(one.created)), said(one.note ?? "")] }));
  return table(t("all_reviews"), ["sentence_col", "before", "what", "who", "when", "note"].map((name) => t(name)), rows).element;
}
