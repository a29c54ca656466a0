/**
 * Elements, and texts of strangers. Nothing here, or anywhere on the page, makes markup of a string: text goes in as text nodes.
 */

// Characters that reorder or hide what stands around them. Marks of direction (LRM, RLM, ALM) and joiners are ordinary in Arabic.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;
const NAMES = {
  0x202a: "LRE", 0x202b: "RLE", 0x202c: "PDF", 0x202d: "LRO", 0x202e: "RLO",
  0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI",
};

/**
 * An element. Attributes: `on…` listens, `true` is an empty attribute, null and false leave it out.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node|string|number|null|false|undefined|any[])} children strings become text nodes
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((one) => one || one === 0).map((one) => (one instanceof Node ? one : String(one))));
  return element;
}

/** Write a stranger's text into an element: what would reorder or hide is shown by its name instead. */
export function fill(element, text) {
  let from = 0;
  for (const match of text.matchAll(CONTROL)) {
    element.append(text.slice(from, match.index));
    const code = match[0].codePointAt(0);
    const name = NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    element.append(h("span", { class: "control", dir: "ltr" }, name));
    from = match.index + match[0].length;
  }
  element.append(text.slice(from));
  return element;
}

/** A stranger's text, isolated, its direction its own. */
export const said = (text, attributes = {}) => fill(h("bdi", { dir: "auto", ...attributes }), String(text ?? ""));

/** The same for places that take no elements: options, titles. */
export const plain = (text) => `\u2068${String(text ?? "").replace(CONTROL, "\ufffd")}\u2069`;

/** Replace what an element holds. */
export function put(element, ...children) {
  element.replaceChildren(...children.flat(3).filter((one) => one || one === 0));
  return element;
}

/** Text for screen readers alone. */
export const unseen = (text, attributes = {}) => h("span", { class: "sr", ...attributes }, text);

/** A glyph that words beside it explain. */
export const glyph = (text, name = "") => h("span", { class: `glyph ${name}`, "aria-hidden": "true" }, text);

export function button(text, act, attributes = {}) {
  return h("button", { type: "button", onclick: act, ...attributes }, text);
}

/** A field with its label above it. */
export function field(label, control, attributes = {}) {
  return h("label", { class: "field", ...attributes }, h("span", {}, label), control);
}

export function select(options, chosen, act, attributes = {}) {
  const element = h("select", { onchange: () => act(element.value), ...attributes },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  element.value = chosen;
  return element;
}

/** Say it to screen readers. */
export function announce(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  // A change after a pause is read even where the words are the same.
  setTimeout(() => { live.textContent = text; }, 60);
}

let hiding = 0;

/** Show a line for some seconds; it is read out, too. */
export function toast(...children) {
  const element = put(document.getElementById("toast"), ...children);
  element.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => { element.classList.remove("shown"); element.replaceChildren(); }, 4000);
}

/** Hand a file to the user. */
export function save(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name.replace(/[^\p{L}\p{N}._-]+/gu, "-") });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Bring an element into view, gently unless the user asked for stillness. */
export function reveal(element, block = "center") {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
}
