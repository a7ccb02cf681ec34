/** What the table of runs asks and is answered. */
import { api } from "./base.ts";
import { clockTime, duration, integer, value } from "./format.ts";
import { getJson, sendJson } from "./http.ts";

export interface Column { readonly key: string; readonly title: string; readonly kind: string; readonly numeric: boolean; readonly better?: "low" | "high"; readonly best?: number }
export type Value = number | string | boolean | readonly string[] | null;
export interface Row {
  readonly id: string; readonly name: string; readonly folder: string; readonly running: boolean; readonly tags: readonly string[];
  readonly archived: boolean; readonly pinned: boolean; readonly notes: string; readonly values: readonly Value[];
}
export interface Fault { readonly column: number; readonly length: number; readonly message: string }
export interface Names { readonly fields: readonly { readonly key: string; readonly title: string }[]; readonly hparams: readonly string[]; readonly metrics: readonly string[] }
export interface Table {
  readonly total: number; readonly matching: number; readonly columns: readonly Column[]; readonly rows: readonly Row[]; readonly error: Fault | null; readonly names: Names;
}

export interface Asked { readonly query: string; readonly sort: string; readonly columns: readonly string[]; readonly archived: boolean }

/** Rows one answer holds. */
const ROWS = 5000;

export function address(experiment: string, asked: Asked, format?: "csv"): string {
  return api(`/experiments/${encodeURIComponent(experiment)}/table`, {
    query: asked.query, sort: asked.sort, columns: asked.columns.map((key) => key.replaceAll("%", "%25").replaceAll(",", "%2C")).join(","),
    archived: asked.archived ? "1" : undefined, format, size: format ? undefined : ROWS,
  });
}

export const fetchTable = (experiment: string, asked: Asked, signal: AbortSignal): Promise<Table> => getJson<Table>(address(experiment, asked), signal);

export function act(experiment: string, action: string, runs: readonly string[], change: object = {}): Promise<unknown> {
  return sendJson("POST", api(`/experiments/${encodeURIComponent(experiment)}/runs/actions`), { action, runs, change });
}

/** A cell in words. */
export function written(cell: Value, column: Column): string {
  if (cell === null) return "";
  if (Array.isArray(cell)) return cell.join(", ");
  if (typeof cell === "boolean") return column.kind === "field" ? (cell ? "yes" : "") : String(cell);
  if (typeof cell !== "number") return String(cell);
  if (column.kind === "field") {
    if (column.key === "started" || column.key === "updated") return clockTime(cell);
    return column.key === "duration" ? duration(cell) : integer(cell);
  }
  return column.kind === "hparam" && (Number.isInteger(cell) || Math.abs(cell) >= 1e-3) ? String(Number(cell.toPrecision(10))).replace("-", "−") : value(cell);
}
