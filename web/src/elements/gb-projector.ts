import { html, nothing, type TemplateResult } from "lit";
import { ref as reference } from "lit/directives/ref.js";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { integer, value } from "../lib/format.ts";
import { request, sentence } from "../lib/http.ts";
import { follow, type Kept } from "../lib/projections.ts";
import { icon } from "../lib/icons.ts";
import { bind } from "../lib/keys.ts";
import { say, toast } from "../lib/say.ts";
import { sample } from "../lib/projection.ts";
import { choice, flag, number, text, UrlState } from "../lib/url-state.ts";
import { vars } from "../lib/vars.ts";
import { startWorker } from "../lib/worker.ts";
import projection from "../workers/projection.ts?worker&url";
import type { GbPoints } from "./gb-points.ts";
import "./gb-points.ts";

interface Embedding { readonly id: number; readonly run: string; readonly name: string; readonly tensor: string; readonly points: number; readonly dimensions: number; readonly metadata: boolean; readonly sprite: { width: number; height: number } | null; readonly bookmarks: boolean; readonly problem: string | null }
interface Reply { readonly id: number; readonly at?: Float32Array; readonly near?: readonly { i: number; far: number }[] }

interface Asked { readonly m: "pca" | "tsne" | "umap" | "axes"; readonly dim: "2" | "3"; readonly sph: boolean; readonly perp: number; readonly nb: number; readonly md: number; readonly seed: number }

const METHODS = [["pca", "PCA"], ["tsne", "t-SNE"], ["umap", "UMAP"], ["axes", "Custom"]] as const;
const wordOf = (method: string | undefined): string => METHODS.find(([v]) => v === method)?.[1] ?? "";
const GROUPS = 24;
const GREY = "--axis";
const INK = Array.from({ length: 12 }, (_, i) => `--run-${i + 1}`);

/** Embeddings that a run wrote: projections, neighbours, colours by metadata, search, selections. */
class GbProjector extends GbElement {
  static override properties = { experiment: {}, embeddings: { type: Array }, at: { state: true }, index: { state: true }, problem: { state: true }, failed: { state: true }, busy: { state: true }, kept: { state: true }, variance: { state: true }, near: { state: true }, isolated: { state: true }, boxed: { state: true }, rows: { state: true }, sprite: { state: true }, marks: { state: true }, tick: { state: true } };
  declare experiment: string;
  declare embeddings: readonly Embedding[];
  declare at: Float32Array | undefined;
  declare index: Uint32Array;
  declare problem: string | undefined;
  /** Why the picture that was asked for last is not there. */
  declare failed: string | undefined;
  declare busy: { readonly done: number; readonly words: string } | undefined;
  declare kept: Kept | undefined;
  declare variance: readonly number[];
  declare near: readonly { i: number; far: number }[];
  /** Points of the picture that alone are drawn. */
  declare isolated: ReadonlySet<number> | undefined;
  declare boxed: ReadonlySet<number>;
  /** Metadata: a row a point, without the head. */
  declare rows: readonly (readonly string[])[];
  declare sprite: ImageBitmap | undefined;
  declare marks: readonly { readonly label: string; readonly query: string }[];
  declare tick: number;
  /** What the picture that is drawn was asked with; the controls may ask for another already. */
  private drawn: Asked | undefined;
  private wanted: Asked | undefined;
  private head: readonly string[] = [];
  private readonly state = new UrlState({
    e: text(), m: choice<"pca" | "tsne" | "umap" | "axes">("pca", "tsne", "umap", "axes"), dim: choice<"2" | "3">("2", "3"), c: text(), lab: flag(true), img: flag(false), sph: flag(false),
    q: text(), in: text(), sel: number(-1, -1, 1e9), how: choice<"cosine" | "euclidean">("cosine", "euclidean"), k: number(8, 1, 100), perp: number(25, 2, 100), nb: number(15, 2, 100), md: number(0.1, 0, 0.99), seed: number(0, 0, 1e9),
    xl: text(), xr: text(), yl: text(), yr: text(),
  });
  private worker: Worker | undefined;
  /** Neighbours do not wait behind a projection. */
  private finder: Worker | undefined;
  private asked = 0;
  private following: AbortController | undefined;
  private values = new Float32Array();
  private offs: (() => void)[] = [];
  private slots = new Uint16Array();
  private groups: readonly { readonly name: string; readonly count: number; readonly ink: string }[] = [];
  private coloured = "";

  override connectedCallback(): void {
    super.connectedCallback();
    Object.assign(this, { variance: [], near: [], rows: [], boxed: new Set(), marks: [], tick: 0, index: new Uint32Array() });
    this.offs = [
      this.state.watch((_, changed) => {
        this.tick += 1;
        const has = (...keys: string[]): boolean => keys.some((key) => changed.has(key as "e"));
        if (has("e")) void this.open();
        else if (has("m", "sph", "perp", "nb", "md", "seed") || (has("dim") && this.state.values.m !== "axes") || (this.state.values.m === "axes" && has("xl", "xr", "yl", "yr", "in"))) this.project();
        if (has("sel", "how", "sph")) this.ask();
      }),
      bind("Escape", () => { this.boxed = new Set(); this.state.set({ sel: -1, q: "" }, true); }),
    ];
    void this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs) off();
    this.worker?.terminate();
    this.finder?.terminate();
    this.following?.abort();
  }

  private get chosen(): Embedding | undefined {
    return this.embeddings.find((one) => String(one.id) === this.state.values.e) ?? this.embeddings.find((one) => !one.problem) ?? this.embeddings[0];
  }

  private async open(): Promise<void> {
    const one = this.chosen;
    if (!one) return;
    const part = (name: string): string => api(`/embeddings/${one.id}/${name}`);
    this.querySelector("[data-server]")?.remove();
    this.drawn = undefined;
    Object.assign(this, { at: undefined, problem: one.problem ?? undefined, isolated: undefined, boxed: new Set(), rows: [], sprite: undefined, near: [], coloured: "", head: [], marks: [] });
    if (one.problem) return;
    this.finder?.terminate();
    this.finder = undefined;
    this.values = new Float32Array();
    this.busy = { done: 0, words: "reading the points" };
    try {
      if (one.metadata) this.metadata(await (await request(part("metadata"))).text(), one.points);
      this.values = new Float32Array(await (await request(part("tensor"))).arrayBuffer());
      this.start();
      this.project();
      this.ask();
      if (one.sprite) this.sprite = await createImageBitmap(await (await request(part("sprite"))).blob());
      if (one.bookmarks) this.bookmarks(await (await request(part("bookmarks"))).text());
    } catch (error) {
      this.busy = undefined;
      this.problem = sentence(error);
    }
  }

  /** A head stands over the rows only where there are several columns. */
  private metadata(given: string, points: number): void {
    const lines = given.replace(/\r/g, "").split("\n");
    if (lines.at(-1) === "") lines.pop();
    const rows = lines.map((line) => line.split("\t"));
    const headed = (rows[0]?.length ?? 1) > 1 && rows.length > points;
    this.head = headed || ((rows[0]?.length ?? 1) > 1 && rows.length === points + 1) ? (rows.shift() ?? []) : (rows[0] ?? []).length > 1 ? (rows.shift() ?? []) : ["label"];
    this.rows = rows;
  }

  /** TensorBoard's bookmarks are states of its own page; what has a place here is kept. */
  private bookmarks(given: string): void {
    try {
      const states = JSON.parse(given) as readonly Record<string, unknown>[];
      this.marks = states.map((s, i) => {
        const method = s["selectedProjection"];
        const query = new URLSearchParams({ ...(method === "tsne" || method === "umap" ? { m: method } : {}), ...(typeof s["selectedColorOptionName"] === "string" ? { c: s["selectedColorOptionName"] } : {}), ...(typeof s["tSNEPerplexity"] === "number" ? { perp: String(s["tSNEPerplexity"]) } : {}), ...(Array.isArray(s["selectedPoints"]) && typeof s["selectedPoints"][0] === "number" ? { sel: String(s["selectedPoints"][0]) } : {}), ...(s["tSNEis3d"] === true || s["is3d"] === true ? { dim: "3" } : {}) });
        return { label: typeof s["label"] === "string" && s["label"] ? s["label"] : `Bookmark ${i + 1}`, query: query.toString() };
      });
    } catch {
      toast("The bookmarks of this embedding are no JSON");
    }
  }

  private start(): void {
    this.worker?.terminate();
    const one = this.chosen;
    if (!one) return;
    this.worker = startWorker(projection);
    this.worker.addEventListener("message", (event: MessageEvent<Reply>) => this.hear(event.data));
    this.worker.postMessage({ points: { n: one.points, width: one.dimensions, values: this.values } });
  }

  private hear(reply: Reply): void {
    if (reply.near) { this.near = reply.near; return; }
    if (reply.id === this.asked && reply.at) this.show(reply.at);
  }

  private show(at: Float32Array, variance: readonly number[] = [], kept?: Kept): void {
    const n = this.chosen?.points ?? 0;
    this.drawn = this.wanted;
    Object.assign(this, { at, index: Uint32Array.from({ length: n }, (_, i) => i), variance, kept, busy: undefined, isolated: undefined, coloured: "" });
    say("The projection is drawn");
  }

  private project(): void {
    const one = this.chosen;
    if (!one) return;
    const { m, dim, sph, perp, nb, md, seed, xl, xr, yl, yr } = this.state.values;
    this.following?.abort();
    this.asked += 1;
    this.failed = undefined;
    this.wanted = { m, dim, sph, perp, nb, md, seed };
    // Back to what is drawn, after a cancel.
    if (m !== "axes" && this.at && JSON.stringify(this.wanted) === JSON.stringify(this.drawn)) { this.busy = undefined; return; }
    this.busy = { done: 0, words: "starting" };
    if (m === "axes") {
      const everyone = (): number[] => [...sample(one.points, 1000)];
      const found = (pattern: string): readonly number[] => { const all = pattern ? this.matching(pattern) : []; return all.length ? all : everyone(); };
      const axes = [{ low: found(xl), high: found(xr) }, { low: found(yl), high: found(yr) }];
      this.worker?.postMessage({ id: this.asked, kind: "axes", spherize: sph, axes });
      return;
    }
    const asked = { method: m, dimensions: Number(dim), spherize: sph, ...(m === "tsne" ? { seed, perplexity: perp } : m === "umap" ? { seed, neighbours: nb, minimum_distance: md } : {}) };
    this.following = new AbortController();
    const { signal } = this.following;
    follow(one.id, asked, (done, words) => { this.busy = { done, words }; }, signal).then(
      (found) => { if (!signal.aborted) this.show(found.at, found.variance, found.kept); },
      (error: unknown) => { if (!signal.aborted) Object.assign(this, { busy: undefined, failed: sentence(error) }); },
    );
  }

  private cancel(): void {
    this.following?.abort("cancelled");
    this.busy = undefined;
    this.asked += 1;
    this.state.set(this.at && this.drawn ? this.drawn : { m: "pca" }, true);
    say("Cancelled");
  }

  private ask(): void {
    const { sel, how, sph } = this.state.values;
    this.near = [];
    if (sel < 0 || sel >= (this.chosen?.points ?? 0)) return;
    if (!this.finder && this.values.length) {
      this.finder = startWorker(projection);
      this.finder.addEventListener("message", (event: MessageEvent<Reply>) => this.hear(event.data));
      this.finder.postMessage({ points: { n: this.chosen?.points ?? 0, width: this.chosen?.dimensions ?? 0, values: this.values } });
    }
    this.finder?.postMessage({ id: -1, kind: "near", from: sel, how, k: 100, spherize: sph });
  }

  /** Points whose metadata matches; `in` names the column, all where empty. */
  private matching(pattern: string): number[] {
    let test: (s: string) => boolean;
    try { const re = new RegExp(pattern, "i"); test = (s) => re.test(s); } catch { return []; }
    const column = this.head.indexOf(this.state.values.in);
    const out: number[] = [];
    if (this.rows.length === 0) { const n = this.chosen?.points ?? 0; for (let i = 0; i < n; i += 1) if (test(String(i))) out.push(i); }
    for (const [i, row] of this.rows.entries()) if (column >= 0 ? test(row[column] ?? "") : row.some(test)) out.push(i);
    return out;
  }

  private label(i: number): string {
    const { c } = this.state.values;
    const column = Math.max(0, this.head.indexOf(c));
    return this.rows[i]?.[column] ?? String(i);
  }

  /** Gives each point its colour: a category's, or a place on a ramp. */
  private colour(): readonly string[] {
    const { c } = this.state.values;
    const key = `${c} ${this.index.length} ${this.rows.length} ${this.chosen?.id}`;
    if (this.coloured !== key) {
      this.coloured = key;
      this.slots = new Uint16Array(this.index.length);
      this.groups = [];
      const column = c === "-" ? -1 : c === "" ? (this.head.length ? 0 : -1) : this.head.indexOf(c);
      if (column >= 0) {
        const counts = new Map<string, number>();
        for (const i of this.index) { const v = this.rows[i]?.[column] ?? ""; counts.set(v, (counts.get(v) ?? 0) + 1); }
        const names = [...counts.keys()];
        const numeric = names.length > GROUPS && names.every((v) => v !== "" && Number.isFinite(Number(v)));
        if (names.length <= GROUPS) {
          const sorted = names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
          this.groups = sorted.map((name, g) => ({ name, count: counts.get(name) ?? 0, ink: INK[g % 12] ?? GREY }));
          const place = new Map(sorted.map((name, g) => [name, (g % 12) + 1]));
          for (const [p, i] of this.index.entries()) this.slots[p] = place.get(this.rows[i]?.[column] ?? "") ?? 0;
        } else if (numeric) {
          const numbers = [...this.index].map((i) => Number(this.rows[i]?.[column]));
          let [low, high] = [Infinity, -Infinity];
          for (const v of numbers) { low = Math.min(low, v); high = Math.max(high, v); }
          for (const [p, v] of numbers.entries()) this.slots[p] = 13 + Math.min(11, Math.floor(((v - low) / (high - low || 1)) * 12));
          this.groups = [{ name: `${value(low)} to ${value(high)}`, count: numbers.length, ink: "ramp" }];
        }
      } else this.slots.fill(this.rows.length ? 0 : 1);
    }
    return [GREY, ...INK, ...Array.from({ length: 12 }, (_, i) => `--ramp-${i + 1}`)];
  }

  protected override render(): TemplateResult {
    const one = this.chosen;
    if (!one) return html``;
    return html`${this.controls(one)}<div class="pj-stage">${this.stage(one)}</div>${this.panel(one)}`;
  }

  private radio<T extends string>(name: string, legend: string, all: readonly (readonly [T, string])[], now: T, set: (v: T) => void): TemplateResult {
    return html`<fieldset class="seg"><legend class="sr-only">${legend}</legend>${all.map(([v, word]) => html`<label><input type="radio" name=${name} .checked=${v === now} @change=${() => set(v)}>${word}</label>`)}</fieldset>`;
  }

  private slider(word: string, key: "perp" | "nb" | "md" | "k" | "seed", min: number, max: number, step: number): TemplateResult {
    const now = this.state.values[key];
    return html`<label class="pj-slider"><span class="row"><span class="grow muted">${word}</span><output>${now}</output></span><input type="range" min=${min} max=${max} step=${step} .value=${String(now)} ${vars({ "--fill": `${((now - min) / (max - min)) * 100}%` })} @change=${(e: Event) => this.state.set({ [key]: Number((e.target as HTMLInputElement).value) }, true)}></label>`;
  }

  private toggle(word: string, key: "lab" | "img" | "sph"): TemplateResult {
    return html`<label class="switch"><input type="checkbox" role="switch" .checked=${this.state.values[key]} @change=${(e: Event) => this.state.set({ [key]: (e.target as HTMLInputElement).checked }, true)}>${word}</label>`;
  }

  private controls(one: Embedding): TemplateResult {
    const { m, c, in: column } = this.state.values;
    const colours = this.at ? this.colour() : [];
    const field = (word: string, key: "xl" | "xr" | "yl" | "yr"): TemplateResult => html`<label class="grow"><span class="sr-only">${word}</span><input class="input" type="text" placeholder=${word} .value=${this.state.values[key]} @change=${(e: Event) => this.state.set({ [key]: (e.target as HTMLInputElement).value }, true)}></label>`;
    return html`<aside class="pj-side" aria-label="Projection">
      <section class="pj-part">${this.embeddings.length > 1 ? html`<select class="select mono pj-all" aria-label="Embedding" @change=${(e: Event) => this.state.set({ e: (e.target as HTMLSelectElement).value, sel: -1, q: "" }, true)}>${this.embeddings.map((o) => html`<option value=${o.id} ?selected=${o === one}>${o.name} · ${o.tensor}</option>`)}</select>` : html`<b class="mono gb-break">${one.tensor}</b>`}
        <p class="muted small">${integer(one.points)} points, ${integer(one.dimensions)}-D, run <a href=${url(`/runs/${encodeURIComponent(this.experiment)}/r/${encodeURIComponent(one.run)}`)}>${one.name}</a></p></section>
      <section class="pj-part"><h2>Projection</h2>${this.radio("pj-m", "Method", METHODS, m, (v) => this.state.set({ m: v }, true))}
        ${m === "tsne" ? html`${this.slider("Perplexity", "perp", 2, 100, 1)}${this.slider("Seed", "seed", 0, 20, 1)}` : nothing}
        ${m === "umap" ? html`${this.slider("Neighbours", "nb", 2, 100, 1)}${this.slider("Min. distance", "md", 0, 0.99, 0.01)}${this.slider("Seed", "seed", 0, 20, 1)}` : nothing}
        ${m === "axes" ? html`<p class="muted small">Each axis goes from the mean of what the left pattern finds to the mean of what the right one finds.</p><div class="row">${field("left", "xl")}${field("right", "xr")}</div><div class="row">${field("down", "yl")}${field("up", "yr")}</div>` : nothing}
        ${this.toggle("Spherize", "sph")}${this.toggle("Labels", "lab")}${one.sprite ? this.toggle("Images as points", "img") : nothing}</section>
      ${this.rows.length ? html`<section class="pj-part"><div class="row"><h2 class="grow">Colour</h2><select class="select mono pj-pick" aria-label="Colour by" @change=${(e: Event) => this.state.set({ c: (e.target as HTMLSelectElement).value }, true)}>${this.head.map((h, i) => html`<option value=${h} ?selected=${c === h || (c === "" && i === 0)}>${h}</option>`)}<option value="-" ?selected=${c === "-"}>none</option></select></div>
        ${colours.length && this.groups.length ? html`<ul class="pj-legend">${this.groups.map((g) => html`<li>${g.ink === "ramp" ? html`<span class="pj-ramp"></span>` : html`<span class="dot" ${vars({ background: `var(${g.ink})` })}></span>`}<button type="button" class="gb-plain grow ellipsis" title=${g.name} @click=${() => this.state.set({ q: `^${g.name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`, in: c || (this.head[0] ?? "") }, true)}>${g.name || "(empty)"}</button><span class="muted num">${integer(g.count)}</span></li>`)}</ul>` : this.at ? html`<p class="muted small">${c === "-" ? "One colour." : "More values than there are colours."}</p>` : nothing}</section>` : nothing}
      ${this.at ? html`<section class="pj-part"><h2>What ${wordOf(this.drawn?.m)} keeps</h2>${this.keeps(one)}</section>` : nothing}
      ${this.marks.length ? html`<section class="pj-part"><h2>Bookmarks</h2><ul>${this.marks.map((b) => html`<li><a href=${`?${b.query}`}>${b.label}</a></li>`)}</ul></section>` : nothing}
      <section class="pj-part"><span class="row wrap"><button type="button" class="btn" ?disabled=${!this.at} @click=${() => this.save()}>CSV</button><a class="btn" href=${api(`/embeddings/${one.id}/tensor`)} download=${`${one.tensor}.f32`}>Points</a></span></section>
      <p class="sr-only">Search looks in ${column || "every column"}.</p>
    </aside>`;
  }

  private keeps(one: Embedding): TemplateResult {
    const m = this.drawn?.m;
    const three = this.drawn?.dim === "3";
    const share = (n: number): string => `${(this.variance.slice(0, n).reduce((a, b) => a + b, 0) * 100).toFixed(1)} %`;
    return html`${this.variance.length ? html`<p class="muted small">${three ? "Three" : "Two"} components hold <b class="pj-strong">${share(three ? 3 : 2)}</b> of the variance.</p><ol class="pj-bars" aria-label="Share of the variance">${this.variance.map((v, i) => html`<li title=${`component ${i + 1}: ${(v * 100).toFixed(2)} %`}><i ${vars({ height: `${Math.max(2, (v / (this.variance[0] || 1)) * 100)}%` })} ?data-on=${i < (three ? 3 : 2)}></i><span class="sr-only">component ${i + 1}: ${(v * 100).toFixed(2)} %</span></li>`)}</ol>` : nothing}
      ${this.kept ? html`<p class="muted small">Of the ${this.kept.neighbours} nearest points in ${integer(one.dimensions)}-D, <b class="pj-strong">${(this.kept.share * this.kept.neighbours).toFixed(1)}</b> on average are among the ${this.kept.neighbours} nearest in this picture; by chance it would be ${value(this.kept.chance * this.kept.neighbours, 2)} (measured on ${integer(this.kept.asked)} points).${m === "tsne" || m === "umap" ? " Distances between clusters carry little meaning." : ""}</p>` : html`<p class="muted small">${this.at ? "Axes of one’s own are not measured." : ""}</p>`}`;
  }

  private stage(one: Embedding): TemplateResult {
    const { dim, q, sel, lab, img, in: column } = this.state.values;
    if (this.problem) return html`<div class="page-body"><p class="notice notice-bad" role="alert"><b>This embedding could not be read.</b> ${this.problem}</p></div>`;
    const spot = new Map<number, number>();
    if (this.index.length < one.points) for (const [p, i] of this.index.entries()) spot.set(i, p);
    const place = (i: number): number => (this.index.length === one.points ? i : (spot.get(i) ?? -1));
    const found = q ? this.matching(q) : [];
    const near = sel >= 0 ? this.near.slice(0, this.state.values.k) : [];
    const marked = new Set((this.boxed.size ? [...this.boxed] : q ? found : near.length ? [sel, ...near.map((o) => o.i)] : []).map(place).filter((p) => p >= 0));
    const at = this.at;
    const still = at && this.drawn && this.drawn.m !== this.state.values.m ? html` <span class="muted">${wordOf(this.drawn.m)} is still shown.</span>` : nothing;
    const labels: { i: number; text: string; strong?: boolean; at?: [number, number, number] }[] = [];
    const colours = at ? this.colour() : [];
    if (at && lab) {
      if (this.groups.length > 1 && this.groups.length <= GROUPS && !img) {
        const sums = new Map<string, [number, number, number, number]>();
        const c = Math.max(0, this.head.indexOf(this.state.values.c));
        for (const [p, i] of this.index.entries()) { const name = this.rows[i]?.[c] ?? ""; const s = sums.get(name) ?? [0, 0, 0, 0]; sums.set(name, [s[0] + (at[p * 3] as number), s[1] + (at[p * 3 + 1] as number), s[2] + (at[p * 3 + 2] as number), s[3] + 1]); }
        for (const [name, s] of sums) labels.push({ i: -1, text: name, strong: true, at: [s[0] / s[3], s[1] / s[3], s[2] / s[3]] });
      } else if (this.index.length <= 120 && this.rows.length) for (const [p, i] of this.index.entries()) labels.push({ i: p, text: this.label(i) });
      if (sel >= 0) for (const i of [sel, ...near.map((o) => o.i)]) if (place(i) >= 0) labels.push({ i: place(i), text: this.label(i) });
    }
    return html`<div class="pj-tools row wrap">${this.radio("pj-dim", "Dimensions", [["2", "2-D"], ["3", "3-D"]] as const, dim, (v) => this.state.set({ dim: v }, true))}
        <label class="field pj-find">${icon("search")}<input data-filter type="search" placeholder="Find, regex" aria-label="Find points, regex" .value=${q} @input=${(e: Event) => { this.boxed = new Set(); this.state.set({ q: (e.target as HTMLInputElement).value }); }}><kbd>/</kbd></label>
        ${this.head.length > 1 ? html`<select class="select mono pj-pick" aria-label="Look in" @change=${(e: Event) => this.state.set({ in: (e.target as HTMLSelectElement).value }, true)}><option value="" ?selected=${column === ""}>any column</option>${this.head.map((h) => html`<option value=${h} ?selected=${column === h}>${h}</option>`)}</select>` : nothing}
        <span class="muted small" aria-live="polite">${this.boxed.size ? `${integer(this.boxed.size)} in the box` : q ? `${integer(found.length)} found` : ""}</span>
        ${this.isolated ? html`<button type="button" class="btn" @click=${() => { this.isolated = undefined; }}>Show all</button>` : marked.size > 1 ? html`<button type="button" class="btn" @click=${() => { this.isolated = marked; }}>Isolate ${integer(marked.size)}</button>` : nothing}
        <span class="grow"></span><span class="row pj-zoom"><button type="button" class="icon-btn icon-btn-edge" aria-label="Zoom in" @click=${() => this.points()?.magnify(1.4)}>+</button><button type="button" class="icon-btn icon-btn-edge" aria-label="Zoom out" @click=${() => this.points()?.magnify(0.7)}>−</button><button type="button" class="btn" @click=${() => this.points()?.reset()}>Fit</button></span></div>
      <div class="pj-view"><div class="pj-notes">${this.busy ? html`<div class="pj-busy" role="status"><span>${wordOf(this.state.values.m)}: ${this.busy.words}${still === nothing ? "" : " ·"}${still}</span><progress max="1" value=${this.busy.done}></progress><button type="button" class="btn" @click=${() => this.cancel()}>Cancel</button></div>` : nothing}
      ${this.failed ? html`<p class="notice notice-bad pj-failed" role="alert"><b>${wordOf(this.state.values.m)} could not be drawn.</b> ${this.failed}${still}${at ? "" : html` <button type="button" class="link-btn" @click=${() => this.state.set({ m: "pca" }, true)}>Draw PCA</button>`}</p>` : nothing}</div>
      ${at ? html`<gb-points .at=${at} .slots=${this.slots} .colours=${colours} .dim=${Number(dim)} .marked=${marked} .selected=${place(sel)} .labels=${labels} .shown=${this.isolated} .sprite=${img && this.sprite && one.sprite ? { image: this.sprite, ...one.sprite, index: (p: number) => this.index[p] ?? 0 } : undefined}
        @gb-point=${(e: CustomEvent<number>) => { this.boxed = new Set(); const i = e.detail < 0 ? -1 : (this.index[e.detail] ?? -1); this.state.set({ sel: i }, true); if (i >= 0) say(this.label(i)); }} @gb-box=${(e: CustomEvent<number[]>) => { this.boxed = new Set(e.detail.map((p) => this.index[p] ?? 0)); }}></gb-points>` : nothing}</div>
      <p class="pj-hint xs muted">${dim === "3" ? "drag turns, Alt drag moves" : "drag moves"} · wheel zooms · Shift drag draws a box · click chooses</p>`;
  }

  private points(): GbPoints | null {
    return this.querySelector<GbPoints>("gb-points");
  }

  private thumb(one: Embedding, i: number): TemplateResult | typeof nothing {
    if (!one.sprite || !this.sprite) return nothing;
    const { width, height } = one.sprite;
    const across = Math.max(1, Math.floor(this.sprite.width / width));
    const image = this.sprite;
    const fill = (canvas: Element | undefined): void => { if (canvas instanceof HTMLCanvasElement) { const context = canvas.getContext("2d"); context?.clearRect(0, 0, width, height); context?.drawImage(image, (i % across) * width, Math.floor(i / across) * height, width, height, 0, 0, width, height); } };
    return html`<canvas class="pj-thumb" width=${width} height=${height} role="img" aria-label=${this.label(i)} ${reference(fill)}></canvas>`;
  }

  private panel(one: Embedding): TemplateResult {
    const { sel, how, k } = this.state.values;
    const listed = this.boxed.size ? [...this.boxed] : this.state.values.q && sel < 0 ? this.matching(this.state.values.q) : [];
    if (sel < 0 || sel >= one.points) {
      return html`<aside class="pj-panel" aria-label="Points">${listed.length ? html`<section class="pj-part"><h2>${integer(listed.length)} points</h2><ul class="pj-list">${listed.slice(0, 100).map((i) => html`<li><button type="button" class="gb-plain ellipsis" @click=${() => this.state.set({ sel: i }, true)}>${this.thumb(one, i)} ${this.label(i)} <span class="muted">#${i}</span></button></li>`)}</ul>${listed.length > 100 ? html`<p class="muted small">and ${integer(listed.length - 100)} more</p>` : nothing}</section>`
      : html`<section class="pj-part"><p class="muted small">Choose a point to see what is known of it and which points are nearest in ${integer(one.dimensions)}-D.</p><p class="muted small gb-hints"><kbd>/</kbd> find <kbd>Esc</kbd> let go <kbd>0</kbd> fit <kbd>+</kbd> <kbd>-</kbd> zoom</p></section>`}</aside>`;
    }
    const near = this.near.slice(0, k);
    const own = this.label(sel);
    const same = near.filter((o) => this.label(o.i) === own).length;
    const counts = new Map<string, number>();
    for (const o of this.near.slice(0, 50)) counts.set(this.label(o.i), (counts.get(this.label(o.i)) ?? 0) + 1);
    const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 8);
    return html`<aside class="pj-panel" data-on aria-label="Point">
      <section class="pj-part pj-point">${this.thumb(one, sel)}<div class="grow"><div class="row"><h2 class="grow gb-break">${own}</h2><button type="button" class="icon-btn" aria-label="Let go of the point" @click=${() => this.state.set({ sel: -1 }, true)}>${icon("close")}</button></div>
        <dl class="facts pj-facts"><div><dt>point</dt><dd>${sel}</dd></div>${(this.rows[sel] ?? []).slice(0, 12).map((v, i) => html`<div><dt class="mono">${this.head[i] ?? ""}</dt><dd>${v}</dd></div>`)}</dl></div></section>
      <section class="pj-part"><div class="row"><h2 class="grow">Nearest in ${integer(one.dimensions)}-D</h2>${this.radio("pj-how", "Distance", [["cosine", "Cosine"], ["euclidean", "L2"]] as const, how, (v) => this.state.set({ how: v }, true))}</div>
        ${this.slider("Points", "k", 1, 100, 1)}
        ${near.length ? html`<ul class="pj-list" data-pictures=${this.sprite ? "" : nothing}>${near.map((o) => html`<li><button type="button" class="gb-plain" @click=${() => this.state.set({ sel: o.i }, true)}>${this.thumb(one, o.i)}<span class="row"><span class="grow ellipsis">${this.label(o.i)}</span><span class="muted num">${value(o.far, 3)}</span></span></button></li>`)}</ul>${this.rows.length ? html`<p class="muted small">${same} of the ${near.length} nearest share its label.</p>` : nothing}` : html`<p class="muted small">Looking for them.</p>`}</section>
      ${this.rows.length && top.length && (top[0]?.[1] ?? 0) > 1 ? html`<section class="pj-part"><h2>Labels of the 50 nearest</h2><ul class="pj-counts">${top.map(([name, n]) => html`<li><span class="ellipsis">${name}</span><i ${vars({ width: `${(n / (top[0]?.[1] ?? 1)) * 100}%`, background: `var(${this.groups.find((g) => g.name === name)?.ink ?? "--axis"})` })}></i><span class="muted num">${n}</span></li>`)}</ul></section>` : nothing}
    </aside>`;
  }

  private save(): void {
    if (!this.at) return;
    const cell = (s: string): string => `"${/^[=+\-@\t]/.test(s) ? "'" : ""}${s.replaceAll('"', '""')}"`;
    const lines = [["point", "x", "y", "z", ...this.head.map(cell)].join(",")];
    for (const [p, i] of this.index.entries()) lines.push([i, this.at[p * 3], this.at[p * 3 + 1], this.at[p * 3 + 2], ...(this.rows[i] ?? []).map(cell)].join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\n"), "\n"], { type: "text/csv" }));
    link.download = `${this.state.values.m}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

define("gb-projector", GbProjector);
