/**
 * The explanations of one row of one input: asked cheapest first, all that apply at once, followed
 * until they are done. Elements draw what is here and redraw when it changes.
 */
import { api } from "./base.ts";
import { decodeColumns, type Columns } from "./columns.ts";
import type { ParamsByMethod } from "./params-key.ts";
import { getJson, request, sendJson, sentence } from "./http.ts";
import { onLive } from "./live.ts";
import { toPicture, type Picture } from "./picture.ts";
import { say } from "./say.ts";
import type { Ask, Explanation, Method, Prediction, State } from "./types.ts";

/** What is asked first, if it applies; the others follow, cheapest first. */
const ORDER = ["saliency", "grad_cam", "integrated_gradients", "occlusion"];
/** How many are asked before it is known what a pass of this model takes. */
const FIRST = 4;
/** Seconds that all others may take together; what would take longer waits to be chosen. */
const BUDGET = 60;
/** Passes of a method whose number depends on sizes that are not known beforehand. */
const UNKNOWN = 400;
const POLL = 1200;

/** Passes through the model; one that is differentiated counts for three. */
const weight = (passes: { readonly forward?: number; readonly backward?: number } | null | undefined): number => (passes?.forward === undefined ? UNKNOWN : passes.forward + 2 * (passes.backward ?? 0));

export interface Subject {
  readonly model: string;
  readonly checkpoint?: string | undefined;
  readonly input: string;
  readonly row: number;
  /** The bytes themselves, for an explanation that is not kept. */
  readonly file?: File | undefined;
  /** Other values for columns of a table's row; even none marks the row as one of a table. */
  readonly changes?: Readonly<Record<string, unknown>> | undefined;
}

export interface Choices { readonly target: number | null; readonly on: string; readonly baseline: string; readonly seed: number; readonly evidence: string; readonly params: ParamsByMethod; readonly background?: { readonly input?: string; readonly rows?: number } | undefined; readonly keep?: boolean;
  /** Where the object of a picture is: a PNG in base64. */
  readonly mask?: string | undefined;
  /** Methods of which everything is measured, whatever `evidence` says. */
  readonly thorough?: readonly string[] }

/** Which methods a session is about, and which of those that apply it asks by itself, in this order. */
export interface Plan { readonly scopes: readonly string[]; readonly pictures: boolean; readonly budget?: number; first(methods: readonly Method[]): readonly string[] }

/** The methods for the input as one array: a few at once, then all that the budget allows; those about one neuron wait until they are chosen. */
const EVERY: Plan = {
  scopes: ["input"], pictures: true, budget: BUDGET,
  first(methods) {
    const place = (method: Method): number => (ORDER.includes(method.name) ? ORDER.indexOf(method.name) : ORDER.length);
    return methods.filter((method) => method.output !== "neuron").sort((a, b) => place(a) - place(b) || weight(a.estimate) - weight(b.estimate)).slice(0, FIRST).map((method) => method.name);
  },
};

/** One method's way from asked to drawn. */
export interface Run {
  readonly method: Method;
  state: State | "idle" | "no";
  id?: string;
  job?: string | null;
  progress: number;
  message: string;
  error?: string;
  result?: Explanation;
  /** What is known while it still runs. */
  partial?: Explanation;
  columns?: Columns<unknown>;
  picture?: Picture | undefined;
  cached: boolean;
  /** What it would take, by what the first methods took. */
  seconds?: number;
  /** Which question this run waits for: an answer to an earlier one is dropped. */
  turn: number;
}

export class Session {
  readonly runs: Run[] = [];
  prediction: Prediction | undefined;
  predictionError: string | undefined;
  error: string | undefined;
  private readonly listeners = new Set<() => void>();
  private stopped = false;
  private readonly off: (() => void)[];

  private params: ParamsByMethod;
  private thorough: readonly string[];
  /** Seconds for methods that nobody chose; undefined when they are spent, or none are given. */
  private unspent: number | undefined;

  constructor(readonly subject: Subject, readonly choices: Choices, private readonly plan: Plan = EVERY) {
    this.params = choices.params;
    this.thorough = choices.thorough ?? [];
    const partial = onLive("partial", ({ id }) => {
      const run = this.runs.find((one) => one.id === id);
      if (run) void this.refresh(run, run.turn, false);
    });
    const job = onLive("job", (job) => {
      const run = this.runs.find((one) => one.job === job.id);
      if (!run || run.state === "done") return;
      run.progress = job.progress;
      run.message = job.message;
      if (job.state === "running" && run.state === "queued") run.state = "running";
      if (["done", "failed", "cancelled"].includes(job.state)) void this.refresh(run, run.turn);
      this.changed();
    });
    this.off = [partial, job];
  }

  watch(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  stop(): void {
    this.stopped = true;
    for (const off of this.off) off();
    this.listeners.clear();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }

  async start(): Promise<void> {
    const { model } = this.subject;
    if (!this.subject.file) void this.predict();
    try {
      const { checkpoint, input, file } = this.subject;
      const answer = await getJson<Method[]>(api("/methods", { model, checkpoint, ...(!file ? { input } : this.plan === EVERY ? {} : { kind: "table" }) }));
      const methods = answer.filter((method) => this.plan.scopes.includes(method.scope ?? "input"));
      const first = this.plan.first(methods.filter((method) => method.applies));
      const place = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
      const cost = (method: Method): number => (this.plan.budget === undefined ? 0 : weight(method.estimate));
      const sorted = methods.map((method, i) => ({ method, i })).sort((a, b) => Number(b.method.applies) - Number(a.method.applies) || place(a.method.name) - place(b.method.name) || cost(a.method) - cost(b.method) || a.i - b.i);
      for (const { method } of sorted) {
        const refused = method.applies ? {} : { error: method.reason ?? "This method does not apply here." };
        this.runs.push({ method, state: method.applies ? "idle" : "no", progress: 0, message: "", cached: false, turn: 0, ...refused });
      }
      this.changed();
      // The questions go out in order; the answers come as they are ready.
      for (const run of this.runs) {
        if (this.stopped) return;
        if (run.state === "idle" && first.includes(run.method.name)) await this.ask(run);
      }
      this.unspent = this.plan.budget;
      await this.spend();
    } catch (error) {
      this.error = sentence(error);
      this.changed();
    }
  }

  /** Asks the others, cheapest first, once the first have told what a pass takes: as many as the budget allows. */
  private async spend(): Promise<void> {
    const asked = this.runs.filter((run) => run.state !== "no" && run.state !== "idle");
    if (this.unspent === undefined || asked.some((run) => run.state === "queued" || run.state === "running")) return;
    const known = asked.flatMap((run) => (run.result?.passes ? [run.result] : []));
    const passes = known.reduce((sum, one) => sum + weight(one.passes), 0);
    const rate = passes > 0 ? known.reduce((sum, one) => sum + one.seconds, 0) / passes : 0;
    // Weighing a map takes passes too, about as many whatever the method.
    const own = asked.reduce((sum, run) => sum + (run.result?.passes ? weight(run.method.estimate) : 0), 0);
    const weighing = known.length ? Math.max(0, passes - own) / known.length : 0;
    let left = this.unspent;
    this.unspent = undefined;
    for (const run of this.runs) {
      if (this.stopped) return;
      if (run.state !== "idle" || run.method.output === "neuron") continue;
      run.seconds = (weight(run.method.estimate) + weighing) * rate;
      left -= run.seconds;
      if (left >= 0) await this.ask(run);
    }
    this.changed();
  }

  /** The question as the API wants it; also the keys of an ephemeral one. */
  private question(run: Run): Record<string, unknown> {
    const { model, checkpoint, input, row, changes } = this.subject;
    const { target, on, baseline, seed, background, keep, mask } = this.choices;
    const evidence = this.thorough.includes(run.method.name) ? "all" : this.choices.evidence;
    return { ...(changes && Object.keys(changes).length > 0 ? { changes } : {}), ...(background ? { background } : {}), ...(keep === false ? { keep } : {}), ...(mask ? { mask } : {}), model, ...(checkpoint ? { checkpoint } : {}), input, row, method: run.method.name, params: this.params[run.method.name] ?? {}, target, on, baseline, seed, evidence };
  }

  async ask(run: Run): Promise<void> {
    const turn = this.renew(run);
    run.state = "queued";
    this.changed();
    await this.follow(run, turn, async () => {
      const ask = await this.send(run);
      if (turn !== run.turn) return;
      run.id = ask.id;
      run.job = ask.job ?? null;
      run.cached = ask.state === "done";
      await this.settle(run, turn, ask);
    });
  }

  /** Forgets what a run holds and outdates every answer that is still on its way. */
  private renew(run: Run): number {
    delete run.result; delete run.columns; delete run.picture; delete run.id; delete run.job; delete run.error; delete run.partial;
    run.progress = 0;
    run.message = "";
    run.turn += 1;
    return run.turn;
  }

  private async send(run: Run): Promise<Ask> {
    const body = this.question(run);
    const { file } = this.subject;
    if (!file) return sendJson<Ask>("POST", api("/explanations"), body);
    const query: Record<string, string> = { name: file.name };
    for (const [key, value] of Object.entries(body)) if (value !== null && key !== "input") query[key] = typeof value === "object" ? JSON.stringify(value) : String(value);
    const response = await request(api("/explanations/ephemeral", query), { method: "POST", body: file, headers: { "content-type": "application/octet-stream", "x-filename": encodeURIComponent(file.name) } });
    return (await response.json()) as Ask;
  }

  /** Does one step of a run's way; its failure is the run's, unless the run went on to another question. */
  private async follow(run: Run, turn: number, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (turn !== run.turn) return;
      run.state = "failed";
      run.error = sentence(error);
    }
    if (turn === run.turn) this.changed();
    void this.spend();
  }

  private async settle(run: Run, turn: number, ask: { state: State; error?: string | null; progress?: number; partial?: Explanation }, again = true): Promise<void> {
    if (turn !== run.turn) return;
    if (ask.state === "done") await this.load(run, turn);
    else if (ask.state === "failed" || ask.state === "cancelled") {
      run.state = ask.state;
      run.error = ask.error ?? (ask.state === "cancelled" ? "Cancelled." : "The job failed without a reason.");
    } else {
      run.state = ask.state;
      run.progress = ask.progress ?? run.progress;
      if (ask.partial) await this.sharpen(run, turn, ask.partial);
      if (again) setTimeout(() => void this.refresh(run, turn), POLL);
    }
  }

  /** Takes what a running job knows so far; its arrays may be gone by now, as it ends. */
  private async sharpen(run: Run, turn: number, partial: Explanation): Promise<void> {
    if (!run.id || run.result) return;
    try {
      const response = await request(api(`/explanations/${run.id}/attribution`, { format: "columns", partial: 1 }));
      const bytes = await response.arrayBuffer();
      if (response.status === 204 || turn !== run.turn || run.result) return;
      this.take(run, bytes);
      run.partial = partial;
    } catch {
      // The whole answer comes next.
    }
  }

  /** Takes the arrays of an answer, whole or so far, and what is drawn of them. */
  private take(run: Run, bytes: ArrayBuffer): void {
    run.columns = decodeColumns(bytes);
    const [attribution, input, segments] = ["attribution", "input", "segments"].map((name) => run.columns?.columns.get(name));
    if (this.plan.pictures && attribution && input) run.picture = toPicture(attribution, input, (run.columns.meta as { range?: readonly [number, number] | null }).range, segments);
  }

  private async refresh(run: Run, turn: number, again = true): Promise<void> {
    const { id } = run;
    if (this.stopped || turn !== run.turn || !id || (run.state !== "queued" && run.state !== "running")) return;
    await this.follow(run, turn, async () => {
      await this.settle(run, turn, await getJson<{ state: State; error?: string | null; progress?: number; partial?: Explanation }>(api(`/explanations/${id}`)), again);
    });
  }

  private async load(run: Run, turn: number): Promise<void> {
    if (run.result || !run.id) return;
    const [result, bytes] = await Promise.all([
      getJson<Explanation>(api(`/explanations/${run.id}`)),
      request(api(`/explanations/${run.id}/attribution`, { format: "columns" })).then((response) => response.arrayBuffer()),
    ]);
    if (turn !== run.turn) return;
    this.take(run, bytes);
    run.result = result;
    run.state = "done";
    run.progress = 1;
    if (!this.prediction && result.prediction) {
      const order = result.prediction.map((_, i) => i).sort((a, b) => (result.prediction[b] ?? 0) - (result.prediction[a] ?? 0));
      this.prediction = { prediction: result.prediction, probability: result.probability ?? null, labels: result.labels, top: order, ...(result.classes ? { classes: result.classes } : {}) };
    }
    say(`${run.method.title} is ready.`);
  }

  /** Asks again whatever has other parameters than before. */
  adopt(params: ParamsByMethod): void {
    const before = this.params;
    this.params = params;
    for (const run of this.runs) {
      const text = (of: ParamsByMethod): string => JSON.stringify(Object.entries(of[run.method.name] ?? {}).sort());
      if (run.state === "no" || run.state === "idle" || text(before) === text(params)) continue;
      void this.ask(run);
    }
  }

  /** Asks again whatever is to be measured otherwise than before: everything of the methods in `names`. */
  measure(names: readonly string[]): void {
    const before = this.thorough;
    this.thorough = names;
    for (const run of this.runs) {
      const { name } = run.method;
      if (run.state !== "no" && run.state !== "idle" && before.includes(name) !== names.includes(name)) void this.ask(run);
    }
  }

  /** Stops a method's job; its row says so and offers to ask again. */
  async cancel(run: Run): Promise<void> {
    if (!run.job) return;
    try {
      await request(api(`/jobs/${run.job}/cancel`), { method: "POST" });
      run.state = "cancelled";
      run.error = "Cancelled.";
    } catch (error) {
      run.message = sentence(error);
    }
    this.changed();
  }

  /** Deletes a kept result with its bytes. */
  async forget(run: Run): Promise<void> {
    if (!run.id) return;
    await request(api(`/explanations/${run.id}`), { method: "DELETE" });
    this.renew(run);
    run.state = "cancelled";
    run.error = "Deleted.";
    this.changed();
  }

  /** Asks what the model says of the row. */
  async predict(): Promise<void> {
    const { model, checkpoint, input, row, changes } = this.subject;
    try {
      for (let tries = 0; tries < 600 && !this.stopped; tries += 1) {
        const answer = await sendJson<Ask & Partial<Prediction>>("POST", api("/predictions"), { model, ...(checkpoint ? { checkpoint } : {}), input, row, ...(changes ? { changes } : {}) });
        if (answer.prediction && answer.labels && answer.top) {
          this.prediction = { prediction: answer.prediction, probability: answer.probability ?? null, labels: answer.labels, top: answer.top, ...(answer.columns ? { columns: answer.columns } : {}), ...(answer.classes ? { classes: answer.classes } : {}), ...(answer.row ? { row: answer.row } : {}) };
          break;
        }
        if (answer.state === "failed" || answer.state === "cancelled") throw new Error(answer.error ?? "The prediction failed.");
        await new Promise((wake) => setTimeout(wake, Math.min(1500, 200 + tries * 100)));
      }
    } catch (error) {
      this.predictionError = sentence(error);
    }
    this.changed();
  }
}
