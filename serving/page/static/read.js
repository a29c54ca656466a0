/** Read: text or files in, an article out, with the sentence one looks at beside it. */

import { labelArticle, wellFormed } from "./api.js";
import { Article } from "./article.js";
import { Detail } from "./detail.js";
import { announce, button, field, h, put, reveal, said, toast, unseen } from "./dom.js";
import { keysHelp } from "./editor.js";
import { EXAMPLE } from "./example.js";
import { documentsOf } from "./files.js";
import { number } from "./labels.js";
import { state } from "./state.js";
import { t } from "./strings.js";
import { summary } from "./summary.js";

const MANY = 200;

export function readView() {
  const view = h("div", { class: "view read" });
  if (state.report) showReport(view);
  else showForm(view);
  return view;
}

function showForm(view, problem = "") {
  const text = h("textarea", { id: "article-text", rows: 11, dir: "rtl", lang: "ar", "aria-describedby": "article-hint", value: state.draft });
  text.addEventListener("input", () => { state.draft = text.value; });
  const files = h("input", { type: "file", multiple: true, accept: ".txt,.text,.md,.html,.htm,.csv,.tsv,.jsonl,.ndjson", class: "sr", id: "article-files" });
  files.addEventListener("change", () => open(view, [...files.files]));
  const form = h("form", { class: "ask drop" },
    h("p", { class: "intro" }, t("read_intro")),
    field(t("article_text"), text), h("p", { class: "faint", id: "article-hint" }, t("article_hint")),
    h("p", { class: "problem", role: "alert" }, problem),
    h("div", { class: "row" }, h("button", { type: "submit", class: "primary" }, t("do_read")),
      files, h("label", { class: "button", for: "article-files" }, t("choose_files")),
      button(t("example"), () => { state.draft = text.value = EXAMPLE; text.focus(); }, { class: "quiet" })),
    h("p", { class: "faint drop-hint" }, t("drop_here")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (text.value.trim()) read(view, [{ text: wellFormed(text.value) }]);
    else text.focus();
  });
  dropping(form, (dropped) => open(view, dropped));
  put(view, h("h1", { tabindex: -1 }, t("read")), form);
}

/** Files may be dropped on an element. */
export function dropping(element, act) {
  const over = (on) => element.classList.toggle("over", on);
  element.addEventListener("dragover", (event) => { event.preventDefault(); over(true); });
  element.addEventListener("dragleave", (event) => element.contains(event.relatedTarget) || over(false));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (event.dataTransfer.files.length) act([...event.dataTransfer.files]);
  });
}

async function open(view, files) {
  const documents = [];
  for (const file of files) {
    try {
      documents.push(...await documentsOf(file));
    } catch (error) {
      toast(said(t("file_error", { name: "" })), said(file.name), " ", said(error.message, { lang: "en" }));
    }
  }
  if (!documents.length) return showForm(view, t("no_documents"));
  if (documents.length > MANY) toast(t("many_documents", { n: number(documents.length) }));
  await read(view, documents);
}

async function read(view, documents, at = 0) {
  for (const control of view.querySelectorAll("button, textarea")) control.disabled = true;
  announce(t("reading"));
  const submit = view.querySelector("button[type=submit]");
  if (submit) put(submit, t("reading"));
  view.setAttribute("aria-busy", "true");
  try {
    const report = await labelArticle(documents[at]);
    Object.assign(state, { documents, at, report, text: report.text ?? documents[at].text ?? "", draft: "" });
    showReport(view);
    const { n_sentences: n, n_review: review } = report.summary;
    announce(t("read_done", { n, review }));
    view.querySelector("h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  } catch (error) {
    Object.assign(state, { documents, at, report: null });
    showForm(view, error.said ?? error.message);
    if (documents.length > 1) view.querySelector("form").prepend(steps(view));
  } finally {
    view.removeAttribute("aria-busy");
  }
}

function steps(view) {
  const { documents, at } = state;
  const step = (name, to) => button(t(name), () => read(view, documents, to), { disabled: to < 0 || to >= documents.length });
  return h("div", { class: "row steps" }, step("previous", at - 1),
    h("span", {}, t("article_n", { n: number(at + 1), all: number(documents.length) })), step("next", at + 1));
}

function showReport(view) {
  const { report, documents } = state;
  const release = `${report.release.name} ${report.release.version}`;
  const origin = { release, article_id: report.id ?? undefined, source: report.source ?? undefined };
  const detail = new Detail(origin, {
    saved: (place, review) => {
      corrected(report.sentences[place], review);
      article.dress(place, review.stance, review.claim_types, true);
      renew();
    },
    left: (place) => article.parts.get(place)?.focus({ preventScroll: true }),
  });
  const article = new Article(report, state.text, {
    show: (place, pinned) => {
      detail.show(report.sentences[place], place, pinned);
      // On a small screen it covers the foot of the page.
      if (pinned && getComputedStyle(detail.element).position === "fixed") reveal(article.parts.get(place), "nearest");
    },
    key: (event) => detail.key(event),
  });
  for (const [place, sentence] of report.sentences.entries()) {
    if (sentence.reviewed) article.dress(place, sentence.stance, sentence.claim_types, true);
  }
  const side = h("aside", { class: "side", "aria-label": t("summary") });
  const renew = () => put(side, summary(report, (place) => article.go(place)), keysHelp());
  renew();
  put(view,
    h("div", { class: "bar-top" }, h("h1", { tabindex: -1, class: "small" }, t("read")),
      report.id && said(report.id, { class: "faint" }), report.source && said(report.source, { class: "faint" }),
      report.published && said(report.published, { class: "faint" }),
      documents.length > 1 && steps(view),
      button(t("new_article"), () => { state.report = null; showForm(view); view.querySelector("textarea").focus(); })),
    h("div", { class: "columns" },
      h("div", { class: "middle" }, unseen(t("article_keys"), { id: "article-keys" }), report.summary.n_sentences ? null : h("p", {}, t("nothing")), article.element),
      detail.element, side));
}

/** A sentence takes a person's labels; the release's own stay beside them. */
export function corrected(sentence, review) {
  sentence.given ??= { stance: sentence.stance, claim_types: sentence.claim_types };
  Object.assign(sentence, { stance: review.stance, claim_types: review.claim_types, reviewed: true });
}
