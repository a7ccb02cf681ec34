// Every page there is, with addresses that hold in the demo.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { curveLogs } from "./curve-logs.mjs";
import { get, push, startServer, until } from "./harness.mjs";
import { writeMediaLogs } from "./media-logs.mjs";
import { networkLogs, sweepLogs, vectorLogs } from "./sweep-logs.mjs";

/** Writes logs and pushes them to the server as an experiment. */
async function pushed(server, name, write) {
  const logs = mkdtempSync(join(tmpdir(), "glassboard-pushed-"));
  write(logs);
  await push(server, logs, name);
  rmSync(logs, { recursive: true, force: true });
}

/** The demo, and a log folder `vectors` beside it: an embedding is read where it lies, and cannot be pushed. */
export async function startPages() {
  const home = mkdtempSync(join(tmpdir(), "glassboard-vectors-"));
  const logs = join(home, "vectors");
  mkdirSync(logs);
  const server = await startServer("demo", ["--logdir", logs]);
  vectorLogs(logs);
  await until("the embedding", async () => (await get(server, "/api/v1/experiments/vectors/embeddings").catch(() => undefined))?.embeddings.length === 1);
  return { ...server, stop: async () => { await server.stop(); rmSync(home, { recursive: true, force: true }); } };
}

/** The id of an explanation, once it is there. */
async function explained(server, question) {
  const asked = await fetch(`${server.url}/api/v1/explanations`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(question) });
  const { id } = await asked.json();
  await until(`the explanation by ${question.method}`, async () => (await get(server, `/api/v1/explanations/${id}`)).state === "done");
  return id;
}

/** [name, path] of each page of the demo served by `server`, and of what the demo does not log: that is pushed to it. */
export async function pages(server) {
  const { experiments } = await get(server, "/api/v1/experiments");
  const { models } = await get(server, "/api/v1/models");
  const { inputs } = await get(server, "/api/v1/inputs");
  const exp = experiments.find((one) => one.slug !== "vectors").slug;
  const { runs } = await get(server, `/api/v1/experiments/${exp}/runs`);
  const cnn = models.find((model) => model.name === "digits-resnet").slug;
  const mlp = models.find((model) => model.name === "breast-cancer-mlp").slug;
  const digit = inputs.find((input) => input.kind === "image").slug;
  const trees = models.find((model) => model.name === "breast-cancer-lightgbm").slug;
  const table = inputs.find((input) => input.name === "breast-cancer-held-out.csv").slug;
  const whole = inputs.find((input) => input.name === "breast-cancer.csv").slug;
  const words = models.find((model) => model.name === "generated-sentiment").slug;
  const sentences = inputs.find((input) => input.kind === "text").slug;
  const newest = async (model) => (await get(server, `/api/v1/models/${model}`)).checkpoints.at(-1).id;
  const [netId, treesId] = [await newest(mlp), await newest(trees)];
  const [layered, report] = await Promise.all(["lrp", "integrated_gradients"].map((method) => explained(server, { model: cnn, input: digit, method })));
  await pushed(server, "curves", curveLogs);
  await pushed(server, "media", writeMediaLogs);
  await pushed(server, "sweep", sweepLogs);
  await pushed(server, "network", networkLogs);
  const sweep = (await get(server, "/api/v1/experiments/sweep/runs")).runs;
  const media = (await get(server, "/api/v1/experiments/media/runs")).runs[0].id;
  return {
    exp, cnn, mlp, trees, digit, table, netId, treesId,
    list: [
      ["landing", "/"],
      ["runs", "/runs"],
      ["scalars", `/runs/${exp}/scalars`],
      ["histograms", `/runs/${exp}/histograms`],
      ["images", `/runs/${exp}/images`],
      ["pictures", "/runs/media/images"],
      ["enlarged", `/runs/media/images?big=${media}:1:spectrogram`],
      ["audio", "/runs/media/audio"],
      ["text", "/runs/media/text"],
      ["source", "/runs/media/text?src=1&tags=summary&at=20"],
      ["mesh", "/runs/media/mesh"],
      ["distributions", "/runs/curves/distributions"],
      ["pr-curves", "/runs/curves/pr-curves"],
      ["custom", "/runs/curves/custom"],
      ["hparams", `/runs/${exp}/hparams`],
      ["sessions", "/runs/sweep/hparams?b=lr~0.0008~0.004"],
      ["session", `/runs/sweep/hparams?sel=${sweep[0].id}&v=table`],
      ["graphs", "/runs/network/graphs?sel=net%2Fconv1%2FMatMul&lane=time"],
      ["projector", "/runs/vectors/projector?sel=7"],
      ["projector-3d", "/runs/vectors/projector?dim=3&m=umap"],
      ["runtable", `/runs/${exp}/table`],
      ["compare", `/compare?runs=${runs.slice(0, 3).map((run) => `${exp}/${run.id}`).join(",")}`],
      ["run", `/runs/${exp}/r/${runs[0].id}`],
      ["models", "/models"],
      ["graph", `/models/${cnn}/graph`],
      ["relevance", `/models/${cnn}/graph?lane=relevance&x=${layered}`],
      ["tensors", `/models/${cnn}/tensors`],
      ["checkpoints", `/models/${cnn}/checkpoints`],
      ["metadata", `/models/${cnn}/metadata`],
      ["difference", `/models/${cnn}/difference`],
      ["difference-rows", `/models/${mlp}/difference?a=${netId}&b=${treesId}&in=${table}&n=3`],
      ["concepts", `/models/${mlp}/concepts?c=${whole}&cf=${encodeURIComponent('"worst concavity" > 0.4')}&cls=0&in=${whole}&layer=/hidden1/Gemm_output_0&o=${whole}&q=${table}&row=3&tcav=1&tr=${whole}&tracin=1`],
      ["explain", "/explain"],
      ["choose", `/explain/${cnn}`],
      ["image", `/explain/${cnn}/${digit}/attribution`],
      ["activations", `/explain/${cnn}/${digit}/activations`],
      ["report", `/api/v1/explanations/${report}/report`],
      ["perturb", `/explain/${cnn}/${digit}/perturb`],
      ["metrics", `/explain/${cnn}/${digit}/metrics`],
      ["tabular", `/explain/${mlp}/${table}/row`],
      ["evidence", `/explain/${mlp}/${table}/metrics`],
      ["global", `/explain/${trees}/${whole}/global`],
      ["dependence", `/explain/${trees}/${whole}/dependence`],
      ["interactions", `/explain/${trees}/${whole}/interactions`],
      ["cohorts", `/explain/${trees}/${whole}/cohorts`],
      ["errors", `/explain/${trees}/${whole}/errors`],
      ["performance", `/explain/${trees}/${whole}/performance`],
      ["sentence", `/explain/${words}/${sentences}/tokens?row=4&tok=5`],
      ["rollout", `/explain/${words}/${sentences}/attention?row=4`],
      ["faithfulness", `/explain/${words}/${sentences}/metrics?row=4`],
      ["inputs", "/inputs"],
      ["input", `/inputs/${digit}`],
      ["table", `/inputs/${table}`],
      ["jobs", "/jobs"],
      ["shortcuts", "/help/shortcuts"],
    ],
  };
}

/** Waits until nothing on the page is still being computed or drawn. */
export async function settled(page) {
  await page.waitForLoadState("load");
  await page.waitForFunction(() => {
    const text = document.querySelector("#main")?.textContent ?? "";
    const overlay = document.querySelector("gb-overlay, gb-waterfall, gb-channels, gb-perturb");
    const waiting = /waiting for a worker|Asking for explanations|Running the model up to|Reading the picture|Looking up inputs/.test(text);
    // A picture's methods are asked in two rounds; the second begins when the first has told what a pass takes.
    const cost = document.querySelector("gb-explain") && document.getElementById("gb-cost-chip");
    if (cost && cost.hidden) return false;
    return !document.querySelector(".busy, progress") && !waiting && (!overlay || overlay.children.length > 0);
  }, undefined, { timeout: 90_000 });
  await page.waitForTimeout(600);
}
