/** What a drawing on the page can be taken away as. */

/** Presentation that an SVG outside the page needs written into it. */
const LOOK = ["fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "opacity", "text-anchor"] as const;
/** Pixels of a PNG for one of the drawing. */
const SCALE = 2;

export function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A drawing as a file of its own, with the colours it has now, on the page's surface. */
export function svgText(svg: SVGSVGElement, title: string): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const own = [svg, ...svg.querySelectorAll<SVGElement>("*")];
  const made = [copy, ...copy.querySelectorAll<SVGElement>("*")];
  own.forEach((element, i) => {
    const seen = getComputedStyle(element);
    const to = made[i];
    for (const name of LOOK) if (seen.getPropertyValue(name)) to?.setAttribute(name, seen.getPropertyValue(name));
    to?.removeAttribute("class");
  });
  const { width, height } = svg.viewBox.baseVal;
  const make = (name: string): SVGElement => document.createElementNS("http://www.w3.org/2000/svg", name);
  const ground = make("rect");
  ground.setAttribute("width", String(width));
  ground.setAttribute("height", String(height));
  ground.setAttribute("fill", getComputedStyle(svg.closest(".card") ?? document.body).backgroundColor);
  const name = make("title");
  name.textContent = title;
  copy.prepend(name, ground);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  for (const comment of [...copy.childNodes].filter((node) => node.nodeType === Node.COMMENT_NODE)) comment.remove();
  return new XMLSerializer().serializeToString(copy);
}

/** The same as pixels. */
export async function png(text: string): Promise<Blob> {
  const source = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
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
    return blob;
  } finally {
    URL.revokeObjectURL(source);
  }
}
