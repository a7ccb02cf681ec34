import { html, nothing, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { duration } from "../lib/format.ts";
import { getJson, request, sentence } from "../lib/http.ts";
import { onLive } from "../lib/live.ts";
import { toast } from "../lib/say.ts";
import type { Job } from "../lib/types.ts";

const WORDS: Readonly<Record<string, string>> = { explain: "Explanation", predict: "Prediction", scan: "Reading a model", inspect: "Reading an input", activations: "Activations", rows: "Rows of a table" };

/** The queue, live: what runs, what waits, what failed and why, what was done. */
export class GbJobs extends GbElement {
  static override properties = { only: {}, compact: { type: Boolean }, jobs: { state: true }, problem: { state: true } };
  /** Show this one job. */
  declare only: string | undefined;
  /** A short list for the landing page. */
  declare compact: boolean;
  declare jobs: readonly Job[] | undefined;
  declare problem: string | undefined;
  private offs: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.offs = [onLive("job", (job) => this.merge(job as unknown as Job)), onLive("resync", () => void this.load())];
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs) off();
  }

  private merge(job: Job): void {
    if (!this.jobs) return;
    const known = this.jobs.some((one) => one.id === job.id);
    if (!known && this.only) return;
    this.jobs = known ? this.jobs.map((one) => (one.id === job.id ? { ...one, ...job } : one)) : [job, ...this.jobs].slice(0, 500);
  }

  private async load(): Promise<void> {
    try {
      this.jobs = this.only ? [await getJson<Job>(api(`/jobs/${this.only}`))] : (await getJson<{ jobs: Job[] }>(api("/jobs"))).jobs;
      for (const drawn of this.querySelectorAll("[data-server]")) drawn.remove();
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  private async cancel(job: Job): Promise<void> {
    try {
      await request(api(`/jobs/${job.id}/cancel`), { method: "POST" });
    } catch (error) {
      toast(sentence(error));
    }
    await this.load();
  }

  private spent(job: Job): string {
    if (!job.started_at) return "";
    return duration(Math.max(0, ((job.finished_at ?? Date.now() * 1000) - job.started_at) / 1e6));
  }

  private active(job: Job): TemplateResult {
    return html`<li class="gb-job"><div class="grow"><b><a href=${url(`/jobs/${job.id}`)}>${job.title}</a></b><p class="muted small">${WORDS[job.kind] ?? job.kind}</p></div>
      <div class="gb-job-bar"><progress max="1" .value=${job.progress} aria-label=${job.title}></progress><p class="muted small">${job.state === "queued" ? "waiting for a worker" : job.message || "running"}${typeof job.seconds_left === "number" ? `, ${duration(job.seconds_left)} left` : ""}</p></div>
      <button type="button" class="btn" @click=${() => void this.cancel(job)}>Cancel<span class="sr-only"> ${job.title}</span></button></li>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.problem) return html`<p class="notice notice-bad" role="alert">${this.problem}</p>`;
    if (!this.jobs) return nothing;
    const busy = this.jobs.filter((job) => job.state === "running" || job.state === "queued").sort((a, b) => Number(b.state === "running") - Number(a.state === "running"));
    if (this.compact) return busy.length ? html`<ul class="card list">${busy.slice(0, 4).map((job) => this.active(job))}</ul>` : nothing;
    const failed = this.jobs.filter((job) => job.state === "failed");
    const ended = this.jobs.filter((job) => job.state === "done" || job.state === "cancelled");
    const stat = (name: string, number_: string, note: string): TemplateResult => html`<div class="card gb-stat"><p class="muted small">${name}</p><p class="gb-stat-value">${number_}</p><p class="muted small">${note}</p></div>`;
    return html`${this.only ? nothing : html`<div class="gb-stats">${stat("Running", String(busy.filter((j) => j.state === "running").length), "in worker processes")}${stat("Queued", String(busy.filter((j) => j.state === "queued").length), "jobs wait")}${stat("Failed", String(failed.length), "each with its reason")}${stat("Finished", String(ended.length), "results are kept by content")}</div>`}
      ${busy.length ? html`<section class="card"><h2 class="card-head">Running and queued</h2><ul class="list">${busy.map((job) => this.active(job))}</ul></section>` : this.only ? nothing : html`<p class="muted">Nothing runs now.</p>`}
      ${failed.map((job) => html`<section class="card gb-failed"><h2>${job.title} failed</h2><p class="muted">${job.error ?? "No reason was given."}</p><p class="row"><button type="button" class="btn" @click=${() => void navigator.clipboard.writeText(JSON.stringify(job, null, 2)).then(() => toast("Details copied"))}>Copy details</button></p></section>`)}
      ${ended.length ? html`<section class="card"><h2 class="card-head">Finished</h2><div class="table-wrap"><table class="table"><thead><tr><th scope="col">Job</th><th scope="col">Kind</th><th scope="col">Result</th><th scope="col" class="num">Spent</th></tr></thead><tbody>${ended.slice(0, 100).map((job) => html`<tr><td><a href=${url(`/jobs/${job.id}`)}>${job.title}</a></td><td>${WORDS[job.kind] ?? job.kind}</td><td>${job.state}</td><td class="num">${this.spent(job)}</td></tr>`)}</tbody></table></div></section>` : nothing}`;
  }
}
define("gb-jobs", GbJobs);
