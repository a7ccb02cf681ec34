/** Numbers and times as the whole product writes them. */
const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

/** A whole number with thousands separators. */
export const integer = (n: number): string => grouped.format(n);

/** A measured value in at most `digits` significant digits; a real minus sign. */
export function value(n: number | null | undefined, digits = 4): string {
  if (n === null || n === undefined) return "–";
  if (Number.isNaN(n)) return "NaN";
  if (!Number.isFinite(n)) return n > 0 ? "∞" : "−∞";
  if (n === 0) return "0";
  const size = Math.abs(n);
  const written =
    size >= 1e6 || size < 1e-3 ? n.toExponential(Math.max(0, digits - 2)).replace("e+", "e")
    : size >= 1000 ? grouped.format(n)
    : n.toFixed(Math.max(0, Math.min(digits, digits - 1 - Math.floor(Math.log10(size)))));
  return written.replace("-", "−").replace("e-", "e−");
}

/** An axis label: 50k, 2.5M, 1e−4. */
export function tick(n: number): string {
  if (n === 0) return "0";
  const size = Math.abs(n);
  const trim = (x: number): string => String(Number(x.toPrecision(4)));
  const written =
    size >= 1e9 ? `${trim(n / 1e9)}G`
    : size >= 1e6 ? `${trim(n / 1e6)}M`
    : size >= 1e4 ? `${trim(n / 1e3)}k`
    : size < 1e-3 ? n.toExponential().replace(/(\.\d{1,2})\d*/, "$1")
    : trim(n);
  return written.replaceAll("-", "−");
}

/** Bytes in kB, MB, GB. */
export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = n;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) { size /= 1000; unit += 1; }
  return `${unit === 0 ? size : Number(size.toPrecision(3))} ${units[unit] ?? ""}`;
}

/** A length of time: 42 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  const s = Math.abs(seconds);
  const sign = seconds < 0 ? "−" : "";
  if (s < 1) return `${sign}${s < 0.01 ? Number((s * 1e3).toPrecision(2)) : Math.round(s * 1e3)} ms`;
  if (s < 60) return `${sign}${Number(s.toPrecision(3))} s`;
  if (s < 3600) return `${sign}${Math.floor(s / 60)} min${Math.floor(s % 60) ? ` ${Math.floor(s % 60)} s` : ""}`;
  if (s < 86400) return `${sign}${Math.floor(s / 3600)} h${Math.floor((s % 3600) / 60) ? ` ${Math.floor((s % 3600) / 60)} min` : ""}`;
  return `${sign}${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** A wall time, local. */
export const clockTime = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleString("en-GB", { day: "numeric", month: "short", ...(new Date(seconds * 1000).getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" }), hour: "2-digit", minute: "2-digit", second: "2-digit" });
