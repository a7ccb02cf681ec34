import { html, nothing, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement } from "../lib/element.ts";
import { integer } from "../lib/format.ts";
import { aborted, request, sentence } from "../lib/http.ts";
import { say, toast } from "../lib/say.ts";
import type { Run } from "../lib/session.ts";
import { explain, known, type Input, type Known, type SetsAnswer } from "../lib/sets.ts";
import type { Explanation, Method } from "../lib/types.ts";
import { provenance } from "./provenance.ts";

/** A form as it stands, by the names of its fields. */
export type Draft = Readonly<Record<string, string>>;
interface Told { readonly part: number; readonly message: string; readonly job: string | null }

/**
 * A question about several sets. What was asked lives in the address; what is being typed in the form until it is asked,
 * so that an answer always stands beside its own question in a link.
 */
export abstract class SetQuestion<Found> extends GbElement {
  static override properties = { model: {}, checkpoint: {}, known: { state: true }, draft: { state: true }, answer: { state: true }, told: { state: true }, trouble: { state: true } };
  declare model: string;
  declare checkpoint: string;
  declare known: Known | undefined;
  declare draft: Draft;
  declare answer: SetsAnswer<Found> | undefined;
  declare told: Told | undefined;
  declare trouble: string | undefined;
  protected stop = new AbortController();
  private off: (() => void) | undefined;
  private cached = false;

  protected abstract readonly method: string;
  protected abstract readonly heading: string;
  /** The keys of the address that are this question's. */
  protected abstract readonly url: { watch(listener: () => void): () => void };
  /** What the form would ask by the address alone. */
  protected abstract written(known: Known): Draft;
  protected abstract readonly asked: boolean;
  /** Puts a form, or that nothing is asked, into the address. */
  protected abstract write(draft: Draft | undefined): void;
  protected abstract question(draft: Draft): Record<string, unknown>;
  /** What is looked up for an answer before it is shown. */
  protected async prepare(_answer: SetsAnswer<Found>): Promise<void> {}
  protected abstract fields(known: Known): TemplateResult;
  protected abstract result(answer: SetsAnswer<Found>): TemplateResult;
  /** What is asked, in a few sentences. */
  protected abstract promise(): TemplateResult;
  /** How an answer is read; stands in its place before there is one. */
  protected abstract guide(): TemplateResult;
  /** Why nothing here can be asked about, where the method itself applies. */
  protected abstract lacking(known: Known): TemplateResult | undefined;

  constructor() {
    super();
    this.draft = {};
  }

  override connectedCallback(): void {
    // What the server wrote is for readers without a script.
    this.replaceChildren();
    super.connectedCallback();
    this.off = this.url.watch(() => this.follow());
    void this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off?.();
    this.stop.abort();
  }

  private async begin(): Promise<void> {
    try {
      this.known = await known(this.model, this.checkpoint);
      this.follow();
    } catch (error) {
      this.trouble = sentence(error);
    }
  }

  /** Takes over what the address says. */
  private follow(): void {
    if (!this.known) return;
    this.draft = this.written(this.known);
    if (this.asked && this.entry?.applies && !this.lacking(this.known)) void this.ask();
    else {
      this.stop.abort();
      this.answer = this.told = this.trouble = undefined;
    }
  }

  private get entry(): Method | undefined {
    return this.known?.methods.find((method) => method.name === this.method);
  }

  private async ask(): Promise<void> {
    this.stop.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.trouble = undefined;
    this.told = { part: 0, message: "asking", job: null };
    const body = { model: this.model, ...(this.checkpoint ? { checkpoint: this.checkpoint } : {}), method: this.method, ...this.question(this.draft) };
    try {
      const { answer, cached } = await explain<Found>(body, (part, message, job) => { this.told = { part, message, job }; }, signal);
      await this.prepare(answer);
      if (signal.aborted) return;
      this.cached = cached;
      this.answer = answer;
      say(answer.sentences[0] ?? `${answer.title} is ready.`);
    } catch (error) {
      if (aborted(error)) return;
      this.answer = undefined;
      this.trouble = sentence(error);
    }
    this.told = undefined;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const address = location.search;
    this.write(this.draft);
    // What is in the address already is asked once more: it may have failed.
    if (location.search === address) void this.ask();
  }

  private async forget(): Promise<void> {
    const { answer } = this;
    if (!answer) return;
    try {
      await request(api(`/explanations/${answer.id}`), { method: "DELETE" });
      this.write(undefined);
      toast("This result was deleted");
    } catch (error) {
      toast(sentence(error));
    }
  }

  protected override render(): TemplateResult {
    const { entry } = this;
    return html`<section class="card concept-card" ?data-asked=${this.asked} aria-busy=${this.told ? "true" : "false"}><div class="card-head"><h2>${this.heading}</h2></div>${this.inside(entry)}</section>`;
  }

  private inside(entry: Method | undefined): TemplateResult {
    if (!this.known) return html`<div class="card-body">${this.trouble ? html`<p class="notice" role="status">${this.trouble}</p>` : html`<p class="muted">Looking up inputs and layers…</p>`}</div>`;
    const lacking = this.lacking(this.known);
    if (entry && !entry.applies) return html`<div class="card-body prose">${this.promise()}<p class="notice">${entry.title} does not apply here: ${entry.reason?.startsWith("needs") ? "it " : ""}${entry.reason}.</p></div>`;
    if (lacking) return html`<div class="card-body prose">${this.promise()}<div class="notice"><p>${lacking}</p></div></div>`;
    const changed = this.asked && JSON.stringify(this.draft) !== JSON.stringify(this.written(this.known));
    return html`<div class="concept-grid">
      <form class="concept-form" @submit=${(e: SubmitEvent) => this.submit(e)} @input=${(e: Event) => this.typed(e)}>${this.fields(this.known)}
        <p class="row wrap"><button class="btn btn-primary" type="submit">Ask</button>${changed ? html`<span class="muted small">The answer is to what was asked before.</span>` : nothing}</p>
        ${this.told ? this.progress(this.told) : nothing}</form>
      <div class="concept-answer">
        ${this.trouble ? html`<p class="notice notice-bad" role="alert">${this.trouble}</p>` : nothing}
        ${this.answer ? html`<div class="concept-found">${this.result(this.answer)}${this.how(this.answer)}</div>` : this.trouble ? nothing : html`<div class="concept-guide prose">${this.promise()}${this.guide()}</div>`}
      </div></div>`;
  }

  private typed(event: Event): void {
    const form = event.currentTarget as HTMLFormElement;
    const now = Object.fromEntries([...new FormData(form)].map(([name, v]) => [name, String(v)]));
    this.draft = { ...this.draft, ...now };
  }

  private progress(told: Told): TemplateResult {
    return html`<div class="concept-wait"><p class="muted small" role="status">${Math.round(told.part * 100)} %, ${told.message}${told.job ? html` <button class="btn" type="button" @click=${() => void this.cancel(told.job)}>Cancel</button>` : nothing}</p><progress max="100" value=${told.part * 100} aria-label="Answering"></progress></div>`;
  }

  private async cancel(job: string | null): Promise<void> {
    await request(api(`/jobs/${job}/cancel`), { method: "POST" }).catch((error: unknown) => { this.trouble = sentence(error); });
  }

  private how(answer: SetsAnswer<Found>): TemplateResult {
    const run = { result: answer as unknown as Explanation, cached: this.cached } as Run;
    return html`${answer.notice ? html`<p class="notice small">${answer.notice}</p>` : nothing}
      <details class="concept-how"><summary>How this was computed, and what to take away</summary>${provenance(run, true, () => void this.forget(), false, ["report", "npz"])}</details>`;
  }

  /** A sentence of the worker; what it names stands in backticks. */
  protected sentence(words: string): TemplateResult {
    return html`${words.split("`").map((part, i) => (i % 2 === 1 ? html`<code class="break">${part}</code>` : part))}`;
  }

  /** A choice of inputs. One that the address names and that is gone stays: the server says so. */
  protected inputs(name: string, label: string, all: readonly Input[]): TemplateResult {
    const now = this.draft[name] ?? "";
    return html`<label class="concept-field">${label}<select class="select" name=${name}>
      ${all.some((one) => one.slug === now) ? nothing : html`<option value=${now} selected>${now}</option>`}
      ${all.map((one) => html`<option value=${one.slug} ?selected=${one.slug === now}>${one.name}${one.rows > 1 ? ` (${integer(one.rows)} rows)` : ""}</option>`)}</select></label>`;
  }

  /** Rows of a table that are meant, by a condition. */
  protected filter(name: string, label: string, placeholder: string, required = false): TemplateResult {
    return html`<label class="concept-field">${label}<span class="field"><input class="mono" type="text" name=${name} spellcheck="false" autocomplete="off" autocapitalize="off" placeholder=${placeholder} ?required=${required} .value=${this.draft[name] ?? ""}></span></label>`;
  }

  protected count(name: string, label: string, min: number, max: number | undefined, step: string): TemplateResult {
    return html`<label class="concept-field">${label}<span class="field"><input type="number" name=${name} required min=${min} max=${max ?? nothing} step=${step} .value=${this.draft[name] ?? ""}></span></label>`;
  }

  protected give(what: string): TemplateResult {
    return html`${what} Give one on the <a href=${url("/inputs")}>inputs page</a>.`;
  }
}
