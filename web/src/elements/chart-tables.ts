/** The numbers of a chart as tables: its points, one step of every run, and the statistics of a stretch. */
import "../../styles/chart-tables.css";
import { html, nothing, type LitElement, type TemplateResult } from "lit";
import { board } from "../lib/board.ts";
import { runName } from "../lib/card.ts";
import { integer, value } from "../lib/format.ts";
import type { Slot } from "../lib/palette.ts";
import type { Series } from "../lib/scalars.ts";
import type { Stats } from "../lib/stats.ts";

const POINTS = 300;
const RUNS = 200;

const swatch = (slot: Slot | undefined): TemplateResult => html`<span class="run-swatch" data-slot=${slot ? slot.colour : nothing} data-dash=${slot ? slot.dash : nothing}></span>`;
const region = (label: string, className: string, table: TemplateResult, note: unknown = nothing): TemplateResult =>
  html`<div class="table-wrap ${className}" tabindex="0" role="region" aria-label=${label}>${table}${note}</div>`;

/** The points that are drawn. */
export function pointsTable(lines: readonly { name: string; series: Series }[], smoothed: boolean, title: string): TemplateResult {
  const rows: TemplateResult[] = [];
  const groups = lines.some(({ series }) => series.band);
  for (const { name, series } of lines) {
    const { band } = series;
    for (let i = 0; i < series.x.length && rows.length < POINTS; i += 1) {
      rows.push(html`<tr><td class="mono">${name}</td><td class="num">${integer(series.step[i] ?? 0)}</td><td class="num">${value(series.y[i])}</td>${smoothed ? html`<td class="num">${value(series.smooth[i])}</td>` : nothing}${groups ? html`<td class="num">${value(band?.std[i])}</td><td class="num">${value(band?.min[i])}</td><td class="num">${value(band?.max[i])}</td><td class="num">${band?.count[i] ?? ""}</td>` : nothing}</tr>`);
    }
  }
  const table = html`<table class="table">
    <thead><tr><th scope="col">${groups ? "Group" : "Run"}</th><th scope="col" class="num">Step</th><th scope="col" class="num">${groups ? "Mean" : "Value"}</th>${smoothed ? html`<th scope="col" class="num">Smoothed</th>` : nothing}${groups ? ["Std", "Min", "Max", "Runs"].map((name) => html`<th scope="col" class="num">${name}</th>`) : nothing}</tr></thead>
    <tbody>${rows}</tbody></table>`;
  return region(`Data of ${title}`, "chart-table", table, rows.length === POINTS ? html`<p class="card-body muted small">The first ${POINTS} rows; an export has every point.</p>` : nothing);
}

export interface StepRow {
  readonly name: string;
  readonly slot: Slot | undefined;
  readonly step: number;
  readonly raw: number;
  readonly shown: number;
}

/** One step of every run. */
export function stepTable(rows: readonly StepRow[], smoothed: boolean, title: string): TemplateResult {
  return region(`Selected step of ${title}`, "chart-stats", html`<table class="table table-s">
    <thead><tr><th scope="col">Run</th><th scope="col" class="num">Step</th><th scope="col" class="num">Value</th>${smoothed ? html`<th scope="col" class="num">Smoothed</th>` : nothing}</tr></thead>
    <tbody>${rows.slice(0, RUNS).map((row) => html`<tr><td><span class="with-swatch">${swatch(row.slot)}<span class="mono">${row.name}</span></span></td><td class="num">${integer(row.step)}</td><td class="num">${value(row.raw)}</td>${smoothed ? html`<td class="num">${value(row.shown)}</td>` : nothing}</tr>`)}</tbody></table>`);
}

type Column = "run" | "start" | "end" | "min" | "max" | "change";
const columns: readonly (readonly [Column, string])[] = [["run", "Run"], ["start", "Start"], ["end", "End"], ["min", "Min"], ["max", "Max"], ["change", "% change"]];
let by: Column = "run";
let down = false;

/** Runs are in the order of the run list. */
const keyOf = (row: Stats): number | null => (by === "run" ? board.runs.findIndex((run) => run.id === row.run) : by === "change" ? row.change : (row[by]?.value ?? null));

function sorted(rows: readonly Stats[]): Stats[] {
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [keyOf(a), keyOf(b)];
    // What has no value is last whichever way.
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  });
}

const percent = (change: number | null): string => (change === null ? "–" : `${change > 0 ? "+" : ""}${value(change, 3)} %`);

/** Start, end, extremes and change of every run between two places; a head sorts by its column. */
export function statsTable(host: LitElement, rows: readonly Stats[], title: string, several: boolean): TemplateResult {
  const sort = (column: Column): void => {
    down = column === by ? !down : column !== "run";
    by = column;
    host.requestUpdate();
  };
  const cell = (row: Stats, end: "start" | "end" | "min" | "max"): TemplateResult => {
    const point = row[end];
    return html`<td class="num" title=${point ? `step ${integer(point.step)}` : nothing}>${value(point?.value)}</td>`;
  };
  return region(`Selected stretch of ${title}`, "chart-stats", html`<table class="table table-s">
    <thead><tr>${columns.map(([column, name]) => html`<th scope="col" class=${column === "run" ? "" : "num"} aria-sort=${by === column ? (down ? "descending" : "ascending") : nothing}><button class="th-btn" type="button" @click=${() => sort(column)}>${name}${by === column ? (down ? " ↓" : " ↑") : ""}</button></th>`)}</tr></thead>
    <tbody>${sorted(rows).slice(0, RUNS).map((row) => html`<tr><td><span class="with-swatch">${swatch(board.slot(row.run))}<span class="mono">${runName(row.run)}${several ? ` · ${row.tag}` : ""}</span></span></td>${cell(row, "start")}${cell(row, "end")}${cell(row, "min")}${cell(row, "max")}<td class="num">${percent(row.change)}</td></tr>`)}</tbody></table>`,
  rows.length > RUNS ? html`<p class="card-body muted small">The first ${RUNS} of ${rows.length} runs.</p>` : nothing);
}
