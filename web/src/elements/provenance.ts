import { html, nothing, type TemplateResult } from "lit";
import { api, url } from "../lib/base.ts";
import { duration, integer, value } from "../lib/format.ts";
import type { RowExplanation } from "../lib/row.ts";
import type { Run } from "../lib/session.ts";
import type { Company } from "../lib/sets.ts";

/** Everything that makes this answer reproducible, what it cost, and what was measured about it; `away`: what the page offers nowhere else. Answers about several sets are several arrays, which npz holds alone. */
export function provenance(run: Run, kept: boolean, forget: () => void, says = true, away: readonly ("report" | "npz")[] = []): TemplateResult {
  const e = run.result;
  if (!e) return html``;
  const row = e as RowExplanation;
  const { company } = e as { company?: Company };
  const given = Object.entries(e.params);
  return html`<section class="gb-panel gb-provenance" aria-label=${company ? `How ${e.title} was computed` : "How this was computed"}>
    <h2>How this was computed</h2>
    ${(says ? (e.sentences ?? []) : []).map((s) => html`<p class="small">${s}</p>`)}
    <dl class="gb-facts small">
      <dt>Method</dt><dd>${e.title}</dd>
      ${given.length ? html`<dt>Parameters</dt><dd>${given.map(([k, v]) => html`<code>${k}=${v === null ? "auto" : String(v)}</code> `)}</dd>` : nothing}
      ${(company?.members ?? []).map((member) => html`<dt>Set ${member.role}</dt><dd>${member.filter ? html`<code>${member.filter}</code> of ` : nothing}<code title=${member.set}>${member.set.slice(0, 12)}</code></dd>`)}
      ${company?.steps?.length ? html`<dt>Checkpoints</dt><dd>${company.steps.map((step) => html`<code title=${step.model}>${step.model.slice(0, 12)}</code> at ${step.rate} `)}</dd>` : nothing}
      ${company && e.target === null ? nothing : html`<dt>Target</dt><dd>${e.target_label ?? "output"} ${e.target === null ? "" : html`<span class="muted">(${e.target})</span>`}, on ${e.on === "prob" ? "probability" : "logit"}</dd>`}
      ${e.baseline ? html`<dt>Baseline</dt><dd>${e.baseline}</dd>` : nothing}
      ${row.background ? html`<dt>Background</dt><dd>${integer(row.background.rows)} rows of <code title=${row.background.table}>${row.background.table.slice(0, 12)}</code></dd>` : nothing}
      <dt>Seed</dt><dd>${e.seed}</dd>
      <dt>Passes</dt><dd>${integer(e.passes.forward)} forward, ${integer(e.passes.backward)} backward</dd>
      <dt>Time</dt><dd>${duration(e.seconds)}${run.cached ? " (from cache, nothing spent now)" : ""}</dd>
      ${typeof e.completeness_gap === "number" ? html`<dt>Completeness gap</dt><dd>${value(e.completeness_gap, 3)}</dd>` : nothing}
      ${row.data_hash ? html`<dt>Data</dt><dd><code title=${row.data_hash}>${row.data_hash.slice(0, 12)}</code></dd>` : nothing}
      <dt>Model</dt><dd><code title=${e.model_hash}>${e.model_hash.slice(0, 12)}</code></dd>
      <dt>Engine</dt><dd>${e.engine_version}, ${e.instruction_set}</dd>
      <dt>Address</dt><dd><code title=${e.id}>${e.id.slice(0, 12)}</code></dd>
    </dl>
    <p class="row wrap small">
      ${kept && away.includes("report") ? html`<a href=${api(`/explanations/${e.id}/report`)}>Report</a>` : nothing}
      ${away.includes("npz") ? html`<a href=${api(`/explanations/${e.id}/attribution`, { format: "npz" })} download>npz</a>` : nothing}
      ${company ? nothing : html`<a href=${api(`/explanations/${e.id}/attribution`, { format: "npy" })} download>npy</a>
      <a href=${api(`/explanations/${e.id}/attribution`, { format: "csv" })} download>CSV</a>`}
      <a href=${api(`/explanations/${e.id}`)}>JSON</a>
      ${kept && e.found?.shares?.length ? html`<a href=${url(`/models/${encodeURIComponent(e.model)}/graph?lane=relevance&x=${encodeURIComponent(e.id)}`)}>On the graph</a>` : nothing}
      ${kept ? html`<button type="button" class="link-btn bad" @click=${forget}>Delete this result</button>` : html`<span class="muted">Not kept: in memory for 10 minutes.</span>`}
    </p>
  </section>`;
}
