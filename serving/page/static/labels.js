/** Labels as people see them. Names come from the release; a place in its order gives sign, colour and key. */

import { glyph, h } from "./dom.js";
import { language, t } from "./strings.js";

const SIGNS = ["▲", "◆", "■", "★"];
const NONE = "○";
const CLAIM_SIGNS = ["⚑", "⊘", "✦", "✚"];

let stances = [];
let claims = [];
let byName = new Map();

/** @param {{stances: any[], claims: any[]}} labels of /v1/info; the last stance takes no side and gets no tint */
export function setLabels(labels) {
  stances = labels.stances;
  claims = labels.claims;
  byName = new Map([...stances, ...claims].map((label) => [label.name, label]));
}

export const stanceNames = () => stances.map((label) => label.name);
export const claimNames = () => claims.map((label) => label.name);

/** What a label is called; a name that the release does not know stands as it is. */
export function nameOf(name) {
  const label = byName.get(name);
  return label ? (language() === "ar" ? label.arabic : label.english) : String(name);
}

const isClaim = (name) => claims.some((label) => label.name === name);

export function classOf(name) {
  if (isClaim(name)) return `c${claimNames().indexOf(name) % 4}`;
  const place = stanceNames().indexOf(name);
  return place < 0 || place === stances.length - 1 ? "plain" : `s${place % 4}`;
}

export function signOf(name) {
  if (isClaim(name)) return CLAIM_SIGNS[claimNames().indexOf(name) % 4];
  return classOf(name) === "plain" ? NONE : SIGNS[stanceNames().indexOf(name) % 4];
}

/** The digit that chooses it: stances first, claim types after them. */
export const keyOf = (name) => [...stanceNames(), ...claimNames()].indexOf(name) + 1;

/** The label of a digit, or undefined. */
export const ofKey = (digit) => [...stanceNames(), ...claimNames()][digit - 1];

/** A digit of any row of keys or script; else 0. Letters move with the keyboard's layout, digits do not. */
export function digitOf(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return 0;
  const place = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  if (place && !event.shiftKey) return Number(place[1]);
  const arabic = "١٢٣٤٥٦٧٨٩".indexOf(event.key) + 1;
  return arabic || (/^[1-9]$/.test(event.key) ? Number(event.key) : 0);
}

export function chip(name, ...more) {
  return h("span", { class: `chip ${classOf(name)}` }, glyph(signOf(name)), h("span", {}, nameOf(name)), ...more);
}

const locale = () => (language() === "ar" ? "ar-u-nu-latn" : "en-GB");

export const percent = (share) => new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(share);
export const number = (value, digits = 0) => new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
export function time(value) {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return String(value ?? "");
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(date);
}

/** A bar; what it says stands beside it in words. */
export function bar(share, name) {
  const inner = h("span", { class: `bar-inner ${classOf(name)}` });
  inner.style.inlineSize = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return h("span", { class: "bar", "aria-hidden": "true" }, inner);
}

/** Shares of stances in one bar and as a list. */
export function shares(of) {
  const names = stanceNames().filter((name) => name in of);
  const whole = h("div", { class: "shares-bar", "aria-hidden": "true" }, names.map((name) => {
    const part = h("span", { class: `part ${classOf(name)}` }, of[name] >= 0.08 ? signOf(name) : "");
    part.style.flexGrow = String(of[name]);
    part.hidden = of[name] === 0;
    return part;
  }));
  const rows = names.map((name) => h("li", {}, chip(name), h("b", { class: "figure" }, percent(of[name]))));
  return h("div", { class: "shares" }, whole, h("ul", { class: "rows", "aria-label": t("shares") }, rows));
}

/** A sentence of an archive has its probabilities in columns; one of a report in objects. One shape for both. */
export function sentenceOf(row) {
  const pick = (given, names) => given ?? Object.fromEntries(names.map((name) => [name, row[`p_${name}`] ?? 0]));
  const types = typeof row.claim_types === "string" ? row.claim_types.split(";").filter(Boolean) : row.claim_types;
  return {
    ...row,
    claim_types: types ?? [],
    stance_probabilities: pick(row.stance_probabilities, stanceNames()),
    claim_probabilities: pick(row.claim_probabilities, claimNames()),
  };
}
