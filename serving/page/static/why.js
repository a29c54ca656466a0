/** Why: the words that carried a label, by hiding each in turn. */

import { explain } from "./api.js";
import { fill, glyph, h, put, said } from "./dom.js";
import { nameOf, percent } from "./labels.js";
import { language, t } from "./strings.js";

const TOP = 5;
const LEAST = 0.01;

/** Weights drawn into the sentence: underlined from 1 to 4, what lowers the label with dashes. */
function drawn(text, words, weights) {
  const points = Array.from(text);
  const most = Math.max(...weights.map(Math.abs), LEAST);
  const line = h("p", { class: "why-text", lang: "ar", dir: "rtl" });
  let at = 0;
  for (const [place, word] of words.entries()) {
    const level = Math.abs(weights[place]) < LEAST ? 0 : Math.ceil((Math.abs(weights[place]) / most) * 4);
    fill(line, points.slice(at, word.start).join(""));
    const name = level ? `w${level} ${weights[place] > 0 ? "for" : "against"}` : "";
    line.append(fill(h(level ? "mark" : "span", name ? { class: name } : {}), points.slice(word.start, word.end).join("")));
    at = word.end;
  }
  return fill(line, points.slice(at).join(""));
}

function listed(words, weights) {
  const order = weights.map((weight, place) => [weight, place]).filter(([weight]) => Math.abs(weight) >= LEAST)
    .sort(([a], [b]) => Math.abs(b) - Math.abs(a)).slice(0, TOP);
  if (!order.length) return h("p", { class: "faint" }, t("why_none"));
  return h("ul", { class: "why-words" }, order.map(([weight, place]) => h("li", {},
    said(words[place].text, { lang: "ar" }),
    h("span", { class: weight > 0 ? "for" : "against" }, glyph(weight > 0 ? "▲" : "▽"),
      ` ${t(weight > 0 ? "why_for" : "why_against")} `, h("b", { class: "figure", dir: "ltr" }, `${weight > 0 ? "+" : "−"}${percent(Math.abs(weight))}`)))));
}

/** Show why a sentence got a label; what comes late for another sentence is dropped. */
export async function showWhy(element, text, label, signal) {
  const heading = h("h3", {}, t("why_of", { name: nameOf(label) }));
  put(element, heading, h("p", { class: "faint" }, t("why_waiting")));
  let answer;
  try {
    answer = await explain(text, signal);
  } catch (error) {
    if (!signal.aborted) put(element, heading, h("p", { class: "faint" }, t("why_failed"), " ", said(error.said ?? error.message)));
    return;
  }
  if (signal.aborted) return;
  const weights = answer.words.map((word) => word.weights[label] ?? 0);
  put(element, heading, drawn(text, answer.words, weights), listed(answer.words, weights),
    h("p", { class: "faint method", lang: language() }, t("why_method", { method: answer.method })));
}
