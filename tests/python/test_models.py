"""The HTTP API beside onnxruntime: the same model, the same rows, the same answers."""

import io
import unittest

import numpy as np
import onnxruntime
from served import ROOT, Served

MODELS = ROOT / "tests/fixtures/goldens/models"
ROWS = {"cnn8": (1, 8, 8), "cnn32": (1, 32, 32), "mlp10": (10,)}


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


class Models(unittest.TestCase):
    def test_predictions_and_attributions(self):
        with Served() as server:
            for name, shape in ROWS.items():
                with self.subTest(model=name):
                    self.one(server, name, shape)

    def one(self, server, name, shape):
        path = MODELS / f"{name}.onnx"
        rows = np.random.default_rng(5).random((3, *shape), dtype=np.float32)
        runtime = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        expected = runtime.run(None, {"x": rows})[0]
        baseline = runtime.run(None, {"x": np.zeros_like(rows)})[0]

        server.json("PUT", f"/models?name={name}", path.read_bytes())
        server.until(lambda: server.json("GET", f"/models/{name}"), lambda m: m["state"] == "ready")
        given = server.json("PUT", f"/inputs?name={name}-rows.npy&model={name}", npy(rows))["input"]

        for row in range(len(rows)):
            ask = {"model": name, "input": given, "row": row}
            prediction = server.until(
                lambda: server.json("POST", "/predictions", ask), lambda p: p.get("prediction") is not None
            )
            np.testing.assert_allclose(prediction["prediction"], expected[row], rtol=1e-4, atol=1e-4)

            asked = {**ask, "method": "integrated_gradients", "params": {"n_steps": 100}, "evidence": "none"}
            key = server.json("POST", "/explanations", asked)["id"]
            done = server.until(
                lambda: server.json("GET", f"/explanations/{key}"), lambda e: e["state"] in ("done", "failed")
            )
            self.assertEqual(done["state"], "done", done.get("error"))
            target = done["target"]
            self.assertEqual(target, int(expected[row].argmax()))
            array = np.load(io.BytesIO(server.call("GET", f"/explanations/{key}/attribution?format=npy")))
            self.assertEqual(array.reshape(shape).shape, shape)
            # What the page says about completeness, against another engine's outputs.
            change = float(expected[row, target] - baseline[row, target])
            gap = float(array.sum(dtype=np.float64)) - change
            self.assertAlmostEqual(done["completeness_gap"], gap, delta=1e-3)
            self.assertLess(abs(gap), 0.05 * max(1.0, abs(change)))


if __name__ == "__main__":
    unittest.main()
