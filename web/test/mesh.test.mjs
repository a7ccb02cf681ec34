// The camera of meshes: what it writes it reads, and where it puts what it sees.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bounds, firstCamera, lights, readCamera, turned, viewOf, writeCamera } from "../src/lib/mesh.ts";

const mesh = (vertex, config = null) => { const v = Float32Array.from(vertex); return { vertex: v, face: new Uint32Array(), colour: new Uint8Array(), ...bounds(v), meta: { config } }; };
const cube = (config) => mesh([-1, -1, -1, 1, 1, 1, -1, 1, -1, 1, -1, 1], config);

test("a camera in the address is the camera", () => {
  const camera = { yaw: 0.123, pitch: -0.5, zoom: 2.5, x: 0.25, y: -1 };
  assert.deepEqual(readCamera(writeCamera(camera)), camera);
  for (const wrong of ["", "1", "1,2,3,4", "1,2,3,4,x", "1,2,0,4,5", "1,2,3,4,5,6", "NaN,0,1,0,0", "1,,1,0,0"]) assert.equal(readCamera(wrong), undefined, wrong);
});

test("what is no number does not stretch the frame", () => {
  const { centre, radius } = bounds(Float32Array.from([0, 0, 0, 2, 0, 0, NaN, 5, 5, Infinity, 0, 0]));
  assert.deepEqual(centre, [1, 0, 0]);
  assert.equal(radius, 1);
  assert.deepEqual(bounds(new Float32Array()), { centre: [0, 0, 0], radius: 1 });
});

test("rows of the rotation are a right-handed frame, whatever the angles", () => {
  for (let i = 0; i < 50; i += 1) {
    const { right, up, eye } = viewOf(cube(), turned({ yaw: i * 0.7, pitch: Math.sin(i) * 2, zoom: 1, x: 0, y: 0 }, {}), 4, 3);
    const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    for (const [a, b, want] of [[right, right, 1], [up, up, 1], [eye, eye, 1], [right, up, 0], [up, eye, 0], [eye, right, 0]]) assert.ok(Math.abs(dot(a, b) - want) < 1e-9);
    const cross = [right[1] * up[2] - right[2] * up[1], right[2] * up[0] - right[0] * up[2], right[0] * up[1] - right[1] * up[0]];
    assert.ok(dot(cross, eye) > 0.999);
  }
});

test("every point of a mesh is inside the frame at first, in any shape of frame", () => {
  for (const config of [null, { camera: { fov: 75 } }, { camera: { cls: "OrthographicCamera" } }, { camera: { position: [0, 0, 9] } }]) {
    const one = cube(config);
    for (const [wide, high] of [[400, 300], [300, 400], [1000, 100]]) {
      const { right, up, eye, far, scale } = viewOf(one, firstCamera(one), wide, high);
      for (let i = 0; i < one.vertex.length; i += 3) {
        const p = [0, 1, 2].map((d) => (one.vertex[i + d] - one.centre[d]) / one.radius);
        const [x, y, z] = [right, up, eye].map((row) => row[0] * p[0] + row[1] * p[1] + row[2] * p[2]);
        const w = far > 0 ? far - z : 1;
        assert.ok(Math.abs((x * scale[0]) / w) <= 1 && Math.abs((y * scale[1]) / w) <= 1, `${wide}x${high}`);
      }
    }
  }
});

test("the writer's camera and lights are followed where they make sense", () => {
  const above = firstCamera(cube({ camera: { position: [0, 5, 0] } }));
  assert.ok(Math.abs(above.pitch - Math.PI / 2) < 1e-6);
  assert.deepEqual(firstCamera(cube({ camera: { position: ["x"] } })), firstCamera(cube()));
  assert.deepEqual(lights({ material: { cls: "MeshBasicMaterial" } }), [1, 0]);
  assert.deepEqual(lights({ lights: [{ cls: "AmbientLight", intensity: 0.75 }, { cls: "DirectionalLight", intensity: 0.5 }] }), [0.75, 0.5]);
  assert.deepEqual(lights({ lights: [] }), lights(null));
});
