/** Buttons that save what the service exports. */

import { file } from "./api.js";
import { button, h, save, toast } from "./dom.js";
import { t } from "./strings.js";

const FORMATS = [["csv", "CSV"], ["jsonl", "JSONL"], ["xlsx", "Excel"]];

/**
 * @param {string} path
 * @param {() => Record<string, string>} query what to filter by
 * @param {string} name of the file, without suffix
 */
export function exports(path, query, name) {
  const fetchIt = async (format, control) => {
    control.disabled = true;
    try {
      save(await file(path, { ...query(), format }), `${name}.${format}`);
    } catch (error) {
      toast(error.said ?? error.message);
    } finally {
      control.disabled = false;
      control.focus();
    }
  };
  return h("div", { class: "row exports", role: "group", "aria-label": t("export") }, h("span", { class: "faint" }, t("export")),
    FORMATS.map(([format, words]) => button(words, (event) => fetchIt(format, event.currentTarget), { "data-format": format })));
}
