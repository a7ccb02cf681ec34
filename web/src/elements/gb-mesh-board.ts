import { html, nothing, type TemplateResult } from "lit";
import { api } from "../lib/base.ts";
import { board } from "../lib/board.ts";
import { define } from "../lib/element.ts";
import { integer } from "../lib/format.ts";
import { getJson, request, sentence } from "../lib/http.ts";
import { icon } from "../lib/icons.ts";
import { MediaBoard, type MediaCard, type Thing } from "../lib/media-board.ts";
import { choose, chosen, media } from "../lib/media-keys.ts";
import { decodeMesh, readCamera, writeCamera, type Camera, type Mesh } from "../lib/mesh.ts";
import { vars } from "../lib/vars.ts";
import "./gb-mesh.ts";
import type { GbMesh, Look } from "./gb-mesh.ts";

interface Logged { readonly run: string; readonly mesh: string; readonly parts: Readonly<Record<string, string>>; readonly last_step: number }

/** Bytes of meshes that are kept; the oldest go first. */
const KEPT = 256 << 20;

const sizeOf = (mesh: Mesh | string): number => (typeof mesh !== "string" ? mesh.vertex.buffer.byteLength : 0);

/** Pixels of a point where nobody chose: many are small. */
const pointSize = (mesh: Mesh | undefined): number => { const n = (mesh?.vertex.length ?? 0) / 3; return n > 100_000 ? 1.5 : n > 20_000 ? 2 : n > 3000 ? 3 : 4.5; };

/** Logged point clouds and meshes: a card for each mesh and run, one camera for all of them. */
class GbMeshBoard extends MediaBoard<Thing> {
  static override properties = { meshes: { type: Array } };
  declare meshes: readonly Logged[];
  protected readonly none = "Nothing was logged here.";
  protected readonly grid = "mesh-cards";
  private readonly read = new Map<string, Mesh | string>();
  /** What a card showed last: it stays until the next is there. */
  private readonly last = new Map<string, Mesh>();
  /** Cameras of single cards, where they are not moved together. */
  private readonly cameras = new Map<string, Camera>();
  private shared: Camera | undefined;
  private sharedText = "";
  private readonly renewed = (): void => { void getJson<{ meshes: Logged[] }>(api(`/experiments/${encodeURIComponent(board.experiment)}/meshes`)).then(({ meshes }) => { this.meshes = meshes; }, () => undefined); };

  protected override adopt(): void {
    for (const one of this.meshes) this.lists.set(`${one.run}\n${one.mesh}`, [{ id: String(one.last_step), step: one.last_step, wall: null, sample: 0 }]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("gb-renewed", this.renewed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("gb-renewed", this.renewed);
  }

  protected override forget(): void {
    for (const [id, found] of this.read) if (typeof found === "string") this.read.delete(id);
  }

  protected every(): MediaCard[] {
    const shown = new Map(board.shown.map((run) => [run.id, run]));
    return this.meshes.flatMap((one) => { const run = shown.get(one.run); return run ? [{ tag: one.mesh, run, key: `${one.run}\n${one.mesh}` }] : []; }).sort((a, b) => (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0));
  }

  protected wasLogged(): boolean {
    return this.meshes.length > 0;
  }

  private address(card: MediaCard, part: "" | "/data", more: Record<string, number> = {}): string {
    return api(`/experiments/${encodeURIComponent(board.experiment)}/mesh${part}`, { run: card.run.id, mesh: card.tag, ...more });
  }

  protected override tagsOf(key: string): readonly string[] {
    const [run, mesh] = [key.slice(0, key.indexOf("\n")), key.slice(key.indexOf("\n") + 1)];
    return Object.values(this.meshes.find((one) => one.run === run && one.mesh === mesh)?.parts ?? {});
  }

  protected async list(card: MediaCard): Promise<readonly Thing[]> {
    const { steps } = await getJson<{ steps: { step: number; wall: number | null }[] }>(this.address(card, ""));
    return steps.map((one) => ({ ...one, id: String(one.step), sample: 0 }));
  }

  private mesh(card: MediaCard, step: number): Mesh | string | undefined {
    const sample = chosen("sm", card.run.id, card.tag) ?? 0;
    const address = this.address(card, "/data", { step, sample });
    const known = this.read.get(address);
    if (known === undefined) this.need(address, () => request(address).then(async (answer) => decodeMesh(await answer.arrayBuffer())).catch(sentence).then((mesh) => {
      this.read.set(address, mesh);
      let all = [...this.read.values()].reduce((sum, one) => sum + sizeOf(one), 0);
      for (const [old, one] of this.read) { if (all <= KEPT || old === address) break; all -= sizeOf(one); this.read.delete(old); }
    }));
    if (typeof known === "object") this.last.set(card.key, known);
    return known ?? this.last.get(card.key);
  }

  private camera(card: MediaCard): Camera | undefined {
    const { tie, cam } = media.values;
    if (!tie) return this.cameras.get(card.key) ?? this.shared;
    if (cam !== this.sharedText) { this.sharedText = cam; this.shared = readCamera(cam); }
    return this.shared;
  }

  private looked(card: MediaCard, { camera, done }: Look): void {
    if (!media.values.tie) { this.cameras.set(card.key, camera); return; }
    this.shared = camera;
    for (const one of this.querySelectorAll<GbMesh>("gb-mesh")) one.camera = camera;
    // While the hand moves, the address does not.
    if (!done) return;
    this.sharedText = writeCamera(camera);
    media.set({ cam: this.sharedText });
  }

  private reset(): void {
    this.cameras.clear();
    this.shared = undefined;
    this.sharedText = "";
    for (const one of this.querySelectorAll<GbMesh>("gb-mesh")) one.camera = undefined;
    media.set({ cam: "" }, true);
    this.requestUpdate();
  }

  private large(card: MediaCard): boolean {
    return media.values.big === `${card.run.id}:0:${card.tag}`;
  }

  private widen(card: MediaCard, mesh: GbMesh | null | undefined): void {
    media.set({ big: this.large(card) ? "" : `${card.run.id}:0:${card.tag}` }, true);
    void this.updateComplete.then(() => mesh?.closest(".media-card")?.scrollIntoView({ block: "nearest" }));
  }

  protected body(card: MediaCard, shown: readonly Thing[]): TemplateResult {
    const step = shown[0]?.step;
    const found = step === undefined ? undefined : this.mesh(card, step);
    if (typeof found === "string") return html`<p class="notice notice-bad media-notice" role="alert">${found}</p>`;
    const slot = board.slot(card.run.id);
    const facts = found ? [`${integer(found.vertex.length / 3)} points`, ...(found.face.length > 0 ? [`${integer(found.face.length / 3)} faces`] : []), ...(found.colour.length > 0 ? ["own colours"] : [])].join(" · ") : "";
    return html`<gb-mesh class="mesh" ?data-full=${this.large(card)} .mesh=${found} .camera=${this.camera(card)} ink=${slot ? `--run-${slot.colour + 1}` : "--axis"} size=${media.values.pt || pointSize(found)} ?wire=${media.values.wire} label=${`${card.tag} of ${card.run.name}`} @gb-look=${(e: CustomEvent<Look>) => this.looked(card, e.detail)}></gb-mesh>
      <p class="mesh-facts xs muted">${facts}</p>
      ${found && found.meta.faces_left_out > 0 ? html`<p class="notice notice-warn media-notice">${integer(found.meta.faces_left_out)} faces name points that are not there, and are left out.</p>` : nothing}
      ${found?.meta.colours_left_out ? html`<p class="notice notice-warn media-notice">There are not as many colours as points, so they are left out.</p>` : nothing}`;
  }

  protected override cardTools(card: MediaCard, shown: readonly Thing[]): TemplateResult {
    const full = this.large(card);
    const samples = this.last.get(card.key)?.meta.samples ?? 1;
    const sample = chosen("sm", card.run.id, card.tag) ?? 0;
    const mine = (event: Event): GbMesh | null | undefined => (event.currentTarget as Element).closest(".media-card")?.querySelector<GbMesh>("gb-mesh");
    return html`${samples > 1 ? html`<select class="select mesh-sample" aria-label=${`Sample of ${card.tag}, ${card.run.name}`} @change=${(e: Event) => { const n = Number((e.target as HTMLSelectElement).value); choose("sm", card.run.id, card.tag, n === 0 ? undefined : n); }}>${Array.from({ length: Math.min(samples, 200) }, (_, i) => html`<option value=${i} ?selected=${i === sample}>sample ${i + 1}</option>`)}</select>` : nothing}
      ${shown.length > 0 ? html`<span class="mesh-tools"><button type="button" class="icon-btn" aria-label=${`Zoom in: ${card.tag}, ${card.run.name}`} title="Zoom in" @click=${(e: Event) => mine(e)?.magnify(1.4)}>+</button><button type="button" class="icon-btn" aria-label=${`Zoom out: ${card.tag}, ${card.run.name}`} title="Zoom out" @click=${(e: Event) => mine(e)?.magnify(1 / 1.4)}>−</button><button type="button" class="icon-btn" aria-pressed=${full} aria-label=${`Full width: ${card.tag}, ${card.run.name}`} title="Full width" @click=${(e: Event) => this.widen(card, mine(e))}>${icon("grow")}</button></span>` : nothing}`;
  }

  protected override tools(): TemplateResult {
    const { tie, wire, pt } = media.values;
    const faces = this.meshes.some((one) => "face" in one.parts);
    const points = this.meshes.some((one) => !("face" in one.parts));
    const flip = (key: "tie" | "wire", e: Event): void => { this.cameras.clear(); media.set({ [key]: (e.target as HTMLInputElement).checked }, true); };
    return html`${points ? html`<label class="slider"><span>Point size</span><input type="range" min="0" max="20" step="1" .value=${String(pt)} aria-valuetext=${pt === 0 ? "automatic" : `${pt} pixels`} ${vars({ "--fill": `${(pt / 20) * 100}%` })} @input=${(e: Event) => media.set({ pt: Number((e.target as HTMLInputElement).value) })} /><output>${pt || "auto"}</output></label>` : nothing}
      ${faces ? html`<label class="switch"><input type="checkbox" role="switch" .checked=${wire} @change=${(e: Event) => flip("wire", e)} />Edges only</label>` : nothing}
      <label class="switch"><input type="checkbox" role="switch" .checked=${tie} @change=${(e: Event) => flip("tie", e)} />One camera</label>
      <button type="button" class="btn" @click=${() => this.reset()}>Reset view</button>`;
  }
}
define("gb-mesh-board", GbMeshBoard);
