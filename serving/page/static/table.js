/** Tables that become lists of cards on a phone. Roles are named since a table that is laid out otherwise loses its own. */

import { h } from "./dom.js";
import { language } from "./strings.js";

/**
 * @param {string} label of the region, which scrolls with the keyboard, too
 * @param {any[]} heads of columns: words or elements
 * @param {{cells: any[], changed?: boolean}[]} rows the first cell of a row is a sentence
 */
export function table(label, heads, rows) {
  const named = heads.map((head) => (head instanceof Node ? head.textContent : head));
  const line = ({ cells, changed }) => h("tr", { role: "row", class: changed ? "changed" : null }, cells.map((cell, place) => h("td", {
    role: "cell", "data-label": named[place], ...(place === 0 ? { class: "sentence-cell", lang: "ar", dir: "rtl" } : {}),
  }, cell)));
  const elements = rows.map(line);
  const element = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label, lang: language() },
    h("table", { role: "table", "aria-label": label },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads.map((head) => h("th", { scope: "col", role: "columnheader" }, head)))),
      h("tbody", { role: "rowgroup" }, elements)));
  return { element, rows: elements };
}
