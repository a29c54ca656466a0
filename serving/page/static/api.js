/** Calls of the service. Every one carries a header that no other site can send without being asked first. */

import { t } from "./strings.js";

export class Failure extends Error {
  /** @param {number} status 0 where there was no answer */
  constructor(status, code, message, retryAfter = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** In the reader's language where we have words for it. */
  get said() {
    return t(`error_${this.code}`, {}, t(`error_${this.status}`, {}, this.message));
  }
}

const HEADERS = { "X-Tasrih-Page": "1" };

async function failure(response) {
  const retry = Number(response.headers.get("Retry-After")) || 0;
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch {
    // Not ours: a proxy's.
  }
  if (response.status === 401) document.dispatchEvent(new Event("tasrih:signin"));
  return new Failure(response.status, error.code ?? "", error.message ?? response.statusText, retry);
}

async function send(path, options = {}) {
  const headers = { ...HEADERS, ...options.headers };
  let response;
  try {
    response = await fetch(path, { ...options, headers, credentials: "same-origin", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "offline", String(error));
  }
  if (!response.ok) throw await failure(response);
  return response;
}

export async function get(path, query = {}, signal = undefined) {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  const response = await send(words.size ? `${path}?${words}` : path, { signal });
  return response.json();
}

export async function post(path, body, signal = undefined) {
  // Half a surrogate pair is no text; the service refuses it.
  const whole = JSON.stringify(body, (_, value) => (typeof value === "string" ? wellFormed(value) : value));
  const response = await send(path, { method: "POST", body: whole, signal, headers: { "Content-Type": "application/json" } });
  return response.status === 204 ? null : response.json();
}

export const wellFormed = (text) => text.replace(/[\ud800-\udfff]/gu, "\ufffd");

export async function remove(path) {
  await send(path, { method: "DELETE" });
}

/** A file of the service's. */
export async function file(path, query = {}) {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  return (await send(words.size ? `${path}?${words}` : path)).blob();
}

/** The report of one document; its error, where it has one, is thrown. */
export async function labelArticle(document, { release = undefined, signal = undefined } = {}) {
  const body = { articles: [document], keep_boilerplate: true, ...(release ? { release } : {}) };
  const [report] = (await post("/v1/articles", body, signal)).articles;
  if (report.error) throw new Failure(200, report.error.code, report.error.message);
  return report;
}

const explained = new Map();

/** Each word's weight for each label; kept for the page's life. */
export async function explain(text, signal) {
  if (!explained.has(text)) {
    const answer = await post("/v1/explanations", { text }, signal);
    if (explained.size > 500) explained.clear();
    explained.set(text, answer);
  }
  return explained.get(text);
}

/**
 * Send a file as it is, telling how far it got. `fetch` does not tell; an older way does.
 * @param {(share: number) => void} progress from 0 to 1
 */
export function upload(path, file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries(HEADERS)) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("error", () => reject(new Failure(0, "offline", "no answer")));
    request.addEventListener("load", async () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else reject(await failure(new Response(request.responseText, { status: request.status, statusText: request.statusText })));
    });
    request.send(file);
  });
}
