import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { bytes, integer, value } from "../lib/format.ts";
import { getJson } from "../lib/http.ts";
import { icon } from "../lib/icons.ts";
import { opColour } from "../lib/ops.ts";
import type { GraphRow, InputSummary, Tensor } from "../lib/types.ts";
import { vars } from "../lib/vars.ts";
import "./gb-ridge.ts";

/** Tensors shown at once; the others are a click away. */
const SHOWN = 8;

/** Everything known of one row: its tensors with their statistics and their way through training. Fires `gb-close`. */
export class GbInspector extends GbElement {
  static override properties = { model: {}, checkpoint: {}, row: { attribute: false }, tensors: { attribute: false }, input: { state: true }, tensor: { state: true } };
  declare model: string;
  declare checkpoint: string;
  declare row: GraphRow | undefined;
  declare tensors: ReadonlyMap<string, Tensor>;
  /** An input to look at activations with. */
  declare input: string | undefined;
  /** The tensor that is shown in full. */
  declare tensor: string | undefined;
  private asked = false;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("row") && changed.get("row") !== undefined && (changed.get("row") as GraphRow).id !== this.row?.id) this.tensor = undefined;
    if (this.row && !this.asked) { this.asked = true; void this.findInput(); }
  }

  /** The model's own newest input, else the newest of any. */
  private async findInput(): Promise<void> {
    try {
      const { inputs } = await getJson<{ inputs: InputSummary[] }>(api("/inputs"));
      this.input = (inputs.find((one) => one.model === this.model) ?? inputs[0])?.slug;
    } catch {
      // Without one the link leads to where inputs are chosen.
    }
  }

  protected override render(): TemplateResult {
    const { row } = this;
    if (!row) {
      return html`<aside class="gb-inspector gb-inspector-none" aria-label="Inspector"><p class="muted small">Choose a row to see its shape, its statistics and its distribution over training.</p>
        <p class="muted small gb-hints"><kbd>/</kbd> find <kbd>↑</kbd> <kbd>↓</kbd> move <kbd>Enter</kbd> open or close <kbd>Space</kbd> select</p></aside>`;
    }
    const main = this.tensor ?? row.weights[0] ?? row.tensors[0];
    const tensor = main === undefined ? undefined : this.tensors.get(main);
    return html`<aside class="gb-inspector" aria-label="Inspector">
      <section class="gb-panel">
        <div class="row"><span class="swatch" ${vars({ "--swatch": opColour(row) })}></span><h2 class="grow ellipsis">${row.op ?? row.label}</h2>
          ${row.kind !== "output" && row.values[0] ? html`<a class="btn" href=${this.activations(row.values.at(-1) ?? "")}>View activations</a>` : nothing}
          <button type="button" class="icon-btn" aria-label="Close the inspector" @click=${() => this.dispatchEvent(new CustomEvent("gb-close", { bubbles: true }))}>${icon("close")}</button></div>
        <p class="mono gb-break gb-inspector-name">${main ?? row.id}</p>
        ${tensor ? this.facts(tensor) : this.rowFacts(row)}
      </section>
      ${tensor?.histogram ? html`<section class="gb-panel"><gb-ridge .model=${this.model} .tensor=${tensor.name}></gb-ridge></section>` : nothing}
      ${tensor ? html`<section class="gb-panel"><h2>${row.kind === "group" ? "Group" : "Node"}</h2>${this.rowFacts(row)}</section>` : nothing}
      ${row.tensors.length > 1 ? this.others(row, main ?? "") : nothing}
    </aside>`;
  }

  private activations(layer: string): string {
    const model = encodeURIComponent(this.model);
    const query = `layer=${encodeURIComponent(layer)}${this.checkpoint ? `&checkpoint=${encodeURIComponent(this.checkpoint)}` : ""}`;
    return this.input ? url(`/explain/${model}/${encodeURIComponent(this.input)}/activations?${query}`) : url(`/explain?model=${model}`);
  }

  private facts(t: Tensor): TemplateResult {
    const zeros = t.numel ? `${((t.zeros / t.numel) * 100).toFixed(1)} %` : "–";
    const facts: [string, string][] = [["Shape", t.shape.join("×") || "scalar"], ["Dtype", t.dtype], ["Params", integer(t.numel)], ["Size", bytes(t.bytes)], ["Mean", value(t.mean)], ["Std", value(t.std)], ["Min", value(t.min)], ["Max", value(t.max)], ["Zeros", zeros]];
    if (t.nan + t.inf > 0) facts.push(["NaN", integer(t.nan)], ["Infinite", integer(t.inf)]);
    return listed(facts);
  }

  private rowFacts(row: GraphRow): TemplateResult {
    const facts: [string, string][] = [];
    facts.push(["Name", row.label]);
    if (row.kind === "group" && row.nodes > 0) facts.push(["Ops", integer(row.nodes)]);
    else if (row.detail && row.detail !== row.op) facts.push([row.kind === "node" ? "Detail" : "Shape", row.detail]);
    if (row.parameters) facts.push(["Params", integer(row.parameters)]);
    return html`${listed(facts)}${row.values.length ? html`<p class="xs muted gb-values">${row.kind === "input" ? "Value" : "Computes"}: <span class="mono gb-break">${row.values.slice(0, 4).join(", ")}${row.values.length > 4 ? ` and ${row.values.length - 4} more` : ""}</span></p>` : nothing}`;
  }

  private others(row: GraphRow, main: string): TemplateResult {
    return html`<section class="gb-panel"><h2>${row.tensors.length} tensors</h2>
      <ul class="gb-tensor-list">${row.tensors.slice(0, SHOWN).map((name) => html`<li><button type="button" class="gb-plain mono" aria-pressed=${name === main} @click=${() => { this.tensor = name; }}><span class="ellipsis">${name}</span><span class="muted">${this.tensors.get(name)?.shape.join("×") ?? ""}</span></button></li>`)}</ul>
      ${row.tensors.length > SHOWN ? html`<p class="small"><a href=${url(`/models/${encodeURIComponent(this.model)}/tensors`)}>${row.tensors.length - SHOWN} more in the tensor table</a></p>` : nothing}</section>`;
  }
}

const listed = (facts: readonly (readonly [string, string])[]): TemplateResult => html`<dl class="facts gb-inspector-facts">${facts.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>`;

define("gb-inspector", GbInspector);
