/** Check many: upload an archive, see how far it is, open it. */

import { archiveView } from "./archive.js";
import { get, remove, upload } from "./api.js";
import { announce, button, h, plain, put, said, toast } from "./dom.js";
import { number, percent, time } from "./labels.js";
import { dropping } from "./read.js";
import { state } from "./state.js";
import { t } from "./strings.js";

const POLL_MS = 1500;
export const ENDED = new Set(["complete", "failed"]);

export const statusOf = (archive) => t(`status_${archive.status}`, {}, archive.status);
export const addressOf = (archive) => `/v1/archives/${encodeURIComponent(archive.id)}`;

export function archivesView(id = "") {
  if (id) return archiveView(id);
  const list = h("div");
  const sending = h("div");
  const chooser = h("input", { type: "file", class: "sr", id: "archive-file", accept: ".csv,.tsv,.jsonl,.ndjson,.parquet,.pq,.txt,.html,.htm,.gz,.zst" });
  const drop = h("div", { class: "ask drop" }, h("p", { class: "intro" }, t("many_intro")),
    h("div", { class: "row" }, chooser, h("label", { class: "button primary", for: "archive-file" }, t("upload"))),
    h("p", { class: "faint" }, t("upload_hint")), sending);
  const view = h("div", { class: "view many" }, h("h1", { tabindex: -1 }, t("many")), drop, h("h2", {}, t("archives")), list);
  const watch = watching(view, list);
  const take = async ([file]) => {
    if (!file) return;
    await send(file, sending);
    chooser.value = "";
    watch();
  };
  chooser.addEventListener("change", () => take([...chooser.files]));
  dropping(drop, take);
  watch();
  return view;
}

async function send(file, place) {
  const most = state.info.limits.max_archive_bytes ?? Infinity;
  if (file.size > most) {
    put(place, h("p", { class: "problem", role: "alert" }, t("archive_too_large", { n: number(most / 1e6) })));
    return;
  }
  const progress = h("progress", { max: 1, value: 0, "aria-label": t("upload") });
  const words = h("p", {}, t("uploading", { share: percent(0) }), " ", said(file.name));
  put(place, progress, words);
  try {
    await upload(`/v1/archives?${new URLSearchParams({ name: file.name })}`, file, (share) => {
      progress.value = share;
      put(words, t("uploading", { share: percent(share) }), " ", said(file.name));
    });
    put(place);
  } catch (error) {
    put(place, h("p", { class: "problem", role: "alert" }, error.said ?? error.message, " ", said(error.message, { lang: "en", class: "faint" })));
  }
}

/** Draws the list, and draws it again while something in it goes on and the view is there. */
function watching(view, list) {
  let timer = 0;
  let before = new Map();
  view.addEventListener("tasrih:gone", () => { clearTimeout(timer); timer = -1; });
  const look = async () => {
    clearTimeout(timer);
    let archives;
    try {
      ({ archives } = await get("/v1/archives"));
    } catch (error) {
      put(list, h("p", { class: "problem", role: "alert" }, error.said ?? error.message));
      return;
    }
    for (const one of archives) {
      if (before.has(one.id) && before.get(one.id) !== one.status) announce(`${plain(one.name)}: ${statusOf(one)}`);
    }
    before = new Map(archives.map((one) => [one.id, one.status]));
    const focused = document.activeElement?.dataset?.key;
    put(list, archives.length ? h("ul", { class: "archives" }, archives.map((one) => item(one, look))) : h("p", { class: "empty" }, t("archives_none")));
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    if (timer !== -1 && archives.some((one) => !ENDED.has(one.status))) timer = setTimeout(look, POLL_MS);
  };
  return look;
}

function item(archive, look) {
  const { articles_done: done, articles_total: all } = archive;
  const share = all ? done / all : 0;
  return h("li", { class: "archive" },
    h("div", { class: "archive-head" }, h("h3", {}, said(archive.name)), h("span", { class: `status ${archive.status}` }, statusOf(archive)),
      h("time", { class: "faint", datetime: archive.created }, time(archive.created))),
    !ENDED.has(archive.status) && h("progress", { max: 1, value: share, "aria-label": t("archive_progress", { done: number(done ?? 0), all: number(all ?? 0) }) }),
    h("p", { class: "faint" }, all ? t("archive_progress", { done: number(done), all: number(all) }) : "", " · ",
      t("archive_counts", { n: number(archive.sentences ?? 0), errors: number(archive.errors ?? 0) })),
    archive.message && h("p", { class: "problem" }, said(archive.message, { lang: "en" })),
    h("div", { class: "row" },
      archive.sentences > 0 && h("a", { class: "button", href: `#many/${encodeURIComponent(archive.id)}`, "data-key": `open-${archive.id}` }, t("open")),
      archive.status === "complete" && h("a", { class: "button", href: `${addressOf(archive)}/summary.html`, target: "_blank", rel: "noopener", "data-key": `summary-${archive.id}` }, t("open_summary")),
      button(t("delete"), () => drop(archive, look), { class: "quiet", "data-key": `delete-${archive.id}` })));
}

async function drop(archive, look) {
  if (!confirm(t("delete_sure", { name: plain(archive.name) }))) return;
  try {
    await remove(addressOf(archive));
  } catch (error) {
    toast(error.said ?? error.message);
  }
  look();
}
