/** The page's frame: who is in, which view, which language. */

import { archivesView } from "./archives.js";
import { compareView } from "./compare.js";
import { correctView } from "./correct.js";
import { get, remove } from "./api.js";
import { button, h, put, said } from "./dom.js";
import { setLabels } from "./labels.js";
import { readView } from "./read.js";
import { signinView } from "./signin.js";
import { state } from "./state.js";
import { language, setLanguage, t } from "./strings.js";

const VIEWS = { read: readView, many: archivesView, correct: correctView, compare: compareView };
const $ = (id) => document.getElementById(id);

function place() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  return { name: name in VIEWS ? name : "read", rest: rest.map(decodeURIComponent) };
}

function frame() {
  const html = document.documentElement;
  html.lang = language();
  html.dir = language() === "ar" ? "rtl" : "ltr";
  put($("skip"), t("skip"));
  const locked = state.session.keys_required && !state.session.signed_in;
  const { name } = place();
  document.title = `${locked ? t("signin") : t(name)} · ${t("brand")}`;
  put($("top"),
    h("a", { class: "brand", href: "#read" }, h("b", {}, t("brand")), h("span", { class: "faint" }, t("tagline"))),
    !locked && h("nav", { "aria-label": t("views") }, h("ul", {}, Object.keys(VIEWS).map((one) => h("li", {},
      h("a", { href: `#${one}`, "aria-current": one === name ? "page" : null }, t(one)))))),
    h("div", { class: "row tools" },
      button(t("other_language"), switchLanguage, { class: "quiet", lang: language() === "ar" ? "en" : "ar", id: "language" }),
      state.session.keys_required && state.session.signed_in && button(t("sign_out"), signOut, { class: "quiet" })));
  const release = state.info?.release;
  put($("foot"), h("p", {}, t("disclaimer")),
    h("p", { class: "faint" }, release && [`${t("release")} `, said(`${release.name} ${release.version}`)]));
}

let shown = null;

function show({ focus = true } = {}) {
  frame();
  shown?.dispatchEvent(new Event("tasrih:gone"));
  const locked = state.session.keys_required && !state.session.signed_in;
  const { name, rest } = place();
  shown = locked ? signinView(begin) : VIEWS[name](...rest);
  put($("main"), shown);
  if (locked) shown.querySelector("input")?.focus();
  else if (focus) { shown.querySelector("h1")?.focus({ preventScroll: true }); scrollTo(0, 0); }
}

function switchLanguage() {
  setLanguage(language() === "ar" ? "en" : "ar");
  show({ focus: false });
  $("language").focus();
}

async function signOut() {
  await remove("/v1/session").catch(() => {});
  Object.assign(state, { documents: [], report: null, text: "", info: null });
  await begin();
}

async function begin() {
  try {
    state.session = await get("/v1/session");
    if (state.session.signed_in || !state.session.keys_required) {
      state.info = await get("/v1/info");
      setLabels(state.info.labels);
    }
    show({ focus: false });
    document.documentElement.dataset.ready = "true";
    performance.mark("tasrih-ready");
  } catch (error) {
    frame();
    put($("main"), h("p", { class: "loading", role: "alert" }, error.code === "starting" ? t("starting") : error.said),
      button(t("again"), begin, { class: "primary" }));
    if (error.status === 503) setTimeout(begin, 1000 * (error.retryAfter || 2));
  }
}

document.addEventListener("tasrih:signin", () => {
  if (!state.session.keys_required || !state.session.signed_in) return;
  state.session.signed_in = false;
  show();
});
$("skip").addEventListener("click", (event) => { event.preventDefault(); $("main").focus(); });
addEventListener("hashchange", () => show());
// A file that misses the field must not replace the page.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
frame();
begin();
