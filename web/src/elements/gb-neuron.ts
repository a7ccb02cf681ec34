import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { url } from "../lib/base.ts";
import { GbElement, define } from "../lib/element.ts";
import { value } from "../lib/format.ts";
import { paint, percentile } from "../lib/picture.ts";
import { paramsKey } from "../lib/params-key.ts";
import { Session, type Plan, type Run } from "../lib/session.ts";
import { vars } from "../lib/vars.ts";

export type Way = "neuron_integrated_gradients" | "neuron_gradient" | "neuron_conductance";

const WAYS: readonly (readonly [Way, string, string])[] = [
  ["neuron_integrated_gradients", "Integrated", "What of the input raises it above its value at zero: the parts add up."],
  ["neuron_gradient", "Gradient", "Where a small change of the input moves it."],
  ["neuron_conductance", "Conductance", "What of the input reaches the answer through it."],
];

/** What in the input drives one value of a layer: asked when it is shown, not weighed, and not kept, as people look at many. */
export class GbNeuron extends GbElement {
  static override properties = { model: {}, checkpoint: {}, input: {}, row: { type: Number }, layer: {}, neuron: { type: Number }, place: {}, way: {}, version: { state: true } };
  declare model: string;
  declare checkpoint: string;
  declare input: string;
  declare row: number;
  declare layer: string;
  /** Its index in the layer's values of one row, channel by channel. */
  declare neuron: number;
  /** Where it lies, in words. */
  declare place: string;
  /** One of the methods about a neuron. */
  declare way: Way;
  declare version: number;
  private session: Session | undefined;
  private asked = "";

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.session?.stop();
    this.asked = "";
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const question = JSON.stringify([this.model, this.checkpoint, this.input, this.row, this.layer, this.neuron, this.way]);
    if (!this.layer || question === this.asked) return;
    this.asked = question;
    this.session?.stop();
    const plan: Plan = { scopes: ["input"], pictures: true, first: () => [this.way] };
    this.session = new Session(
      { model: this.model, checkpoint: this.checkpoint || undefined, input: this.input, row: this.row },
      { target: null, on: "logit", baseline: "zeros", seed: 0, evidence: "none", keep: false, params: { [this.way]: { layer: this.layer, neuron: this.neuron } } },
      plan,
    );
    this.session.watch(() => { this.version = (this.version ?? 0) + 1; });
    void this.session.start();
  }

  private get run(): Run | undefined {
    return this.session?.runs.find((run) => run.method.name === this.way);
  }

  private tell(way: Way): void {
    this.dispatchEvent(new CustomEvent<Way>("gb-way", { detail: way, bubbles: true }));
  }

  protected override render(): TemplateResult {
    const { run } = this;
    const means = WAYS.find(([name]) => name === this.way)?.[2];
    const problem = this.session?.error ?? run?.error;
    const picture = run?.picture;
    const params = { [this.way]: { layer: this.layer, neuron: this.neuron } };
    const open = url(`/explain/${encodeURIComponent(this.model)}/${encodeURIComponent(this.input)}/attribution?m=${this.way}&par=${encodeURIComponent(paramsKey.format(params))}${this.row ? `&row=${this.row}` : ""}${this.checkpoint ? `&checkpoint=${encodeURIComponent(this.checkpoint)}` : ""}`);
    return html`<h2>What drives its highest value</h2>
      <fieldset class="seg"><legend class="sr-only">Method</legend>${WAYS.map(([name, label]) => html`<label><input type="radio" name="way" .checked=${this.way === name} @change=${() => this.tell(name)}>${label}</label>`)}</fieldset>
      ${problem ? html`<p class="notice notice-bad small" role="alert">${problem}</p>` : html`<figure class="gb-frame" ${vars({ "aspect-ratio": picture ? `${picture.width} / ${picture.height}` : "1" })}>
        ${picture ? html`<canvas role="img" aria-label=${`What drives ${this.place}`}></canvas>` : html`<span class="muted small gb-neuron-wait">${run?.state === "done" ? "This input is no picture: its values are on the page of the explanation." : "Asking…"}</span>`}</figure>`}
      <p class="muted xs">${this.place}. ${means}${picture ? html` Full colour at <span class="mono">±${value(percentile(picture, 99.5), 2)}</span>.` : nothing} Not weighed: taking pixels away tells nothing of a neuron. <a href=${open}>Open it</a></p>`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const canvas = this.querySelector("canvas");
    const picture = this.run?.picture;
    if (canvas && picture) paint(canvas, picture, { opacity: 0.85, percentile: 0, sign: "b", blend: "over", gray: true, scale: Math.max(1e-30, percentile(picture, 99.5)) });
  }
}
define("gb-neuron", GbNeuron);
