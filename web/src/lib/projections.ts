/** Pictures of embeddings, made by the server's workers: asked for, followed, read. */
import { api } from "./base.ts";
import { getJson, request, sendJson } from "./http.ts";
import { onLive } from "./live.ts";

/** How many of each point's nearest neighbours are nearest in the picture too. */
export interface Kept { readonly share: number; readonly chance: number; readonly neighbours: number; readonly asked: number }

interface Standing {
  readonly id: string; readonly state: "queued" | "running" | "done" | "failed" | "cancelled"; readonly job: string | null; readonly progress: number; readonly error: string | null;
  readonly question: { readonly dimensions: number }; readonly variance?: readonly number[]; readonly kept?: Kept;
}
/** Three numbers a point, whatever was asked for. */
export interface Picture { readonly at: Float32Array; readonly variance: readonly number[]; readonly kept: Kept | undefined }

/** Looked at again after this long, also when no news came. */
const POLL = 1500;

/** Asks for a picture and waits for it. Aborting with the reason "cancelled" ends the work; any other only the waiting. */
export async function follow(embedding: number, question: object, progress: (done: number, words: string) => void, signal: AbortSignal): Promise<Picture> {
  let now = await sendJson<Standing>("POST", api(`/embeddings/${embedding}/projections`), question, signal);
  let woken = (): void => {};
  const off = onLive("job", (event) => {
    if (event.id !== now.job) return;
    if (event.state === "running") progress(event.progress, event.message);
    else woken();
  });
  const give = (): void => {
    woken();
    if (signal.reason === "cancelled" && now.job && now.state !== "done") void request(api(`/jobs/${now.job}/cancel`), { method: "POST" }).catch(() => {});
  };
  signal.addEventListener("abort", give);
  try {
    while (now.state === "queued" || now.state === "running") {
      progress(now.progress, now.state === "queued" ? "waiting for a worker" : "working");
      await new Promise<void>((resolve) => { woken = resolve; setTimeout(resolve, POLL); });
      signal.throwIfAborted();
      now = await getJson<Standing>(api(`/projections/${now.id}`), signal);
    }
    if (now.state !== "done") throw new Error(now.error ?? `The work was ${now.state}.`);
    const places = new Float32Array(await (await request(api(`/projections/${now.id}/at`), { signal })).arrayBuffer());
    return { at: inThree(places, now.question.dimensions), variance: now.variance ?? [], kept: now.kept };
  } finally {
    off();
    signal.removeEventListener("abort", give);
  }
}

function inThree(places: Float32Array, dimensions: number): Float32Array {
  if (dimensions === 3) return places;
  const n = places.length / dimensions;
  const at = new Float32Array(n * 3);
  for (let i = 0; i < n; i += 1) at.set(places.subarray(i * dimensions, (i + 1) * dimensions), i * 3);
  return at;
}
