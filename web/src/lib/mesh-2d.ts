/** Meshes without WebGL2: what is farther is painted first. */
import { lights, viewOf, type Camera, type Mesh, type Style } from "./mesh.ts";

/** More faces are shown by their points, more points by some of them. */
const FACES = 40_000;
const POINTS = 60_000;

/** Draws onto `context`; says what was left out, in a sentence, or nothing. */
export function drawFlat(context: CanvasRenderingContext2D, mesh: Mesh, camera: Camera, style: Style): string {
  const { width: wide, height: high } = context.canvas;
  const { right, up, eye, far, scale, shift } = viewOf(mesh, camera, wide, high);
  const n = mesh.vertex.length / 3;
  const [xs, ys, zs] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
  const seen = new Float32Array(n * 3);
  for (let i = 0; i < n; i += 1) {
    const [a, b, c] = [0, 1, 2].map((d) => ((mesh.vertex[i * 3 + d] as number) - (mesh.centre[d] as number)) / mesh.radius) as [number, number, number];
    const [x, y, z] = [right, up, eye].map((row) => row[0] * a + row[1] * b + row[2] * c) as [number, number, number];
    const w = far > 0 ? far - z : 1;
    seen.set([x, y, z], i * 3);
    xs[i] = ((x * scale[0]) / w + shift[0] + 1) * 0.5 * wide;
    ys[i] = (1 - ((y * scale[1]) / w + shift[1])) * 0.5 * high;
    zs[i] = z;
  }
  context.clearRect(0, 0, wide, high);
  const own = mesh.colour.length > 0;
  const ink = (i: number, shade: number): string => `rgb(${[0, 1, 2].map((d) => Math.min(255, (own ? (mesh.colour[i * 3 + d] as number) : (style.tint[d] as number) * 255) * shade)).join(" ")})`;
  const order = (count: number, depth: (i: number) => number): number[] => Array.from({ length: count }, (_, i) => i).sort((a, b) => depth(a) - depth(b));
  const faces = mesh.face.length / 3;
  if (faces > 0 && faces <= FACES) {
    const at = (f: number, k: number): number => mesh.face[f * 3 + k] as number;
    const [ambient, direct] = lights(mesh.meta.config);
    context.lineWidth = 1;
    for (const f of order(faces, (g) => (zs[at(g, 0)] as number) + (zs[at(g, 1)] as number) + (zs[at(g, 2)] as number))) {
      const [a, b, c] = [at(f, 0), at(f, 1), at(f, 2)];
      const edge = (p: number, q: number): [number, number, number] => [0, 1, 2].map((d) => (seen[q * 3 + d] as number) - (seen[p * 3 + d] as number)) as [number, number, number];
      const [u, v] = [edge(a, b), edge(a, c)];
      const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]] as const;
      const long = Math.hypot(...normal) || 1;
      const side = normal[2] < 0 ? -1 : 1;
      const colour = ink(a, style.wire ? 1 : ambient + (direct * Math.max(0, side * (normal[0] * 0.35 + normal[1] * 0.55 + normal[2] * 0.9))) / long / 1.11);
      context.beginPath();
      context.moveTo(xs[a] as number, ys[a] as number);
      context.lineTo(xs[b] as number, ys[b] as number);
      context.lineTo(xs[c] as number, ys[c] as number);
      context.closePath();
      context.strokeStyle = colour;
      context.stroke();
      if (style.wire) continue;
      context.fillStyle = colour;
      context.fill();
    }
    return "";
  }
  const step = Math.max(1, Math.ceil(n / POINTS));
  const size = Math.max(1, style.size);
  for (const i of order(Math.ceil(n / step), (k) => zs[k * step] as number)) {
    const p = i * step;
    if (!Number.isFinite(xs[p] as number)) continue;
    context.fillStyle = ink(p, 1);
    context.fillRect((xs[p] as number) - size / 2, (ys[p] as number) - size / 2, size, size);
  }
  if (faces > FACES) return "Without WebGL2 this many faces are shown by their points.";
  return step > 1 ? `Without WebGL2 one point of ${step} is shown.` : "";
}
