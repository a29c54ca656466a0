/** Correct: the queue of what most needs review, one sentence at a time; and all reviews there are. */

import { get } from "./api.js";
import { Detail } from "./detail.js";
import { button, field, fill, glyph, h, plain, put, select } from "./dom.js";
import { keysHelp } from "./editor.js";
import { exports } from "./exports.js";
import { reviewTable } from "./history.js";
import { classOf, nameOf, number, sentenceOf, signOf } from "./labels.js";
import { ordered } from "./queue.js";
import { corrected } from "./read.js";
import { state } from "./state.js";
import { t } from "./strings.js";

const QUEUE = 100;
const PAGE = 50;
const HERE = "";

export function correctView(archive = HERE) {
  const view = h("div", { class: "view correct" });
  const body = h("div");
  const source = h("div");
  const tabs = ["queue", "all_reviews"].map((name) => button(t(name), () => turn(name), { "aria-pressed": "false", "data-tab": name }));
  const turn = (name) => {
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
    source.hidden = name !== "queue";
    if (name === "queue") openQueue(body, archive);
    else openReviews(body, { reviewer: "", offset: 0 });
  };
  put(view, h("h1", { tabindex: -1 }, t("correct")), h("p", { class: "intro" }, t("correct_intro")),
    h("div", { class: "row toolbar" }, h("div", { class: "tabs", role: "group", "aria-label": t("correct") }, tabs), source), body);
  choose(source, archive);
  turn("queue");
  return view;
}

/** Which sentences: the open article's, or an archive's. */
async function choose(place, archive) {
  const { archives } = await get("/v1/archives").catch(() => ({ archives: [] }));
  const done = archives.filter((one) => one.sentences > 0);
  const options = [[HERE, t("this_article")], ...done.map((one) => [one.id, plain(one.name)])];
  put(place, field(t("queue_of"), select(options, archive, (id) => { location.hash = id ? `#correct/${encodeURIComponent(id)}` : "#correct"; })));
}

async function sentencesOf(archive) {
  if (archive) {
    const { sentences } = await get(`/v1/archives/${encodeURIComponent(archive)}/sentences`, { order: "review", limit: QUEUE });
    return sentences.map(sentenceOf).map((one) => ({ ...one, origin: originOf(one) }));
  }
  if (!state.report) return [];
  const { report } = state;
  const origin = { article_id: report.id ?? undefined, source: report.source ?? undefined, release: nameOfRelease(report.release) };
  for (const [place, sentence] of report.sentences.entries()) Object.assign(sentence, { place, origin });
  return ordered(report.sentences.filter((one) => one.stance !== null));
}

const nameOfRelease = (release) => `${release.name} ${release.version}`;

const originOf = (row) => ({ article_id: row.article_id ?? undefined, source: row.source ?? undefined, release: row.release ?? nameOfRelease(state.info.release) });

async function openQueue(body, archive) {
  put(body, h("p", { class: "loading" }, t("reading")));
  let sentences;
  try {
    sentences = await sentencesOf(archive);
  } catch (error) {
    put(body, h("p", { class: "problem", role: "alert" }, error.said ?? error.message));
    return;
  }
  if (!sentences.length) {
    put(body, h("p", { class: "empty" }, t("queue_empty")), h("p", {}, h("a", { href: "#read", class: "button" }, t("read")), " ", h("a", { href: "#many", class: "button" }, t("many"))));
    return;
  }
  queue(body, sentences);
}

function queue(body, sentences) {
  let at = 0;
  const counter = h("p", { class: "faint", role: "status" });
  const items = sentences.map((sentence, place) => {
    const words = h("span", { class: "clamp" }, glyph(signOf(sentence.stance)));
    return h("button", { type: "button", class: `jump ${classOf(sentence.stance)}`, lang: "ar", dir: "rtl", onclick: () => go(place) }, fill(words, sentence.text));
  });
  const card = h("div", { class: "card" });
  const go = (place, { focus = true } = {}) => {
    items[at].removeAttribute("aria-current");
    at = Math.max(0, Math.min(sentences.length - 1, place));
    items[at].setAttribute("aria-current", "true");
    items[at].scrollIntoView({ block: "nearest" });
    put(counter, t("queue_at", { n: number(at + 1), all: number(sentences.length) }));
    show(at, focus);
  };
  const show = (place, focus) => {
    const sentence = sentences[place];
    const detail = new Detail(sentence.origin, {
      saved: (_, review) => {
        corrected(sentence, review);
        items[place].classList.add("done");
        items[place].setAttribute("aria-label", `${t("corrected")}: ${nameOf(review.stance)}. ${plain(sentence.text)}`);
        if (place + 1 < sentences.length) go(place + 1);
        else put(counter, t("queue_done"));
      },
      left: () => items[at].focus(),
    }, { open: true, withText: true });
    detail.show(sentence, place, true);
    put(card, detail.element);
    if (focus) detail.element.focus({ preventScroll: true });
    // On the card itself, Enter confirms or saves: no form field has it.
    detail.element.addEventListener("keydown", (event) => cardKey(event, detail, go, at));
  };
  put(body, h("div", { class: "columns two" }, card,
    h("section", { class: "queue", "aria-label": t("queue") }, counter, h("ol", {}, items.map((item) => h("li", {}, item))), keysHelp("keys_card"))));
  go(0, { focus: false });
}

function cardKey(event, detail, go, at) {
  if (event.target.matches("textarea, input[type=text]") || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && !event.target.matches("input[type=radio]")) { event.preventDefault(); go(at + step); }
  else if (event.key === "Enter" && event.target === detail.element) { event.preventDefault(); detail.editor.save(); }
  else if (detail.editor.take(event)) event.preventDefault();
}

async function openReviews(body, { reviewer, offset }) {
  let answer;
  try {
    answer = await get("/v1/reviews", { reviewer, offset, limit: PAGE });
  } catch (error) {
    put(body, h("p", { class: "problem", role: "alert" }, error.said ?? error.message));
    return;
  }
  const who = h("input", { type: "search", dir: "auto", value: reviewer });
  const form = h("form", { class: "row" }, field(t("by_reviewer"), who), h("button", { type: "submit" }, t("apply")));
  form.addEventListener("submit", (event) => { event.preventDefault(); openReviews(body, { reviewer: who.value.trim(), offset: 0 }); });
  put(body, h("div", { class: "row toolbar" }, form, exports("/v1/reviews/export", () => ({}), "reviews")),
    h("p", { class: "faint", role: "status" }, t("total", { n: number(answer.total) })),
    answer.reviews.length ? reviewTable(answer.reviews) : h("p", { class: "empty" }, t("none_found")),
    pager(answer.total, offset, PAGE, (to) => openReviews(body, { reviewer, offset: to })));
}

/** Buttons to the pages before and after; none where there is one page. */
export function pager(total, offset, size, go) {
  if (total <= size) return null;
  const pages = Math.ceil(total / size);
  const page = Math.floor(offset / size);
  return h("div", { class: "row pager" },
    button(t("previous"), () => go(offset - size), { disabled: page === 0 }),
    h("span", { role: "status" }, t("page_n", { n: number(page + 1), all: number(pages) })),
    button(t("next"), () => go(offset + size), { disabled: page + 1 >= pages }));
}
