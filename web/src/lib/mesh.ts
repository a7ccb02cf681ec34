/** Points and faces in space, and the camera that looks at them. */
import { decodeColumns } from "./columns.ts";

/** What a writer asked of the view, where it can be followed (`json_config` of TensorBoard's plugin). */
export interface MeshConfig {
  readonly camera?: { readonly cls?: string; readonly fov?: number; readonly position?: readonly number[] };
  readonly lights?: readonly { readonly cls?: string; readonly intensity?: number }[];
  readonly material?: { readonly cls?: string; readonly size?: number; readonly wireframe?: boolean };
}

export interface MeshMeta {
  readonly step: number;
  readonly sample: number;
  readonly samples: number;
  readonly faces_left_out: number;
  readonly colours_left_out: boolean;
  readonly config: MeshConfig | null;
}

export interface Mesh {
  readonly vertex: Float32Array;
  readonly face: Uint32Array;
  /** Three bytes a point; empty where none were logged. */
  readonly colour: Uint8Array;
  /** The middle of what is finite, and how far it reaches. */
  readonly centre: readonly [number, number, number];
  readonly radius: number;
  readonly meta: MeshMeta;
}

/** Where the eye is: angles in radians, zoom, and how far the picture is moved, in halves of the frame. */
export interface Camera {
  readonly yaw: number;
  readonly pitch: number;
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

export function decodeMesh(bytes: ArrayBuffer): Mesh {
  const { meta, columns } = decodeColumns<MeshMeta>(bytes);
  const vertex = columns.get("vertex")?.values as Float32Array;
  return { vertex, face: columns.get("face")?.values as Uint32Array, colour: columns.get("colour")?.values as Uint8Array, ...bounds(vertex), meta };
}

export function bounds(vertex: Float32Array): { centre: [number, number, number]; radius: number } {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 2 < vertex.length; i += 3) {
    if (!Number.isFinite((vertex[i] as number) + (vertex[i + 1] as number) + (vertex[i + 2] as number))) continue;
    for (let d = 0; d < 3; d += 1) {
      const v = vertex[i + d] as number;
      if (v < (low[d] as number)) low[d] = v;
      if (v > (high[d] as number)) high[d] = v;
    }
  }
  if (!((high[0] as number) >= (low[0] as number))) return { centre: [0, 0, 0], radius: 1 };
  const centre = [0, 1, 2].map((d) => ((low[d] as number) + (high[d] as number)) / 2) as [number, number, number];
  let far = 0;
  for (let i = 0; i + 2 < vertex.length; i += 3) {
    const r = ((vertex[i] as number) - centre[0]) ** 2 + ((vertex[i + 1] as number) - centre[1]) ** 2 + ((vertex[i + 2] as number) - centre[2]) ** 2;
    if (Number.isFinite(r) && r > far) far = r;
  }
  return { centre, radius: Math.sqrt(far) || 1 };
}

/** From the writer's camera where it has a place, else from above the right shoulder. */
export function firstCamera(mesh: Mesh): Camera {
  const at = mesh.meta.config?.camera?.position;
  const still = { zoom: 1, x: 0, y: 0 };
  if (Array.isArray(at) && at.length === 3 && at.every(Number.isFinite)) {
    const [x, y, z] = at.map((v, d) => (v as number) - (mesh.centre[d] as number)) as [number, number, number];
    const far = Math.hypot(x, y, z);
    if (far > 0) return { yaw: Math.atan2(x, z), pitch: Math.asin(y / far), ...still };
  }
  return { yaw: 0.6, pitch: 0.42, ...still };
}

export const PITCH = Math.PI / 2 - 0.01;

export function turned(camera: Camera, by: Partial<Camera>): Camera {
  const next = { ...camera, ...by };
  const limit = (v: number, most: number): number => Math.max(-most, Math.min(most, v));
  return { yaw: next.yaw % (2 * Math.PI), pitch: limit(next.pitch, PITCH), zoom: Math.max(0.1, Math.min(100, next.zoom)), x: limit(next.x, 100), y: limit(next.y, 100) };
}

export const writeCamera = (c: Camera): string => [c.yaw, c.pitch, c.zoom, c.x, c.y].map((v) => String(Number(v.toFixed(3)))).join(",");

export function readCamera(text: string): Camera | undefined {
  const [yaw, pitch, zoom, x, y, more] = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (yaw === undefined || pitch === undefined || zoom === undefined || x === undefined || y === undefined || more !== undefined) return undefined;
  if (![yaw, pitch, zoom, x, y].every(Number.isFinite) || zoom <= 0) return undefined;
  return turned({ yaw, pitch, zoom, x, y }, {});
}

/** How the points of a mesh come to the screen: rows of a rotation, then scale, distance and shift. */
export interface View {
  readonly right: readonly [number, number, number];
  readonly up: readonly [number, number, number];
  readonly eye: readonly [number, number, number];
  /** Distance of the eye in radii; 0 for a parallel projection. */
  readonly far: number;
  readonly scale: readonly [number, number];
  readonly shift: readonly [number, number];
}

export function viewOf(mesh: Mesh, camera: Camera, wide: number, high: number): View {
  const { yaw, pitch, zoom } = camera;
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const config = mesh.meta.config?.camera;
  const parallel = config?.cls === "OrthographicCamera";
  const fov = (Math.max(10, Math.min(120, typeof config?.fov === "number" ? config.fov : 40)) * Math.PI) / 180;
  // The sphere around the mesh touches the frame.
  const far = parallel ? 0 : 1 / Math.sin(fov / 2);
  const focal = (parallel ? 1 : 1 / Math.tan(fov / 2)) * 0.98 * zoom;
  const aspect = wide / Math.max(1, high);
  return {
    right: [cy, 0, -sy],
    up: [-sy * sp, cp, -cy * sp],
    eye: [sy * cp, sp, cy * cp],
    far,
    scale: [focal / Math.max(1, aspect), focal * Math.min(1, aspect)],
    shift: [camera.x, camera.y],
  };
}

export interface Style {
  /** 0 to 1 each: what has no colour of its own. */
  readonly tint: readonly [number, number, number];
  /** Pixels of the screen. */
  readonly size: number;
  readonly wire: boolean;
}

/** How much light there is without a direction, and how much with one. */
export function lights(config: MeshConfig | null): readonly [number, number] {
  if (config?.material?.cls === "MeshBasicMaterial") return [1, 0];
  const sum = (word: string): number | undefined => {
    const some = config?.lights?.filter((one) => one.cls === word);
    return some?.length ? Math.min(2, some.reduce((total, one) => total + (one.intensity ?? 1), 0)) : undefined;
  };
  const [ambient, direct] = [sum("AmbientLight"), sum("DirectionalLight")];
  if (ambient === undefined && direct === undefined) return [0.42, 0.62];
  return [ambient ?? 0, direct ?? 0];
}
