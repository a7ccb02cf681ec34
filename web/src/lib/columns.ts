/** One column of the binary format of `docs/api.md`. */
export interface Column {
  readonly name: string;
  readonly dtype: "f32" | "f64" | "i64" | "u32" | "u8";
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | BigInt64Array | Uint32Array | Uint8Array;
}

export interface Columns<Meta> {
  readonly meta: Meta;
  readonly columns: ReadonlyMap<string, Column>;
}

const WIDTH = { f32: 4, f64: 8, i64: 8, u32: 4, u8: 1 } as const;
const pad = (n: number): number => (n + 7) & ~7;

/** Decodes `GBC1`. Throws a sentence where the bytes are not what the header claims. */
export function decodeColumns<Meta>(buffer: ArrayBuffer): Columns<Meta> {
  const view = new DataView(buffer);
  if (buffer.byteLength < 8 || view.getUint32(0, false) !== 0x47424331) throw new Error("The answer is not in the columns format.");
  const length = view.getUint32(4, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length))) as {
    columns: { name: string; dtype: Column["dtype"]; shape: number[] }[];
    meta: Meta;
  };
  let at = pad(8 + length);
  const columns = new Map<string, Column>();
  for (const { name, dtype, shape } of head.columns) {
    const count = shape.reduce((a, b) => a * b, 1);
    const bytes = count * WIDTH[dtype];
    if (at + bytes > buffer.byteLength) throw new Error(`Column ${name} is cut short.`);
    const values =
      dtype === "f32" ? new Float32Array(buffer, at, count)
      : dtype === "f64" ? new Float64Array(buffer, at, count)
      : dtype === "u32" ? new Uint32Array(buffer, at, count)
      : dtype === "i64" ? new BigInt64Array(buffer, at, count)
      : new Uint8Array(buffer, at, count);
    columns.set(name, { name, dtype, shape, values });
    at += pad(bytes);
  }
  return { meta: head.meta, columns };
}
