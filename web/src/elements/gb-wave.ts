import { html, type PropertyValues, type TemplateResult } from "lit";
import { GbElement, define } from "../lib/element.ts";
import { request } from "../lib/http.ts";
import { onTheme, token } from "../lib/palette.ts";

/** Longer sounds are not decoded for a picture. */
const MOST_BYTES = 8 << 20;
/** Pictures kept, each a number a column. */
const KEPT = 200;
const COLUMNS = 400;
const PAUSE = 120;
const known = new Map<string, Promise<Float32Array | undefined>>();

/** The loudest sample of each column, 0 to 1; nothing where the browser cannot decode. */
function peaks(address: string): Promise<Float32Array | undefined> {
  let found = known.get(address);
  if (!found) {
    found = decode(address).catch(() => undefined);
    known.set(address, found);
    if (known.size > KEPT) for (const old of known.keys()) { known.delete(old); break; }
  }
  return found;
}

async function decode(address: string): Promise<Float32Array | undefined> {
  const answer = await request(address);
  if (Number(answer.headers.get("content-length") ?? Infinity) > MOST_BYTES) { await answer.body?.cancel(); return undefined; }
  const sound = await new OfflineAudioContext(1, 1, 44_100).decodeAudioData(await answer.arrayBuffer());
  const out = new Float32Array(COLUMNS);
  for (let channel = 0; channel < sound.numberOfChannels; channel += 1) {
    const samples = sound.getChannelData(channel);
    for (let i = 0; i < samples.length; i += 1) {
      const column = Math.floor((i / samples.length) * COLUMNS);
      const size = Math.abs(samples[i] ?? 0);
      if (size > (out[column] ?? 0)) out[column] = size;
    }
  }
  return out;
}

/** A sound's outline over its player: decoration, for the player beside it says and does the same. */
class GbWave extends GbElement {
  static override properties = { address: {} };
  declare address: string;
  private shape: Float32Array | undefined;
  private offs: (() => void)[] = [];
  private seen = false;

  override connectedCallback(): void {
    super.connectedCallback();
    const near = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      this.seen = true;
      void this.read();
    }, { rootMargin: "200px" });
    near.observe(this);
    const resized = new ResizeObserver(() => this.draw());
    resized.observe(this);
    this.offs = [() => near.disconnect(), () => resized.disconnect(), onTheme(() => this.draw())];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs) off();
  }

  private get player(): HTMLAudioElement | null {
    return this.parentElement?.querySelector("audio") ?? null;
  }

  protected override firstUpdated(): void {
    for (const event of ["timeupdate", "seeked", "loadedmetadata", "ended"]) this.player?.addEventListener(event, () => this.draw());
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("address") && this.seen) void this.read();
  }

  private async read(): Promise<void> {
    const { address } = this;
    // A slider that moves on passes many by.
    await new Promise((wake) => setTimeout(wake, PAUSE));
    if (address !== this.address) return;
    const shape = await peaks(address);
    if (address !== this.address) return;
    this.shape = shape;
    this.toggleAttribute("data-none", shape === undefined);
    this.draw();
  }

  private draw(): void {
    const canvas = this.querySelector("canvas");
    const context = canvas?.getContext("2d");
    const { shape } = this;
    if (!canvas || !context || !shape) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [wide, high] = [Math.round(this.clientWidth * ratio), Math.round(this.clientHeight * ratio)];
    if (wide === 0 || high === 0) return;
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    context.clearRect(0, 0, wide, high);
    const { player } = this;
    const played = player && player.duration > 0 ? (player.currentTime / player.duration) * wide : 0;
    const bar = 3 * ratio;
    const bars = Math.floor(wide / bar);
    const top = Math.max(1e-6, ...shape);
    const [on, off] = [token("--accent"), token("--axis")];
    for (let i = 0; i < bars; i += 1) {
      let size = 0;
      for (let c = Math.floor((i / bars) * COLUMNS); c <= Math.min(COLUMNS - 1, Math.floor(((i + 1) / bars) * COLUMNS)); c += 1) size = Math.max(size, shape[c] ?? 0);
      const tall = Math.max(ratio, (size / top) * (high - 2 * ratio));
      context.fillStyle = i * bar < played ? on : off;
      context.fillRect(i * bar, (high - tall) / 2, bar - ratio, tall);
    }
  }

  /** A press is a wish to hear from there; keys do the same in the player. */
  private seek(event: PointerEvent): void {
    const { player } = this;
    if (!player || !(player.duration > 0)) return;
    const frame = this.getBoundingClientRect();
    player.currentTime = ((event.clientX - frame.left) / frame.width) * player.duration;
  }

  protected override render(): TemplateResult {
    return html`<canvas aria-hidden="true" @pointerdown=${(e: PointerEvent) => this.seek(e)}></canvas>`;
  }
}
define("gb-wave", GbWave);
