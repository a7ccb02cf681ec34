/** Every address the page makes goes through here, so that a path prefix is one setting. */
const base = document.querySelector<HTMLMetaElement>('meta[name="gb-base"]')?.content ?? "";

/** The address of a path of ours: `url("/runs")`. */
export function url(path: string): string {
  return base + path;
}

/** The address of an API path with query keys; empty and undefined ones are left out. */
export function api(path: string, query: Record<string, string | number | undefined> = {}): string {
  const keys = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") keys.set(name, String(value));
  }
  const tail = keys.toString();
  return `${base}/api/v1${path}${tail ? `?${tail}` : ""}`;
}
