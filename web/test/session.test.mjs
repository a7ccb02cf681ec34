import assert from "node:assert/strict";
import { test } from "node:test";

// The page's surroundings that a session touches: no live region, no event stream.
globalThis.document = { querySelector: () => null, getElementById: () => null, addEventListener: () => {}, hidden: false };
globalThis.EventSource = class { addEventListener() {} close() {} };
const { Session } = await import("../src/lib/session.ts");

/** An answer in the columns format without columns. */
function noColumns() {
  const head = new TextEncoder().encode(JSON.stringify({ columns: [], meta: {} }));
  const bytes = new Uint8Array((8 + head.length + 7) & ~7);
  new DataView(bytes.buffer).setUint32(0, 0x47424331, false);
  new DataView(bytes.buffer).setUint32(4, head.length, true);
  bytes.set(head, 8);
  return bytes;
}

const json = (value) => new Response(JSON.stringify(value), { headers: { "content-type": "application/json" } });

/** A server whose answers to questions wait in `asked` until the test gives them. */
function serve() {
  const asked = [];
  globalThis.fetch = (address, init = {}) => {
    const path = String(address).split("?")[0];
    if (path.endsWith("/methods")) return Promise.resolve(json([{ name: "smoothgrad", title: "SmoothGrad", applies: true }]));
    if (path.endsWith("/predictions")) return Promise.resolve(json({ prediction: [1], labels: ["a"], top: [0] }));
    if (path.endsWith("/explanations")) return new Promise((answer) => asked.push({ params: JSON.parse(init.body).params, answer: (id) => answer(json({ id, state: "done", job: null })) }));
    if (path.endsWith("/attribution")) return Promise.resolve(new Response(noColumns()));
    return Promise.resolve(json({ id: path.split("/").at(-1), state: "done" }));
  };
  return asked;
}

const tick = () => new Promise((wake) => setTimeout(wake, 5));

for (const order of ["the earlier answer last", "the earlier answer first"]) {
  test(`new parameters win, ${order}`, async () => {
    const asked = serve();
    const session = new Session({ model: "m", input: "i", row: 0 }, { target: null, on: "", baseline: "", seed: 0, evidence: "", params: {} });
    void session.start();
    await tick();
    session.adopt({ smoothgrad: { samples: 9 } });
    await tick();
    assert.deepEqual(asked.map(({ params }) => params), [{}, { samples: 9 }]);
    const answers = [() => asked[0].answer("old"), () => asked[1].answer("new")];
    if (order.endsWith("last")) answers.reverse();
    for (const answer of answers) {
      answer();
      await tick();
    }
    const [run] = session.runs;
    assert.deepEqual([run.state, run.id, run.result.id], ["done", "new", "new"]);
    session.stop();
  });
}

test("the first methods are asked at once, the others as the budget allows", async () => {
  const estimate = (forward) => ({ forward, backward: 0, seconds: null, at_most: false });
  const methods = [["rise", 4000], ["lime_image", 1000], ["occlusion", 100], ["saliency", 1], ["grad_cam", 1], ["integrated_gradients", 50], ["smoothgrad", 20], ["eigencam", 1]]
    .map(([name, passes]) => ({ name, title: name, applies: true, estimate: estimate(passes) }));
  const asked = [];
  globalThis.fetch = (address, init = {}) => {
    const path = String(address).split("?")[0];
    if (path.endsWith("/methods")) return Promise.resolve(json(methods));
    if (path.endsWith("/predictions")) return Promise.resolve(json({ prediction: [1], labels: ["a"], top: [0] }));
    if (path.endsWith("/explanations")) {
      const { method } = JSON.parse(init.body);
      asked.push(method);
      return Promise.resolve(json({ id: method, state: "done", job: null }));
    }
    if (path.endsWith("/attribution")) return Promise.resolve(new Response(noColumns()));
    // A tenth of a second a pass: RISE would take 400 s.
    const id = path.split("/").at(-1);
    const { forward } = methods.find(({ name }) => name === id).estimate;
    return Promise.resolve(json({ id, state: "done", passes: { forward, backward: 0 }, seconds: forward / 20 }));
  };
  const session = new Session({ model: "m", input: "i", row: 0 }, { target: null, on: "", baseline: "", seed: 0, evidence: "", params: {} });
  await session.start();
  await tick();
  assert.deepEqual(asked, ["saliency", "grad_cam", "integrated_gradients", "occlusion", "eigencam", "smoothgrad", "lime_image"]);
  assert.deepEqual(session.runs.filter((run) => run.state === "idle").map((run) => [run.method.name, Math.round(run.seconds)]), [["rise", 200]]);
  session.stop();
});
