import { html, nothing, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { bytes } from "../lib/format.ts";
import { getJson } from "../lib/http.ts";
import { icon } from "../lib/icons.ts";
import { say } from "../lib/say.ts";
import type { InputSummary, Model } from "../lib/types.ts";
import { vars } from "../lib/vars.ts";

type Sort = "model" | "input" | "vocabulary";
interface Sent { readonly file: File; readonly kind: Sort; sent: number; problem?: string; slug?: string; hash?: string; bound?: boolean; state: "sending" | "reading" | "done" | "failed" }

/** Files that hold models; of LightGBM `.txt`, of XGBoost `.json` and `.ubj`, of CatBoost `.json`. */
const MODEL = /\.(onnx|safetensors|pt|pth|bin|ckpt|zip|txt|json|ubj)$/i;
const PREPROCESS = /preprocess[^/]*\.json$/i;
const VOCABULARY = /(vocab|tokenizer)[^/]*\.(json|txt)$/i;

/** What a file is for. Files of words end like native files of trees, which begin with what their libraries write. */
async function sort(file: File): Promise<Sort> {
  if (VOCABULARY.test(file.name)) return "vocabulary";
  if (PREPROCESS.test(file.name) || !MODEL.test(file.name)) return "input";
  if (!/\.(txt|json)$/i.test(file.name)) return "model";
  const begins = (await file.slice(0, 4096).text()).trimStart();
  if (/\.txt$/i.test(file.name)) return begins.startsWith("tree") ? "model" : "input";
  if (begins.startsWith("[")) return "input";
  return /"(added_tokens|words|vocab)"/.test(begins) ? "vocabulary" : "model";
}

/** Sends one file by PUT and tells how far it is; the promise holds the JSON answer. */
function put(address: string, file: File, progress: (sent: number) => void): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", address);
    request.setRequestHeader("x-filename", encodeURIComponent(file.name));
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onerror = () => reject(new Error("The upload was cut off. Is the server still running?"));
    request.onload = () => {
      let body: Record<string, unknown> = {};
      try { body = JSON.parse(request.responseText) as Record<string, unknown>; } catch { /* the status says enough */ }
      if (request.status >= 200 && request.status < 300) resolve(body);
      else reject(new Error(typeof body["detail"] === "string" ? body["detail"] : `The server answered ${request.status}.`));
    };
    request.send(file);
  });
}

/**
 * Takes files dropped anywhere on the page or browsed for. With `model` set, an input is explained by
 * that model; a model and an input dropped together are explained at once. With "without keeping",
 * fires `gb-private` with the file instead of sending it.
 */
export class GbDrop extends GbElement {
  static override properties = { model: {}, kind: {}, accept: {}, sentence: {}, files: { state: true }, over: { state: true }, keep: { state: true }, private: { type: Boolean } };
  declare model: string | undefined;
  declare kind: string | undefined;
  declare accept: string | undefined;
  declare sentence: string | undefined;
  declare private: boolean;
  declare files: Sent[];
  declare over: boolean;
  declare keep: boolean;
  private depth = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
    this.files = [];
    this.keep = true;
    document.addEventListener("dragenter", this.enter);
    document.addEventListener("dragleave", this.leave);
    document.addEventListener("dragover", this.allow);
    document.addEventListener("drop", this.drop);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("dragenter", this.enter);
    document.removeEventListener("dragleave", this.leave);
    document.removeEventListener("dragover", this.allow);
    document.removeEventListener("drop", this.drop);
  }

  private readonly enter = (event: DragEvent): void => { if (event.dataTransfer?.types.includes("Files")) { this.depth += 1; this.over = true; } };
  private readonly leave = (): void => { this.depth = Math.max(0, this.depth - 1); this.over = this.depth > 0; };
  private readonly allow = (event: DragEvent): void => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); };
  private readonly drop = (event: DragEvent): void => {
    this.depth = 0;
    this.over = false;
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    void this.take([...event.dataTransfer.files]);
  };

  private async take(files: readonly File[]): Promise<void> {
    const sorts = new Map(await Promise.all(files.map(async (file) => [file, await sort(file)] as const)));
    const isModel = (file: File): boolean => sorts.get(file) === "model";
    if (!this.keep) {
      const input = files.find((file) => sorts.get(file) === "input");
      if (input) this.dispatchEvent(new CustomEvent<File>("gb-private", { detail: input, bubbles: true }));
      return;
    }
    // A preprocess.json beside a model goes with it.
    const preprocess = files.some(isModel) ? files.find((file) => PREPROCESS.test(file.name)) : undefined;
    const batch: Sent[] = files.filter((file) => file !== preprocess).map((file) => ({ file, kind: sorts.get(file) ?? "input", sent: 0, state: "sending" }));
    this.files = [...batch, ...this.files].slice(0, 12);
    const said = await preprocess?.text();
    const words = batch.find((one) => one.kind === "vocabulary");
    await Promise.all(batch.filter((one) => one !== words).map((one) => this.send(one, said)));
    const model = batch.find((one) => one.kind === "model" && one.slug);
    const input = batch.find((one) => one.kind === "input" && one.slug);
    if (batch.some((one) => one.problem)) return;
    if (model?.slug && !(await this.ready(model))) return;
    const by = model?.slug ?? this.model;
    if (words && !(await this.give(words, by))) return;
    if (input?.slug && by) await this.explain(by, input.slug);
    else if (model?.slug) location.assign(url(`/models/${encodeURIComponent(model.slug)}/${model.bound ? "checkpoints" : "graph"}`));
    else if (words && by) location.reload();
    else if (input?.slug) location.assign(url(`/inputs/${encodeURIComponent(input.slug)}`));
  }

  /** Gives a model its vocabulary: the one dropped beside it, or that of the page. */
  private async give(words: Sent, model: string | undefined): Promise<boolean> {
    try {
      if (!model) throw new Error("This is the vocabulary of a model: drop it together with the model, or on the model's page.");
      await put(api(`/models/${encodeURIComponent(model)}/vocabulary`, { name: words.file.name }), words.file, (sent) => { words.sent = sent; this.requestUpdate(); });
      words.state = "done";
    } catch (error) {
      words.state = "failed";
      words.problem = error instanceof Error ? error.message : "The upload failed.";
      say(words.problem);
    }
    this.requestUpdate();
    return words.state === "done";
  }

  private async send(one: Sent, preprocess?: string): Promise<void> {
    try {
      const query = one.kind === "model" ? { name: one.file.name, ...(preprocess ? { preprocess } : {}) } : { name: one.file.name, ...(this.model ? { model: this.model } : {}) };
      const answer = await put(api(one.kind === "model" ? "/models" : "/inputs", query), one.file, (sent) => { one.sent = sent; this.requestUpdate(); });
      const slug = answer[one.kind];
      if (typeof slug === "string") one.slug = slug;
      if (typeof answer["hash"] === "string") one.hash = answer["hash"];
      one.state = one.kind === "model" ? "reading" : "done";
    } catch (error) {
      one.state = "failed";
      one.problem = error instanceof Error ? error.message : "The upload failed.";
      say(one.problem);
    }
    this.requestUpdate();
  }

  /** Waits until the worker has read the file. Weights that fit an uploaded graph are found again by their hash, as its checkpoint. */
  private async ready(one: Sent): Promise<boolean> {
    for (let tries = 0; tries < 600; tries += 1) {
      const model = await getJson<Model>(api(`/models/${encodeURIComponent(one.hash ?? one.slug ?? "")}`));
      const file = model.checkpoints.find((checkpoint) => checkpoint.hash === one.hash) ?? model;
      if (file.state === "ready") {
        one.bound = model.slug !== one.slug;
        one.slug = model.slug;
        one.state = "done";
        this.requestUpdate();
        return true;
      }
      if (file.state === "failed") {
        one.state = "failed";
        one.problem = file.error ?? "The model could not be read.";
        this.requestUpdate();
        return false;
      }
      await new Promise((wake) => setTimeout(wake, 250));
    }
    return false;
  }

  private async explain(model: string, input: string): Promise<void> {
    let kind: InputSummary["kind"] = "image";
    try { kind = (await getJson<InputSummary>(api(`/inputs/${encodeURIComponent(input)}`))).kind; } catch { /* the page itself will say */ }
    location.assign(url(`/explain/${encodeURIComponent(model)}/${encodeURIComponent(input)}/${kind === "table" ? "row" : kind === "text" ? "tokens" : "attribution"}`));
  }

  protected override render(): TemplateResult {
    return html`<div class="drop-line" data-over=${this.over ? "" : nothing}>
        ${icon("save")}
        <p><b>${this.sentence ?? "Drop a model or an input"}</b> <span class="muted more">anywhere on this page. A model and an input together are explained at once.</span></p>
        ${this.private ? html`<label class="switch small"><input type="checkbox" role="switch" .checked=${!this.keep} @change=${(e: Event) => { this.keep = !(e.target as HTMLInputElement).checked; }}>Explain without keeping</label>` : nothing}
        <label class="btn gb-browse">Browse<input type="file" multiple accept=${this.accept ?? ""} @change=${(e: Event) => { const field = e.target as HTMLInputElement; void this.take([...(field.files ?? [])]); field.value = ""; }}></label>
      </div>
      ${this.files.length ? html`<ul class="card list gb-sent" aria-label="Files sent">${this.files.map((one) => html`<li><div class="grow"><b class="ellipsis">${one.file.name}</b>
        <p class="small ${one.problem ? "bad" : "muted"}" role=${one.problem ? "alert" : "status"}>${one.problem ?? (one.state === "sending" ? `${bytes(one.sent)} of ${bytes(one.file.size)}` : one.state === "reading" ? "Sent and stored. A worker reads it…" : "Done")}</p>
        ${one.state === "sending" ? html`<div class="progress"><i ${vars({ "--fill": `${(100 * one.sent) / Math.max(1, one.file.size)}%` })}></i></div>` : nothing}</div></li>`)}</ul>` : nothing}`;
  }
}
define("gb-drop", GbDrop);
