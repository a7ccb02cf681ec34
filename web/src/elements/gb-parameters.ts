import { html, nothing, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import type { Method, MethodParameter } from "../lib/types.ts";

export type Params = Readonly<Record<string, unknown>>;
export interface ParamsChange { readonly method: string; readonly params: Params }

/** The form of one method, made from its catalogue entry. What differs from the defaults is fired as `gb-params` on submit. */
export class GbParameters extends GbElement {
  static override properties = { method: { attribute: false }, params: { attribute: false }, used: { attribute: false }, layers: { attribute: false } };
  declare method: Method | undefined;
  /** What is asked besides the defaults. */
  declare params: Params;
  /** What the last answer used, for parameters that were left to the model. */
  declare used: Params | undefined;
  /** Values of the graph that a `layer` parameter may name. */
  declare layers: readonly string[];

  protected override render(): TemplateResult | typeof nothing {
    const method = this.method;
    if (!method) return nothing;
    if (method.parameters.length === 0) return html`<p class="muted small">${method.title} has no parameters. Cost: ${method.cost}.</p>`;
    return html`<form class="gb-parameters" @submit=${(e: SubmitEvent) => this.submit(e, method)}>
      ${method.parameters.map((p) => this.field(p))}
      <p class="muted xs">Cost: ${method.cost}.${method.notice ? ` ${method.notice}` : ""}</p>
      <p class="row"><button class="btn" type="submit">Explain again</button>
        ${Object.keys(this.params ?? {}).length ? html`<button class="link-btn small" type="button" @click=${() => this.fire(method, {})}>Defaults</button>` : nothing}</p>
    </form>`;
  }

  private field(p: MethodParameter): TemplateResult {
    const now = this.params?.[p.name] ?? p.default;
    const id = `gb-parameter-${p.name}`;
    if (p.kind === "boolean") return html`<label class="switch" title=${p.help}><input type="checkbox" role="switch" name=${p.name} .checked=${Boolean(now)}>${p.title}</label>`;
    let control: TemplateResult;
    if (p.kind === "choice") control = html`<select class="select" id=${id} name=${p.name}>${(p.choices ?? []).map((c) => html`<option ?selected=${c === now}>${c}</option>`)}</select>`;
    else if (p.kind === "layer") {
      const auto = this.used?.[p.name];
      control = html`<select class="select mono" id=${id} name=${p.name}><option value="" ?selected=${!now}>chosen${typeof auto === "string" ? `: ${auto}` : " by the model"}</option>
        ${(this.layers ?? []).map((l) => html`<option value=${l} ?selected=${l === now}>${l}</option>`)}</select>`;
    } else if (p.kind === "text" || p.kind === "columns") control = html`<span class="field"><input id=${id} name=${p.name} type="text" autocomplete="off" placeholder=${p.default === null ? "not given" : ""} .value=${String(now ?? "")}></span>`;
    // A number without a default is chosen by the method: an empty field leaves it so.
    else control = html`<span class="field"><input id=${id} name=${p.name} type="number" ?required=${p.default !== null} placeholder=${p.default === null ? "chosen by the method" : ""} min=${p.min ?? nothing} max=${p.max ?? nothing} step=${p.kind === "integer" ? 1 : "any"} .value=${String(now ?? "")}></span>`;
    return html`<div class="gb-parameter"><label for=${id}>${p.title}</label>${control}<p class="muted xs">${p.help}</p></div>`;
  }

  private submit(event: SubmitEvent, method: Method): void {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    const params: Record<string, unknown> = {};
    for (const p of method.parameters) {
      const raw = given.get(p.name);
      const now = p.kind === "boolean" ? raw !== null : raw === "" ? null : p.kind === "integer" || p.kind === "number" ? Number(raw) : raw;
      if (now !== (p.default ?? null)) params[p.name] = now;
    }
    this.fire(method, params);
  }

  private fire(method: Method, params: Params): void {
    this.dispatchEvent(new CustomEvent<ParamsChange>("gb-params", { detail: { method: method.name, params }, bubbles: true }));
  }
}
define("gb-parameters", GbParameters);
