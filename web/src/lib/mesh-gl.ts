/**
 * Meshes by WebGL2. One context draws for every card, for browsers give a page only a few: what it drew is
 * copied to the card's own canvas.
 */
import { lights, viewOf, type Camera, type Mesh, type Style } from "./mesh.ts";

const VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec3 at;
layout(location = 1) in vec3 ink;
uniform vec3 centre, right, up, eye, tint;
uniform vec2 scale, shift;
uniform float radius, far, size, own;
out vec3 seen;
out vec3 colour;
void main() {
  vec3 p = (at - centre) / radius;
  seen = vec3(dot(right, p), dot(up, p), dot(eye, p));
  float w = far > 0.0 ? far - seen.z : 1.0;
  float near = far - 1.05, back = far + 1.05;
  float z = far > 0.0 ? ((back + near) * w - 2.0 * back * near) / (back - near) : -seen.z * 0.9;
  gl_Position = vec4(seen.xy * scale + shift * w, z, w);
  gl_PointSize = far > 0.0 ? max(1.0, size * far / w) : size;
  colour = own > 0.5 ? ink : tint;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec3 seen;
in vec3 colour;
uniform int what;
uniform vec2 light;
out vec4 pixel;
void main() {
  float shade = 1.0;
  if (what == 0) {
    vec3 n = normalize(cross(dFdx(seen), dFdy(seen)));
    if (n.z < 0.0) n = -n;
    shade = light.x + light.y * max(0.0, dot(n, normalize(vec3(0.35, 0.55, 0.9))));
  } else if (what == 1) {
    float d = length(gl_PointCoord - 0.5) * 2.0;
    if (d > 1.0) discard;
    shade = 1.0 - 0.35 * d * d;
  }
  pixel = vec4(colour * min(shade, 1.2), 1.0);
}`;

/** Meshes whose bytes stay with the graphics card. */
const KEPT = 24;

interface Loaded {
  readonly points: WebGLVertexArrayObject;
  readonly buffers: WebGLBuffer[];
  lines: WebGLBuffer | undefined;
}

class Renderer {
  readonly canvas = document.createElement("canvas");
  lost = false;
  private readonly gl: WebGL2RenderingContext;
  private readonly program: WebGLProgram;
  private readonly places = new Map<string, WebGLUniformLocation | null>();
  private readonly loaded = new Map<Mesh, Loaded>();

  constructor() {
    const gl = this.canvas.getContext("webgl2", { antialias: true, alpha: true, premultipliedAlpha: true, powerPreference: "low-power" });
    if (!gl) throw new Error("This browser has no WebGL2.");
    this.gl = gl;
    this.canvas.addEventListener("webglcontextlost", (event) => { event.preventDefault(); this.lost = true; });
    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
      const shader = gl.createShader(type);
      if (!shader) throw new Error("WebGL2 gives no shader.");
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? "The shaders do not fit.");
    this.program = program;
  }

  private place(name: string): WebGLUniformLocation | null {
    let found = this.places.get(name);
    if (found === undefined) {
      found = this.gl.getUniformLocation(this.program, name);
      this.places.set(name, found);
    }
    return found;
  }

  private load(mesh: Mesh): Loaded {
    const { gl } = this;
    const known = this.loaded.get(mesh);
    if (known) { this.loaded.delete(mesh); this.loaded.set(mesh, known); return known; }
    const points = gl.createVertexArray();
    gl.bindVertexArray(points);
    const buffers: WebGLBuffer[] = [];
    const put = (target: number, data: AllowSharedBufferSource): void => { const made = gl.createBuffer(); buffers.push(made); gl.bindBuffer(target, made); gl.bufferData(target, data, gl.STATIC_DRAW); };
    put(gl.ARRAY_BUFFER, mesh.vertex as Float32Array<ArrayBuffer>);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
    if (mesh.colour.length > 0) {
      put(gl.ARRAY_BUFFER, mesh.colour as Uint8Array<ArrayBuffer>);
      gl.enableVertexAttribArray(1);
      gl.vertexAttribPointer(1, 3, gl.UNSIGNED_BYTE, true, 0, 0);
    }
    if (mesh.face.length > 0) put(gl.ELEMENT_ARRAY_BUFFER, mesh.face as Uint32Array<ArrayBuffer>);
    const made: Loaded = { points, buffers, lines: undefined };
    this.loaded.set(mesh, made);
    if (this.loaded.size > KEPT) {
      for (const [old, { points: array, buffers: given, lines }] of this.loaded) {
        this.loaded.delete(old);
        gl.deleteVertexArray(array);
        for (const buffer of lines ? [...given, lines] : given) gl.deleteBuffer(buffer);
        break;
      }
    }
    return made;
  }

  /** The edges of all faces, made when somebody wants to see them. */
  private edges(mesh: Mesh, loaded: Loaded): void {
    const { gl } = this;
    if (loaded.lines) { gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, loaded.lines); return; }
    const ends = new Uint32Array(mesh.face.length * 2);
    for (let i = 0, o = 0; i < mesh.face.length; i += 3) {
      const [a, b, c] = [mesh.face[i] as number, mesh.face[i + 1] as number, mesh.face[i + 2] as number];
      for (const end of [a, b, b, c, c, a]) { ends[o] = end; o += 1; }
    }
    loaded.lines = gl.createBuffer();
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, loaded.lines);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, ends, gl.STATIC_DRAW);
  }

  draw(mesh: Mesh, camera: Camera, style: Style, wide: number, high: number): void {
    const { gl, canvas } = this;
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    gl.viewport(0, 0, wide, high);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    const loaded = this.load(mesh);
    gl.useProgram(this.program);
    gl.bindVertexArray(loaded.points);
    const view = viewOf(mesh, camera, wide, high);
    const [ambient, direct] = lights(mesh.meta.config);
    for (const [name, value] of [["centre", mesh.centre], ["right", view.right], ["up", view.up], ["eye", view.eye], ["tint", style.tint]] as const) gl.uniform3f(this.place(name), value[0], value[1], value[2]);
    gl.uniform2f(this.place("scale"), view.scale[0], view.scale[1]);
    gl.uniform2f(this.place("shift"), view.shift[0], view.shift[1]);
    gl.uniform2f(this.place("light"), ambient, direct);
    gl.uniform1f(this.place("radius"), mesh.radius);
    gl.uniform1f(this.place("far"), view.far);
    gl.uniform1f(this.place("size"), style.size);
    gl.uniform1f(this.place("own"), mesh.colour.length > 0 ? 1 : 0);
    if (mesh.face.length === 0) {
      gl.uniform1i(this.place("what"), 1);
      gl.drawArrays(gl.POINTS, 0, mesh.vertex.length / 3);
    } else if (style.wire) {
      this.edges(mesh, loaded);
      gl.uniform1i(this.place("what"), 2);
      gl.drawElements(gl.LINES, mesh.face.length * 2, gl.UNSIGNED_INT, 0);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, loaded.buffers.at(-1) ?? null);
    } else {
      gl.uniform1i(this.place("what"), 0);
      gl.drawElements(gl.TRIANGLES, mesh.face.length, gl.UNSIGNED_INT, 0);
    }
    gl.bindVertexArray(null);
  }
}

let renderer: Renderer | undefined;
let without = false;

/** Draws onto `context`; false where this browser has no WebGL2. */
export function drawByGl(context: CanvasRenderingContext2D, mesh: Mesh, camera: Camera, style: Style): boolean {
  if (without) return false;
  const { width, height } = context.canvas;
  try {
    if (renderer?.lost) renderer = undefined;
    renderer ??= new Renderer();
    renderer.draw(mesh, camera, style, width, height);
  } catch {
    without = true;
    return false;
  }
  context.clearRect(0, 0, width, height);
  context.drawImage(renderer.canvas, 0, 0);
  return true;
}
