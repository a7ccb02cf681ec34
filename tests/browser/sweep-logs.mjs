// Folders of logs of what the demo has little of: sessions with hyperparameters, a graph of operations, an embedding.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeRun } from "./event-file.mjs";
import { eventFile, field, graphDef, record, whole } from "./logdirs.mjs";

const START = 1_700_000_000;

/** Numbers between 0 and 1, the same each time. */
function numbers(seed) {
  let now = seed;
  return () => { now = (now * 16_807) % 2_147_483_647; return now / 2_147_483_647; };
}

/** Twenty-four runs: four learning rates, two optimizers, three seeds. */
export function sweepLogs(folder) {
  const random = numbers(11);
  let at = 0;
  for (const lr of [0.0003, 0.001, 0.003, 0.01]) {
    for (const optimizer of ["adamw", "sgd"]) {
      for (const seed of [0, 1, 2]) {
        const best = 0.97 - 0.05 * Math.abs(Math.log10(lr / 0.002)) - (optimizer === "sgd" ? 0.03 : 0) + 0.015 * random();
        const dropout = [0, 0.1, 0.25][Math.floor(3 * random())];
        const points = Array.from({ length: 20 }, (_, step) => {
          const left = Math.exp(-step / 5);
          return { step: step * 50, wall: START + at * 900 + step * 20, values: { "val/acc": best - 0.6 * left, "val/loss": 1.1 - best + 1.4 * left } };
        });
        writeRun(join(folder, `${optimizer}-${lr}-s${seed}`, "events.out.tfevents.1700000000.host"), points, { lr, optimizer, dropout, seed });
        at += 1;
      }
    }
  }
}

/** One run with a graph of a small network, and what a step of it cost. */
export function networkLogs(folder) {
  const nodes = [["input", "Placeholder"], ["labels", "Placeholder"]];
  const costs = [];
  let last = "input";
  for (const layer of ["conv1", "conv2", "dense"]) {
    const name = (op) => `net/${layer}/${op}`;
    nodes.push([name("weight"), "VariableV2"], [name("MatMul"), "MatMul", last, name("weight")], [name("bias"), "VariableV2"], [name("BiasAdd"), "BiasAdd", name("MatMul"), name("bias")], [name("Relu"), "Relu", name("BiasAdd")]);
    costs.push([name("MatMul"), 1500 - 150 * costs.length, 8192], [name("BiasAdd"), 120, 2048], [name("Relu"), 90, 2048]);
    last = name("Relu");
  }
  nodes.push(["loss/softmax", "Softmax", last], ["loss/xent", "SparseSoftmaxCrossEntropyWithLogits", "loss/softmax", "labels"], ["loss/mean", "Mean", "loss/xent"]);
  const cost = ([name, micros, bytes]) => field(2, Buffer.concat([field(1, name), whole(4, micros), field(6, whole(2, bytes))]));
  const stats = field(1, field(1, Buffer.concat([field(1, "/device:CPU:0"), ...costs.map(cost)])));
  eventFile(join(folder, "train"), record(START + 1, field(4, graphDef(nodes))), record(START + 2, field(8, Buffer.concat([field(1, "step 1"), field(2, stats)]))));
}

/** One run with six hundred points of six kinds in sixteen dimensions; files beside its events, which are not pushed. */
export function vectorLogs(folder) {
  const random = numbers(5);
  const kinds = ["cat", "dog", "frog", "ship", "truck", "plane"];
  const centres = kinds.map(() => Array.from({ length: 16 }, () => 4 * random()));
  const rows = Array.from({ length: 600 }, (_, i) => centres[i % 6].map((c) => (c + random() + random() + random()).toFixed(4)).join("\t"));
  const run = join(folder, "encoder");
  eventFile(run);
  mkdirSync(join(run, "points"));
  writeFileSync(join(run, "points/tensors.tsv"), `${rows.join("\n")}\n`);
  writeFileSync(join(run, "points/metadata.tsv"), `kind\tfile\n${rows.map((_, i) => `${kinds[i % 6]}\timg-${String(i).padStart(4, "0")}.png`).join("\n")}\n`);
  writeFileSync(join(run, "projector_config.pbtxt"), 'embeddings { tensor_name: "penultimate" tensor_path: "points/tensors.tsv" metadata_path: "points/metadata.tsv" }\n');
}
