/** What a chart can be taken away as: files of its points, pictures, a link. */
import { html, nothing, render } from "lit";
import { cardLink, drawingAddress, exportAddress, summaryAddress } from "../lib/chart-links.ts";
import { grouped, nameOf, type Card } from "../lib/card.ts";
import { request, sentence } from "../lib/http.ts";
import { openPopover } from "../lib/popover.ts";
import { toast } from "../lib/say.ts";
import type { Ask } from "../lib/scalars.ts";

const WIDTH = 900;
const HEIGHT = 420;
/** Pixels of a PNG for one of the drawing. */
const SCALE = 2;

function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The server's drawing as pixels: the browser has the fonts, the server does not. */
async function png(address: string, name: string): Promise<void> {
  const drawing = await (await request(address)).text();
  const source = URL.createObjectURL(new Blob([drawing], { type: "image/svg+xml" }));
  try {
    const picture = new Image();
    picture.src = source;
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = picture.naturalWidth * SCALE;
    canvas.height = picture.naturalHeight * SCALE;
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
    if (!blob) throw new Error("The browser made no picture of the drawing.");
    download(blob, name);
  } finally {
    URL.revokeObjectURL(source);
  }
}

export function openChartMenu(button: HTMLElement, card: Card, asks: readonly Ask[], { log }: { log: boolean }): void {
  const title = card.match || card.tag;
  openPopover(button, `Export ${title}`, "menu", (panel, close) => {
    const file = (nameOf(card).replaceAll(/[^\w.-]+/g, "_") || "chart").slice(0, 80);
    const drawing = (theme: "light" | "dark"): string => drawingAddress(card, asks, { width: WIDTH, height: HEIGHT, log, theme });
    const summary = summaryAddress(asks);
    const link = (address: string, name: string, words: string, ending: string): unknown =>
      html`<a href=${address} download=${`${file}.${ending}`} @click=${() => setTimeout(close)}><span>${name}</span><span class="muted">${words}</span></a>`;
    const act = (name: string, words: string, action: () => Promise<void>): unknown =>
      html`<button type="button" @click=${() => { close(); void action().catch((error: unknown) => toast(sentence(error))); }}><span>${name}</span><span class="muted">${words}</span></button>`;
    const copy = async (): Promise<void> => {
      await navigator.clipboard.writeText(cardLink(card)).then(() => toast("Link copied"), () => toast("The browser did not allow copying."));
    };
    render(html`
      <h3>Every point</h3>
      ${link(exportAddress(card, asks, "csv"), "CSV", "all shown runs", "csv")}
      ${link(exportAddress(card, asks, "json"), "JSON", "all shown runs", "json")}
      ${link(exportAddress(card, asks, "parquet"), "Parquet", "all shown runs", "parquet")}
      ${summary ? link(summary, grouped() ? "Bands as CSV" : "Summary as CSV", grouped() ? "mean, std, min, max" : "start, end, min, max", "summary.csv") : nothing}
      <h3>Picture with legend</h3>
      ${link(drawing("light"), "SVG", "light", "svg")}
      ${link(drawing("dark"), "SVG", "dark", "svg")}
      ${act("PNG", `light, ${WIDTH * SCALE} px wide`, () => png(drawing("light"), `${file}.png`))}
      <hr>
      ${act("Copy link", "to this chart", copy)}`, panel);
  });
}
