/**
 * A model over a whole table: the questions its pages ask, the state they share, and how an answer is followed until
 * it is done. Rows of a long answer are shown as they come.
 */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { api, url } from "./base.ts";
import { decodeColumns, type Column } from "./columns.ts";
import { getJson, request, sendJson, sentence } from "./http.ts";
import { onLive } from "./live.ts";
import type { Ask, State } from "./types.ts";
import { choice, list, number, text, UrlState, type Key } from "./url-state.ts";

const target: Key<number | null> = { initial: null, parse: (t) => (/^\d+$/.test(t) ? Number(t) : undefined), format: (v) => (v === null ? "" : String(v)) };

/** What the address says; one for all views of the page. */
export const setState = new UrlState({
  t: target, m: text(), unit: choice("logit", "prob"), bg: number(100, 1, 100_000), rows: number(0, 0, 1_000_000), row: number(0, 0, 1e9),
  v: choice("bees", "bar", "heat", "violin", "decision"), sort: choice("mean", "max", "name"), n: number(12, 1, 1000),
  feat: text(), by: text(), pair: list(), thr: number(0.5, 0, 1), cls: target, coh: text(), seed: number(0, 0, 2 ** 31),
});

export type Kind = "number" | "integer" | { readonly category: readonly string[] };

export interface SetAnswer {
  readonly id: string; readonly method: string; readonly title: string; readonly params: Readonly<Record<string, unknown>>; readonly target: number;
  readonly target_label: string | null; readonly labels: readonly string[]; readonly on: string; readonly background: { readonly rows: number }; readonly seed: number;
  readonly model_hash: string; readonly data_hash: string; readonly rows: { readonly from: number; readonly count: number; readonly done: number; readonly of: number };
  readonly passes: { readonly forward: number; readonly backward: number }; readonly seconds?: number; readonly feature_names: readonly string[];
  readonly columns: { readonly names: readonly string[]; readonly kinds: readonly Kind[] }; readonly completeness_gap: number | null; readonly sentences: readonly string[];
  readonly found: Readonly<Record<string, unknown>>; readonly notice: string | null; readonly classes: readonly string[];
}

export interface SetData { readonly answer: SetAnswer; readonly arrays: ReadonlyMap<string, Column>; readonly rows: number; readonly features: number }

export interface Subject { readonly model: string; readonly checkpoint: string; readonly input: string }

export type Question = Readonly<Record<string, unknown>>;

/** What is explained, in words: of one output without a name there is no more to say. */
export function targetName({ target_label: label, labels }: SetAnswer): string {
  const bare = label === null || /^\d+$/.test(label);
  return bare ? (labels.length > 1 ? `class ${label ?? ""}` : "the model") : label;
}

/** Labels of a column that has them. */
export const labelsOf = (kind: Kind | undefined): readonly string[] | undefined => (typeof kind === "object" ? kind.category : undefined);

/** The address of a row's own page. */
export function rowAddress({ model, checkpoint, input }: Subject, row: number): string {
  return url(`/explain/${encodeURIComponent(model)}/${encodeURIComponent(input)}/row?row=${row}${checkpoint ? `&checkpoint=${encodeURIComponent(checkpoint)}` : ""}`);
}

/** The address of another view of the same table. */
export function viewAddress({ model, input, checkpoint }: Subject, view: string, keys: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ ...keys, ...(checkpoint ? { checkpoint } : {}) }).toString();
  return url(`/explain/${encodeURIComponent(model)}/${encodeURIComponent(input)}/${view}${query ? `?${query}` : ""}`);
}

const POLL = 1000;

/** One question and what is known of its answer; redraws its host. */
export class SetQuery implements ReactiveController {
  state: State | "idle" = "idle";
  progress = 0;
  message = "";
  error = "";
  data: SetData | undefined;
  /** Whether `data` answers the question that is asked now, if only for its first rows. */
  fresh = false;
  private key = "";
  private turn = 0;
  private id = "";
  private job: string | null = null;
  private reading = false;
  private offs: (() => void)[] = [];

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.offs = [
      onLive("job", (job) => {
        if (job.id !== this.job || !this.busy) return;
        this.progress = job.progress;
        this.message = job.message;
        if (["done", "failed", "cancelled"].includes(job.state)) void this.refresh(this.turn);
        this.host.requestUpdate();
      }),
      onLive("partial", ({ id }) => { if (id === this.id) void this.part(this.turn); }),
    ];
  }

  hostDisconnected(): void {
    for (const off of this.offs) off();
    this.turn += 1;
    this.key = "";
  }

  get busy(): boolean {
    return this.state === "queued" || this.state === "running";
  }

  /** Asks; the same question again does nothing. What was shown stays until something of the new answer is here. */
  ask(question: Question | undefined): void {
    const key = question ? JSON.stringify(question) : "";
    if (key === this.key) return;
    this.key = key;
    this.turn += 1;
    this.fresh = false;
    this.error = "";
    this.progress = 0;
    this.message = "";
    this.id = "";
    if (!question) { this.state = "idle"; this.data = undefined; return; }
    this.state = "queued";
    void this.step(this.turn, async (turn) => this.settle(turn, await sendJson<Ask>("POST", api("/explanations"), question)));
  }

  /** Asks the same again, after it failed. */
  again(): void {
    const question = JSON.parse(this.key) as Question;
    this.key = "";
    this.ask(question);
    this.host.requestUpdate();
  }

  async cancel(): Promise<void> {
    if (this.job) await request(api(`/jobs/${this.job}/cancel`), { method: "POST" }).catch(() => undefined);
    this.turn += 1;
    this.state = "cancelled";
    this.host.requestUpdate();
  }

  private async step(turn: number, what: (turn: number) => Promise<void>): Promise<void> {
    try {
      await what(turn);
    } catch (error) {
      if (turn !== this.turn) return;
      this.state = "failed";
      this.error = sentence(error);
    }
    if (turn === this.turn) this.host.requestUpdate();
  }

  private async settle(turn: number, ask: Ask): Promise<void> {
    if (turn !== this.turn) return;
    this.id = ask.id;
    this.job = ask.job ?? null;
    if (ask.state === "done") {
      const data = await this.read();
      if (turn !== this.turn || !data) return;
      this.data = data;
      this.fresh = true;
      this.state = "done";
      this.progress = 1;
    } else if (ask.state === "failed" || ask.state === "cancelled") {
      this.state = ask.state;
      this.error = ask.error ?? "";
    } else {
      this.state = ask.state;
      this.progress = ask.progress ?? this.progress;
      setTimeout(() => void this.refresh(turn), POLL);
    }
  }

  private async refresh(turn: number): Promise<void> {
    if (turn !== this.turn || !this.busy || !this.id) return;
    const { id } = this;
    await this.step(turn, async () => this.settle(turn, await getJson<Ask>(api(`/explanations/${id}`))));
  }

  /** The rows that are done, while the rest is computed. */
  private async part(turn: number): Promise<void> {
    if (this.reading || !this.busy) return;
    this.reading = true;
    try {
      const data = await this.read();
      if (data && turn === this.turn && this.busy) {
        this.data = data;
        this.fresh = true;
        this.state = "running";
        this.host.requestUpdate();
      }
    } catch {
      // The end of the job brings the whole answer.
    } finally {
      this.reading = false;
    }
  }

  private async read(): Promise<SetData | undefined> {
    const { id } = this;
    // First what is known, then its arrays: of a question that has no rows yet there are none to ask for.
    const whole = await getJson<SetAnswer & { partial?: SetAnswer }>(api(`/explanations/${id}`));
    const answer = whole.columns ? whole : whole.partial;
    if (!answer) return undefined;
    const bytes = await (await request(api(`/explanations/${id}/attribution`, { format: "columns" }))).arrayBuffer();
    const arrays = decodeColumns<unknown>(bytes).columns;
    const [rows = 0, features = 0] = arrays.get("input")?.shape ?? [];
    return { answer: { ...answer, id }, arrays, rows, features };
  }
}

/** Mean and largest |attribution| and mean attribution of each feature. */
export interface Spread { readonly mean: Float64Array; readonly max: Float64Array; readonly signed: Float64Array }

export function spreadOf(data: SetData, rows?: readonly number[]): Spread {
  const { features } = data;
  const phi = data.arrays.get("attribution")?.values as Float32Array | undefined;
  const [mean, max, signed] = [new Float64Array(features), new Float64Array(features), new Float64Array(features)];
  const count = rows?.length ?? data.rows;
  if (phi) {
    for (let k = 0; k < count; k += 1) {
      const at = (rows?.[k] ?? k) * features;
      for (let j = 0; j < features; j += 1) {
        const v = phi[at + j] ?? 0;
        const size = Math.abs(v);
        mean[j] = (mean[j] ?? 0) + size;
        signed[j] = (signed[j] ?? 0) + v;
        if (size > (max[j] ?? 0)) max[j] = size;
      }
    }
  }
  for (let j = 0; j < features; j += 1) { mean[j] = (mean[j] ?? 0) / (count || 1); signed[j] = (signed[j] ?? 0) / (count || 1); }
  return { mean, max, signed };
}

/** Features, the most important first (or by name). */
export function orderOf(data: SetData, sort: "mean" | "max" | "name", spread = spreadOf(data)): number[] {
  const order = Array.from({ length: data.features }, (_, j) => j);
  if (sort === "name") return order.sort((a, b) => (data.answer.feature_names[a] ?? "").localeCompare(data.answer.feature_names[b] ?? ""));
  const of = spread[sort];
  return order.sort((a, b) => (of[b] ?? 0) - (of[a] ?? 0) || a - b);
}

/** One feature's column of a `[rows, features]` array. */
export function columnOf(data: SetData, name: "attribution" | "input", feature: number): Float64Array {
  const all = data.arrays.get(name)?.values as Float32Array | Float64Array | undefined;
  const out = new Float64Array(data.rows);
  for (let i = 0; i < data.rows; i += 1) out[i] = all?.[i * data.features + feature] ?? Number.NaN;
  return out;
}

/** A value of a column, as the table writes it. */
export function written(kind: Kind | undefined, v: number, format: (n: number) => string): string {
  if (Number.isNaN(v)) return "missing";
  const labels = labelsOf(kind);
  return labels ? (labels[v] ?? String(v)) : format(v);
}
