/** Files that were dropped or chosen, to documents. They are read here and go nowhere but to the service. */

import { wellFormed } from "./api.js";

const ARABIC = /[\u0620-\u064a]/;

/** Bytes to text: byte order mark, UTF-8, what an HTML page declares, then windows-1256, which old Arabic pages use. */
export function decode(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const head = new TextDecoder("latin1").decode(bytes.subarray(0, 4096));
    const declared = /charset\s*=\s*["']?\s*([\w.:-]{3,30})/i.exec(head)?.[1];
    for (const name of [declared, "windows-1256"].filter(Boolean)) {
      try {
        const text = new TextDecoder(name).decode(bytes);
        if (ARABIC.test(text)) return text;
      } catch {
        // A charset that nobody knows.
      }
    }
    return new TextDecoder("utf-8").decode(bytes);
  }
}

/** Rows of a CSV text, quotes and line breaks in cells included. */
export function csvRows(text) {
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const comma = [",", ";", "\t"].sort((a, b) => first.split(b).length - first.split(a).length)[0];
  const rows = [];
  let row = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at];
    if (quoted) {
      if (one === '"' && text[at + 1] === '"') { cell += one; at += 1; } else if (one === '"') quoted = false;
      else cell += one;
    } else if (one === '"' && cell === "") quoted = true;
    else if (one === comma) { row.push(cell); cell = ""; } else if (one === "\n" || one === "\r") {
      if (one === "\r" && text[at + 1] === "\n") at += 1;
      rows.push([...row, cell]);
      row = [];
      cell = "";
    } else cell += one;
  }
  if (cell || row.length) rows.push([...row, cell]);
  return rows.filter((cells) => cells.some((one) => one.trim()));
}

function fromTable(text) {
  const [head = [], ...rows] = csvRows(text.replace(/^\ufeff/, ""));
  const names = head.map((name) => name.trim().toLowerCase());
  return rows.map((cells) => Object.fromEntries(names.map((name, place) => [name, cells[place] ?? ""])));
}

function fromLines(text) {
  return text.replace(/^\ufeff/, "").split(/\r?\n/).filter((line) => line.trim()).map((line) => JSON.parse(line));
}

/** A row's fields that the service takes; null where there is no text. */
function documentOf(row, name, place) {
  const text = (value) => (value === null || value === undefined || value === "" ? undefined : wellFormed(String(value)));
  const body = text(row.text) ?? text(row.body);
  const html = body === undefined ? text(row.html) : undefined;
  if (body === undefined && html === undefined) return null;
  const id = text(row.id) ?? `${name} ${place + 1}`;
  return clean({ text: body, html, id, source: text(row.source), published: text(row.published) });
}

const clean = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/**
 * Documents of one file.
 * @param {File} file
 * @returns {Promise<object[]>}
 */
export async function documentsOf(file) {
  const text = decode(new Uint8Array(await file.arrayBuffer()));
  const suffix = file.name.toLowerCase().split(".").pop();
  if (["jsonl", "ndjson"].includes(suffix)) return fromLines(text).map((row, at) => documentOf(row, file.name, at)).filter(Boolean);
  if (["csv", "tsv"].includes(suffix)) return fromTable(text).map((row, at) => documentOf(row, file.name, at)).filter(Boolean);
  const whole = wellFormed(text.replace(/^\ufeff/, ""));
  const isHtml = ["html", "htm", "xhtml"].includes(suffix) || /^\s*<(?:!doctype\s+html|html)\b/i.test(whole);
  return [{ [isHtml ? "html" : "text"]: whole, id: file.name }];
}

const quote = (value) => {
  const text = String(value ?? "");
  // What a spreadsheet would run as a formula becomes text.
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replace(/"/g, '""')}"`;
};

/** The labelled sentences of a report as CSV, with a byte order mark, since spreadsheets ask for one. */
export function reportAsCsv(report) {
  const sentences = report.sentences.filter((one) => one.stance !== null);
  const stances = Object.keys(sentences[0]?.stance_probabilities ?? {});
  const claims = Object.keys(sentences[0]?.claim_probabilities ?? {});
  const names = ["place", "kind", "text", "start", "end", "stance", ...stances.map((name) => `p_${name}`), "claim_types",
    ...claims.map((name) => `p_${name}`), "needs_review", "release"];
  const release = `${report.release.name} ${report.release.version}`;
  const rows = sentences.map((one, place) => [place, one.kind, one.text, one.start, one.end, one.stance,
    ...stances.map((name) => one.stance_probabilities[name]), one.claim_types.join(";"),
    ...claims.map((name) => one.claim_probabilities[name]), one.needs_review, release]);
  return `\ufeff${[names, ...rows].map((row) => row.map(quote).join(",")).join("\r\n")}\r\n`;
}

/** The same as JSON lines. */
export function reportAsLines(report) {
  const release = `${report.release.name} ${report.release.version}`;
  return report.sentences.filter((one) => one.stance !== null)
    .map((one, place) => `${JSON.stringify({ article_id: report.id, source: report.source, place, ...one, release })}\n`).join("");
}
