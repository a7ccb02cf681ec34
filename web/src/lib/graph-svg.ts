/** The outline of a graph as a picture for papers: light colours, whole graph as it is open. */
import { ROW, skipPath, type Layout } from "./outline.ts";
import type { GraphRow } from "./types.ts";

const SPACE = "http://www.w3.org/2000/svg";
const BOXES = 340;
const SIDE = 60;
/** Pixels a side that browsers still make a canvas of. */
const MOST = 16_000;

function put(parent: Element, name: string, attributes: Readonly<Record<string, string | number>>, words = ""): Element {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (words) element.textContent = words;
  parent.append(element);
  return element;
}

/** Draws it; `colour` may answer a token, which becomes what it is now. `groups` gives closed groups their colour too. */
export async function drawing(layout: Layout, colour: (row: GraphRow) => string, kind: "svg" | "png", groups = false): Promise<Blob> {
  const boxes = BOXES + layout.depth * 14;
  const [wide, high] = [boxes + SIDE + 16, layout.height + 16];
  const root = document.createElementNS(SPACE, "svg");
  for (const [key, value] of Object.entries({ xmlns: SPACE, width: wide, height: high, viewBox: `0 0 ${wide} ${high}`, "font-family": "Inter, system-ui, sans-serif", "font-size": 12 })) root.setAttribute(key, String(value));
  put(root, "rect", { width: wide, height: high, fill: "#ffffff" });
  const all = put(root, "g", { transform: "translate(8 8)" });
  const clipped = (text: string, room: number): string => (text.length * 6.6 > room ? `${text.slice(0, Math.max(1, Math.floor(room / 6.6) - 1))}…` : text);
  const swatch = (row: GraphRow): string => resolve(colour(row));
  for (const p of layout.placed) {
    const width = boxes - p.left - p.right;
    if (p.row.open) {
      put(all, "rect", { x: p.left, y: p.y + 2, width, height: p.end - p.y - 4, rx: 9, fill: "#0b756c", "fill-opacity": 0.07, stroke: "#0b756c", "stroke-opacity": 0.42 });
      put(all, "text", { x: p.left + 12, y: p.y + 22, fill: "#08635b", "font-weight": 600 }, clipped(p.row.label, width - 20));
      continue;
    }
    if (p.row.stack) put(all, "rect", { x: p.left + 3, y: p.y + 6, width, height: ROW - 7, rx: 7, fill: "#ffffff", stroke: "#b5bfbc" });
    put(all, "rect", { x: p.left, y: p.y + 3, width, height: ROW - 7, rx: 7, fill: "#ffffff", stroke: "#dfe4e2" });
    put(all, "rect", { x: p.left + 10, y: p.y + ROW / 2 - 5, width: 9, height: 9, rx: 3, fill: p.row.kind === "group" && !groups ? "none" : swatch(p.row), stroke: p.row.kind === "group" ? "#84908d" : "none" });
    put(all, "text", { x: p.left + 26, y: p.y + 22, fill: "#131817", "font-weight": 600 }, clipped(p.row.label, width * 0.62));
    put(all, "text", { x: p.left + width - 10, y: p.y + 22, fill: "#4c5856", "text-anchor": "end" }, clipped(p.row.detail, width * 0.34));
  }
  const lines = put(all, "g", { fill: "none", "stroke-linecap": "round", "stroke-linejoin": "round" });
  for (const a of layout.arrows) put(lines, "path", { d: `M${boxes / 2} ${a.y - 4.5}V${a.y + 1.5}m-2.6 -2.8l2.6 2.8l2.6 -2.8`, stroke: "#66726f", "stroke-width": 1.2 });
  const skips = put(lines, "g", { transform: `translate(${boxes} 0)`, stroke: "#aa9105", "stroke-width": 1.6 });
  for (const s of layout.skips) put(skips, "path", { d: skipPath(s) });
  const source = new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" });
  if (kind === "svg") return source;
  const scale = Math.min(2, MOST / Math.max(wide, high));
  const address = URL.createObjectURL(source);
  try {
    const picture = new Image();
    await new Promise((done, fail) => { picture.onload = done; picture.onerror = () => fail(new Error("The browser could not draw the picture; the SVG has it all.")); picture.src = address; });
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(wide * scale), Math.round(high * scale)];
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise<Blob>((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("The picture is too large; the SVG has it all."))), "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

function resolve(colour: string): string {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.setProperty("color", colour);
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  // Mixed colours come as `color(srgb r g b)`, which few programs that read SVG know.
  const mixed = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)/.exec(found);
  return mixed ? `rgb(${mixed.slice(1).map((part) => Math.round(Number(part) * 255)).join(", ")})` : found;
}
