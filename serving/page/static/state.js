/** What the page knows. The browser keeps language and reviewer's name; texts, labels and keys are never kept. */

export const state = {
  /** @type {any} the answer of /v1/info */
  info: null,
  session: { signed_in: true, keys_required: false },
  /** @type {{id?: string, source?: string, published?: string, text?: string, html?: string}[]} */
  documents: [],
  at: 0,
  /** The report of the document at `at`, with its text. */
  report: null,
  text: "",
  /** What is being pasted, so that a change of view or language does not lose it. */
  draft: "",
};

export function remember(name, value) {
  try {
    localStorage.setItem(`tasrih.${name}`, value);
  } catch {
    // A browser that keeps nothing still reads.
  }
}

export function recall(name) {
  try {
    return localStorage.getItem(`tasrih.${name}`);
  } catch {
    return null;
  }
}
