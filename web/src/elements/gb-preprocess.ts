import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { getJson, sendJson, sentence } from "../lib/http.ts";
import "./gb-vocabulary.ts";

/** JSON with each list of plain values on one line. */
function written(preprocess: unknown): string {
  return JSON.stringify(preprocess, null, 2).replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inner: string) => `[${inner.replace(/,\s*\n\s*/g, ", ")}]`);
}

const numbers = (list: unknown): string => (Array.isArray(list) ? list.map((n) => (typeof n === "number" ? value(n) : String(n))).join(", ") : "");

/** What `preprocess.json` says, in words; nothing for what it leaves out. */
function facts(text: string): [string, string][] {
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return [];
  }
  if (given === null || typeof given !== "object") return [];
  const list = (key: string): readonly unknown[] => (Array.isArray(given[key]) ? (given[key] as unknown[]) : []);
  const out: [string, string][] = [];
  const add = (name: string, words: unknown): void => { if (typeof words === "string" && words !== "") out.push([name, words]); };
  add("Input", given["input"]);
  add("Layout", given["layout"]);
  add("Size", list("size").join("×"));
  if (list("size").length) add("Resize", given["resize"]);
  if (given["layout"] !== "T") add("Channels", given["channels"]);
  if (typeof given["scale"] === "number" && given["scale"] !== 1) add("Times", value(given["scale"]));
  add("Minus mean", numbers(given["mean"]));
  add("Divided by std", numbers(given["std"]));
  if (given["standardise"]) add("Standardised", "each feature");
  const labels = list("labels");
  if (labels.length) add(`${labels.length} labels`, `${labels.slice(0, 3).join(", ")}${labels.length > 3 ? " …" : ""}`);
  const tokens = given["text"] as Record<string, unknown> | null | undefined;
  if (tokens) {
    add("Padding", tokens["pad"]);
    add("Unknown words", tokens["unk"]);
    if (tokens["lowercase"]) add("Words", "lower-cased");
    if (typeof tokens["max_length"] === "number") add("At most", `${tokens["max_length"]} tokens`);
  }
  const features = list("feature_names");
  if (features.length) add(`${features.length} features`, `${features.slice(0, 2).join(", ")}${features.length > 2 ? " …" : ""}`);
  return out;
}

/** A model's `preprocess.json`, told in words and edited as text; the server checks it. */
export class GbPreprocess extends GbElement {
  static override properties = { model: {}, value: { state: true }, problem: { state: true }, saved: { state: true } };
  declare model: string;
  declare value: string;
  declare problem: string | undefined;
  declare saved: boolean;

  override connectedCallback(): void {
    super.connectedCallback();
    this.textContent = "";
    void this.load();
  }

  private get address(): string {
    return api(`/models/${encodeURIComponent(this.model)}/preprocess`);
  }

  private async load(): Promise<void> {
    try {
      this.value = written(await getJson<unknown>(this.address));
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  private async save(): Promise<void> {
    this.problem = undefined;
    this.saved = false;
    try {
      await sendJson("PUT", this.address, JSON.parse(this.value) as unknown);
      this.saved = true;
    } catch (error) {
      this.problem = error instanceof SyntaxError ? `This is not JSON: ${error.message}` : sentence(error);
    }
  }

  /** The name of the vocabulary of a model that reads tokens; nothing for others. */
  private get vocabulary(): string | undefined {
    try {
      const given = JSON.parse(this.value ?? "null") as { layout?: string; text?: { name?: string } } | null;
      return given?.layout === "T" ? (given.text?.name ?? "") : undefined;
    } catch {
      return undefined;
    }
  }

  protected override render(): TemplateResult {
    const vocabulary = this.vocabulary;
    const lines = (this.value ?? "").split("\n").length;
    const told = facts(this.value ?? "");
    return html`${told.length ? html`<dl class="facts gb-told">${told.map(([name, words]) => html`<div><dt>${name}</dt><dd>${words}</dd></div>`)}</dl>` : nothing}
      ${vocabulary === undefined ? nothing : html`<gb-vocabulary .model=${this.model} .name=${vocabulary} @gb-given=${() => void this.load()}></gb-vocabulary>`}
      <label class="strong" for="preprocess">preprocess.json</label>
      <textarea id="preprocess" class="gb-code mono" spellcheck="false" rows=${Math.min(28, Math.max(8, lines))} .value=${this.value ?? ""} @input=${(e: Event) => { this.value = (e.target as HTMLTextAreaElement).value; this.saved = false; }}></textarea>
      <p class="row"><button type="button" class="btn btn-primary" @click=${() => void this.save()}>Save</button><span role="status" class="small ok">${this.saved ? "Saved. New explanations use it; earlier ones keep what they were computed with." : ""}</span></p>
      ${this.problem ? html`<p class="notice notice-bad" role="alert">${this.problem}</p>` : nothing}`;
  }
}
define("gb-preprocess", GbPreprocess);
