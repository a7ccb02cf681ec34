/** The shapes `docs/api.md` promises, for models, inputs, explanations and jobs. */
export type State = "queued" | "running" | "done" | "failed" | "cancelled";

export interface Histogram { readonly edges: readonly number[]; readonly counts: readonly number[] }

export interface Checkpoint { readonly id: string; readonly label: string; readonly step: number | null; readonly hash: string; readonly bytes: number; readonly state: string; readonly error?: string | null }

export interface ModelSummary {
  readonly slug: string; readonly name: string; readonly format: string; readonly parameters: number; readonly tensors: number;
  readonly bytes: number; readonly checkpoints: number; readonly state: "scanning" | "ready" | "failed"; readonly error?: string | null;
  readonly has_graph: boolean; readonly kind: "image" | "tabular" | "text" | "unknown";
}

export interface Model extends Omit<ModelSummary, "checkpoints"> { readonly checkpoints: readonly Checkpoint[] }

export interface InputSummary { readonly slug: string; readonly name: string; readonly kind: "image" | "array" | "table" | "text"; readonly rows: number; readonly columns: readonly string[]; readonly bytes: number; readonly model: string | null }

export interface GraphRow {
  readonly id: string; readonly kind: "input" | "group" | "node" | "output"; readonly label: string; readonly op?: string | null;
  readonly detail: string; readonly depth: number; readonly open: boolean; readonly children: number; readonly parameters: number;
  readonly nodes: number; readonly tensors: readonly string[]; readonly weights: readonly string[]; readonly values: readonly string[]; readonly histogram?: Histogram | null; readonly std?: number | null;
  readonly stack?: number; readonly structure?: number;
}
export interface Graph { readonly rows: readonly GraphRow[]; readonly aside?: readonly GraphRow[]; readonly edges: readonly { readonly from: string; readonly to: string; readonly skip: boolean }[]; readonly depth: number; readonly levels: number }

export interface Tensor {
  readonly name: string; readonly dtype: string; readonly shape: readonly number[]; readonly numel: number; readonly bytes: number;
  readonly mean: number | null; readonly std: number | null; readonly min: number | null; readonly max: number | null;
  readonly nan: number; readonly inf: number; readonly zeros: number; readonly histogram?: Histogram | null;
}

export interface MethodParameter { readonly name: string; readonly title: string; readonly kind: string; readonly default: unknown; readonly min?: number | null; readonly max?: number | null; readonly choices?: readonly string[] | null; readonly help: string }
export interface Method {
  readonly name: string; readonly title: string; readonly family: string; readonly summary: string; readonly parameters: readonly MethodParameter[];
  readonly applies: boolean; readonly reason?: string | null; readonly cost: string; readonly complete: boolean; readonly notice?: string | null;
  /** What it speaks of: an `input` as one array, a `row` of a table, a whole `set`, several `sets`, or a `layer`. */
  readonly scope?: "input" | "row" | "set" | "sets" | "layer" | "text"; readonly output?: string; readonly when?: string; readonly not_when?: string;
  /** Why it is offered first; null for every other. */
  readonly default?: string | null;
  readonly estimate?: { readonly forward?: number; readonly backward?: number; readonly seconds?: number | null } | null;
}

export interface Ask { readonly id: string; readonly state: State; readonly job?: string | null; readonly progress?: number; readonly error?: string | null }

export interface Curve { readonly fraction: readonly number[]; readonly curve: readonly number[]; readonly auc: number; readonly random: readonly (readonly number[])[]; readonly random_auc: readonly number[] }

export interface Explanation {
  readonly id: string; readonly method: string; readonly title: string; readonly params: Readonly<Record<string, unknown>>;
  readonly target: number | null; readonly target_label: string | null; readonly on: string; readonly baseline: string; readonly seed: number;
  readonly model: string; readonly model_hash: string; readonly input: string; readonly row: number; readonly engine_version: string; readonly instruction_set: string;
  readonly passes: { readonly forward: number; readonly backward: number }; readonly seconds: number;
  readonly prediction: readonly number[]; readonly probability?: readonly number[] | null; readonly labels: readonly string[]; readonly shape: readonly number[];
  readonly completeness_gap?: number | null;
  readonly evidence?: { readonly deletion?: Curve | null; readonly insertion?: Curve | null } | null;
  readonly sentences: readonly string[]; readonly state: State; readonly classes?: readonly string[];
  /** What the method says besides; `shares`: what the values inside the graph account for. */
  readonly found?: { readonly shares?: readonly { readonly value: string; readonly sum: number; readonly magnitude: number }[] } | null;
}

/** `category` lists the labels; numbers of such a column are places in that list. */
export type ColumnKind = "number" | "integer" | { readonly category: readonly string[] };
export interface TableColumns { readonly names: readonly string[]; readonly kinds: readonly ColumnKind[] }

export interface Prediction { readonly classes?: readonly string[]; readonly columns?: TableColumns; readonly row?: readonly (number | null)[]; readonly prediction: readonly number[]; readonly probability?: readonly number[] | null; readonly labels: readonly string[]; readonly top: readonly number[] }

export interface Job { readonly id: string; readonly kind: string; readonly title: string; readonly state: State; readonly progress: number; readonly message: string; readonly seconds_left?: number | null; readonly error?: string | null; readonly created_at: number; readonly started_at?: number | null; readonly finished_at?: number | null; readonly attempt: number }
