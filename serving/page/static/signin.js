/** The form that opens a service locked with keys. The key goes to the service alone, and is not kept here. */

import { post } from "./api.js";
import { field, h, put } from "./dom.js";
import { t } from "./strings.js";

/** @param {() => void} entered */
export function signinView(entered) {
  const key = h("input", { type: "password", dir: "ltr", autocomplete: "current-password", required: true });
  const problem = h("p", { class: "problem", role: "alert" });
  const submit = h("button", { type: "submit", class: "primary" }, t("signin"));
  const form = h("form", { class: "ask signin" }, h("p", { class: "intro" }, t("signin_intro")), field(t("key"), key), problem,
    h("div", { class: "row" }, submit), h("p", { class: "faint" }, t("signin_privacy")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      await post("/v1/session", { key: key.value });
      key.value = "";
      entered();
    } catch (error) {
      put(problem, error.status === 401 || error.status === 403 ? t("signin_wrong") : error.said);
      key.select();
    } finally {
      submit.disabled = false;
    }
  });
  return h("div", { class: "view" }, h("h1", { tabindex: -1 }, t("signin")), form);
}
