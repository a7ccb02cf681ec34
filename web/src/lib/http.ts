/** An answer that is not 2xx, with the server's own sentence. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
  ) {
    super(detail);
  }
}

async function refuse(response: Response): Promise<never> {
  let title = response.statusText;
  let detail = `The server answered ${response.status}.`;
  if (response.headers.get("content-type")?.includes("json")) {
    const body = (await response.json()) as { title?: string; detail?: string };
    title = body.title ?? title;
    detail = body.detail ?? detail;
  }
  throw new Problem(response.status, title, detail);
}

/** Fetches, or throws the server's sentence; a server that is away gives a `Problem` with status 0. */
export async function request(address: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "Disconnected", "The server does not answer. Is glassboard still running?");
  }
  return response.ok ? response : refuse(response);
}

/** GET of JSON. `T` is the shape `docs/api.md` promises. */
export async function getJson<T>(address: string, signal?: AbortSignal): Promise<T> {
  const response = await request(address, signal ? { signal } : {});
  return (await response.json()) as T;
}

/** POST or PUT of JSON, answer JSON. */
export async function sendJson<T>(method: "POST" | "PUT", address: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await request(address, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
  return (await response.json()) as T;
}

/** Whether an error only says that a newer request took over. */
export function aborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** The sentence to show for any error. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : "Something failed that has no description.";
}
