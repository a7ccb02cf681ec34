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
