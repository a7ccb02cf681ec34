import { html, nothing, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { duration, integer } from "../lib/format.ts";
import { getJson, request, sentence } from "../lib/http.ts";
import { onLive } from "../lib/live.ts";
import { toast } from "../lib/say.ts";
import type { Job } from "../lib/types.ts";

const WORDS: Readonly<Record<string, string>> = { explain: "Explanation", predict: "Prediction", scan: "Reading a model", inspect: "Reading an input", activations: "Activations", rows: "Rows of a table" };

const STATES: Readonly<Record<string, string>> = { queued: "waits for a worker", running: "running", done: "done", failed: "failed", cancelled: "cancelled" };

/** How long ago a time in µs was. */
function ago(micros: number): string {
  const seconds = Math.max(0, Date.now() / 1000 - micros / 1e6);
  if (seconds < 60) return seconds < 2 ? "just now" : `${Math.round(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : new Date(micros / 1000).toLocaleDateString();
}

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

  /** Everything known of one job. */
  private one(job: Job): TemplateResult {
    const began = job.started_at ?? job.finished_at ?? Date.now() * 1000;
    const told: [string, string][] = [["State", STATES[job.state] ?? job.state], ["Kind", WORDS[job.kind] ?? job.kind], ["Asked", new Date(job.created_at / 1000).toLocaleString()], ["Waited", duration(Math.max(0, (began - job.created_at) / 1e6))]];
    if (job.started_at) told.push([job.finished_at ? "Took" : "Running for", this.spent(job)]);
    if (job.attempt > 1) told.push(["Tries", String(job.attempt)]);
    if (job.message && job.state === "done") told.push(["Last step", job.message]);
    return html`<section class="card card-body stack"><h2>About this job</h2><dl class="facts">${told.map(([name, words]) => html`<div><dt>${name}</dt><dd>${words}</dd></div>`)}</dl>
      ${job.state === "failed" ? html`<p class="small muted">Only this job was lost: its worker process was replaced, and the next job runs. Ask again where you asked for it.</p>` : nothing}</section>`;
  }

  private finished(ended: readonly Job[]): TemplateResult {
    return html`<section class="card"><h2 class="card-head">Finished</h2><div class="table-wrap" tabindex="0" role="region" aria-label="Finished jobs"><table class="table"><thead><tr><th scope="col">Job</th><th scope="col" class="gb-wide">Kind</th><th scope="col" class="gb-wide">Result</th><th scope="col" class="num">Ended</th><th scope="col" class="num">Took</th></tr></thead>
      <tbody>${ended.slice(0, 100).map((job) => html`<tr><td><a href=${url(`/jobs/${job.id}`)}>${job.title}</a></td><td class="gb-wide">${WORDS[job.kind] ?? job.kind}</td><td class="gb-wide">${STATES[job.state] ?? job.state}</td><td class="num">${job.finished_at ? ago(job.finished_at) : ""}</td><td class="num">${this.spent(job)}</td></tr>`)}</tbody></table></div>
      ${ended.length > 100 ? html`<p class="card-body muted small">and ${ended.length - 100} earlier ones</p>` : nothing}</section>`;
  }

  private failure(job: Job): TemplateResult {
    return html`<section class="card gb-failed"><h2>${this.only ? "Why it failed" : html`<a href=${url(`/jobs/${job.id}`)}>${job.title}</a> failed`}</h2><p class="muted gb-break">${job.error ?? "No reason was given."}</p><p class="row"><button type="button" class="btn" @click=${() => void navigator.clipboard.writeText(JSON.stringify(job, null, 2)).then(() => toast("Details copied"))}>Copy details</button></p></section>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.problem) return html`<p class="notice notice-bad" role="alert">${this.problem}</p>`;
    if (!this.jobs) return nothing;
    const running = this.jobs.filter((job) => job.state === "running");
    const queued = this.jobs.filter((job) => job.state === "queued");
    const busy = [...running, ...queued];
    if (this.compact) return busy.length ? html`<ul class="card list">${busy.slice(0, 4).map((job) => this.active(job))}</ul>` : nothing;
    const failed = this.jobs.filter((job) => job.state === "failed");
    const ended = this.jobs.filter((job) => job.state === "done" || job.state === "cancelled");
    const under = html`${busy.length ? html`<section class="card"><h2 class="card-head">Running and queued</h2><ul class="list">${busy.map((job) => this.active(job))}</ul></section>` : nothing}
      ${failed.map((job) => this.failure(job))}`;
    const [first] = this.jobs;
    if (this.only) return first ? html`${under}${this.one(first)}` : nothing;
    if (!first) return html`<div class="empty card"><h2>No jobs yet</h2><p>Reading a model or an input and computing an explanation are jobs. Each runs in a process of its own, so that a broken file or a hungry model costs one job and nothing else.</p></div>`;
    const stat = (name: string, count: number, note: string): TemplateResult => html`<div class="card gb-stat"><p class="muted small">${name}</p><p class="gb-stat-value">${integer(count)}</p><p class="muted small">${note}</p></div>`;
    return html`<div class="gb-stats">${stat("Running", running.length, running.length ? "each in a process of its own" : "nothing runs now")}${stat("Queued", queued.length, queued.length ? "wait for a free worker" : "nothing waits")}${stat("Failed", failed.length, failed.length ? "reasons below" : "none of those shown here")}${stat("Finished", ended.length, "results are kept and found again")}</div>
      ${under}${ended.length ? this.finished(ended) : nothing}`;
  }
}
define("gb-jobs", GbJobs);
