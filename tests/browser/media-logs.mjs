// A folder of logs with texts, sounds, pictures and meshes, written byte by byte.
import { deflateSync } from "node:zlib";
import { join } from "node:path";
import { eventFile, field, record, whole } from "./logdirs.mjs";

const START = 1_700_000_000;
const float = (values) => { const b = Buffer.alloc(values.length * 4); values.forEach((v, i) => b.writeFloatLE(v, i * 4)); return b; };

/** A TensorProto: strings (type 7) or floats (type 1). */
export function tensor(shape, { strings, floats }) {
  const dims = field(2, Buffer.concat(shape.map((n) => field(2, whole(1, n)))));
  if (strings) return Buffer.concat([whole(1, 7), dims, ...strings.map((s) => field(8, s))]);
  return Buffer.concat([whole(1, 1), dims, field(4, float(floats))]);
}

/** One logged value: a plugin's tensor. */
export function logged(step, tag, plugin, body, content = Buffer.alloc(0)) {
  const metadata = field(9, field(1, Buffer.concat([field(1, plugin), field(2, content)])));
  const value = field(1, Buffer.concat([field(1, tag), field(8, body), metadata]));
  return record(START + step * 60, whole(2, step), field(5, value));
}

/** A WAV file of a tone that fades, 16 bit. */
export function wav(hertz, seconds = 0.6, rate = 8000, channels = 1) {
  const frames = Math.round(seconds * rate);
  const data = Buffer.alloc(frames * 2 * channels);
  for (let i = 0; i < frames; i += 1) {
    for (let c = 0; c < channels; c += 1) data.writeInt16LE(Math.round(26_000 * Math.exp((-4 * i) / frames) * Math.sin((2 * Math.PI * hertz * (c + 1) * i) / rate)), (i * channels + c) * 2);
  }
  const head = Buffer.alloc(44);
  head.write("RIFF", 0); head.writeUInt32LE(36 + data.length, 4); head.write("WAVEfmt ", 8); head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); head.writeUInt16LE(channels, 22); head.writeUInt32LE(rate, 24); head.writeUInt32LE(rate * 2 * channels, 28);
  head.writeUInt16LE(2 * channels, 32); head.writeUInt16LE(16, 34); head.write("data", 36); head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

const CRC = Array.from({ length: 256 }, (_, n) => { let c = n; for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; return c >>> 0; });

/** A PNG of `paint(x, y)`, three numbers a pixel. */
export function png(width, height, paint) {
  const chunk = (name, body) => {
    const named = Buffer.concat([Buffer.from(name), body]);
    let c = 0xffffffff;
    for (const b of named) c = CRC[(c ^ b) & 255] ^ (c >>> 8);
    const out = Buffer.alloc(named.length + 8);
    out.writeUInt32BE(body.length, 0); named.copy(out, 4); out.writeUInt32BE((c ^ 0xffffffff) >>> 0, named.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0); head.writeUInt32BE(height, 4); head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) rows.set(paint(x, y).map((v) => Math.max(0, Math.min(255, Math.round(v)))), y * (width * 3 + 1) + 1 + x * 3);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

const meshInfo = (name, part, config) => Buffer.concat([field(2, name), whole(3, part), ...(config ? [field(5, config)] : [])]);

/** Points, faces and colours of a mesh at a step; each part is `[samples, rows, 3]`. */
export function mesh(step, name, parts, config = "") {
  const words = { vertex: ["VERTEX", 1], face: ["FACE", 2], colour: ["COLOR", 3] };
  return Object.entries(parts).map(([part, samples]) => {
    const [word, number] = words[part];
    const shape = [samples.length, samples[0].length / 3, 3];
    return logged(step, `${name}_${word}`, "mesh", tensor(shape, { floats: samples.flat() }), meshInfo(name, number, config));
  });
}

/** A ring, bent by `wave`: points, faces, colours. */
function ring(wave, around = 48, across = 18) {
  const [vertex, face, colour] = [[], [], []];
  for (let i = 0; i < around; i += 1) {
    for (let j = 0; j < across; j += 1) {
      const [u, v] = [(i / around) * 2 * Math.PI, (j / across) * 2 * Math.PI];
      const r = 0.36 + 0.1 * wave * Math.sin(5 * u);
      vertex.push((1 + r * Math.cos(v)) * Math.cos(u), r * Math.sin(v), (1 + r * Math.cos(v)) * Math.sin(u));
      colour.push(...[0, 2.1, 4.2].map((shift) => Math.round(127 + 110 * Math.cos(u + shift))));
      const at = (a, b) => (a % around) * across + (b % across);
      face.push(at(i, j), at(i, j + 1), at(i + 1, j), at(i + 1, j), at(i, j + 1), at(i + 1, j + 1));
    }
  }
  return { vertex: [vertex], face: [face], colour: [colour] };
}

/** Two clouds of points, one that comes nearer with every step. */
function clouds(step, points = 700) {
  let seed = 7;
  const random = () => { seed = (seed * 16_807) % 2_147_483_647; return seed / 2_147_483_647 - 0.5; };
  const [vertex, colour] = [[], []];
  for (let i = 0; i < points; i += 1) {
    const left = i % 2 === 0;
    vertex.push((left ? -1 : 1) * (1.4 - step * 0.02) + random() + random(), random() + random(), random() + random());
    colour.push(...(left ? [71, 107, 186] : [196, 107, 57]));
  }
  return { vertex: [vertex], colour: [colour] };
}

export const MARKDOWN = (step) => `## Step ${step}

The validation loss **fell** to \`${(1 / (step + 2)).toFixed(3)}\`; see the [notes](https://example.org/notes "what we agreed").

| layer | mean | std |
|---|---:|---:|
| conv1 | 0.012 | 0.21 |
| conv2 | −0.004 | 0.17 |

- [x] warm up
- [ ] anneal

> Watch <script>alert(1)</script> the second block. ![a plot](https://elsewhere.example/plot.png)

\`\`\`python
for x, y in loader: step(x, y)
\`\`\`
`;

/** Writes the folder: two runs, five steps. */
export function writeMediaLogs(folder) {
  for (const [at, run] of ["base", "wide"].entries()) {
    const records = [];
    for (let step = 0; step <= 40; step += 10) {
      records.push(
        logged(step, "notes/summary", "text", tensor([], { strings: [MARKDOWN(step)] })),
        logged(step, "notes/samples", "text", tensor([3], { strings: ["The cat sat", `on the *mat* ${step}`, "and slept & dreamt"] })),
        logged(step, "notes/table", "text", tensor([3, 2], { strings: ["token", "score", "cat", String(step / 40), "mat", "`0.5`"] })),
        logged(step, "voice/clip", "audio", tensor([2, 2], { strings: [wav(330 + 4 * step + 80 * at), "**clean** input", wav(440 + 4 * step, 0.9, 8000, 2), "what came out"] })),
        logged(step, "spectrogram", "images", tensor([5], { strings: ["48", "32", ...[0, 1, 2].map((sample) => png(48, 32, (x, y) => [128 + 127 * Math.sin((x + step) / (4 + sample)), 128 + 127 * Math.cos(y / (3 + at)), 60 + step * 4]))] })),
        ...mesh(step, "surface", ring(step / 40), '{"camera":{"cls":"PerspectiveCamera","fov":50}}'),
        ...mesh(step, "clouds", clouds(step)),
      );
    }
    eventFile(join(folder, run), ...records);
  }
}

if (import.meta.filename === process.argv[1]) writeMediaLogs(process.argv[2]);
