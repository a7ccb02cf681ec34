"""Partial dependence with every row's curve beside scikit-learn: 30 columns, 500 rows, 100 points.

Called by `bench/tabular`; alone: `python bench/tabular_pdp.py MODELS [RUNS]`, MODELS a folder with mlp.onnx and
tree_lgbm.lgbm.txt. The example `tabular_pdp` of glassboard-explain must be built in release. The peer is
sklearn.inspection.partial_dependence(kind="both") over an estimator that asks onnxruntime, or LightGBM's own library,
for 500 rows at a time, as scikit-learn calls it. `off`: largest difference of the means over their largest magnitude.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
BINARY = TARGET / "release/examples/tabular_pdp"


def plain_trees(booster):
    """LightGBM's trees in the form that the example reads."""
    trees = []
    for info in booster.dump_model()["tree_info"]:
        tree = {key: [] for key in ("left", "right", "feature", "threshold", "value")}

        def add(node):
            at = len(tree["left"])
            leaf = "leaf_value" in node
            for key, value in (
                ("left", -1),
                ("right", -1),
                ("feature", 0 if leaf else node["split_feature"]),
                ("threshold", 0.0 if leaf else node["threshold"]),
                ("value", node["leaf_value"] if leaf else 0.0),
            ):
                tree[key].append(value)
            if not leaf:
                assert node["decision_type"] == "<="
                tree["left"][at] = add(node["left_child"])
                tree["right"][at] = add(node["right_child"])
            return at

        add(info["tree_structure"])
        trees.append(tree)
    return {"trees": trees}


def measure(models, runs=5):
    """Yields one measurement a model."""
    import lightgbm
    import numpy as np
    import onnxruntime
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.datasets import load_breast_cancer
    from sklearn.inspection import partial_dependence
    from sklearn.preprocessing import StandardScaler

    class Peer(RegressorMixin, BaseEstimator):
        def __init__(self, function=None):
            self.function = function

        def fit(self, x, y=None):
            self.n_features_in_ = x.shape[1]
            return self

        def __sklearn_is_fitted__(self):
            return True

        def predict(self, x):
            return self.function(x)

    threads = int(os.environ.get("OMP_NUM_THREADS", "2"))
    raw = load_breast_cancer().data[:500]
    scaled = StandardScaler().fit_transform(raw)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    network = onnxruntime.InferenceSession(str(models / "mlp.onnx"), options, providers=["CPUExecutionProvider"])
    name = network.get_inputs()[0].name
    booster = lightgbm.Booster(model_file=str(models / "tree_lgbm.lgbm.txt"))

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "lgbm.json").write_text(json.dumps(plain_trees(booster)))
        for title, x, model, target, function, peer in (
            (
                "pdp_ice_mlp",
                scaled,
                models / "mlp.onnx",
                1,
                lambda x: network.run(None, {name: x.astype("f4")})[0][:, 1],
                f"scikit-learn over onnxruntime {onnxruntime.__version__}",
            ),
            (
                "pdp_ice_lightgbm",
                raw,
                folder / "lgbm.json",
                0,
                lambda x: booster.predict(x, raw_score=True, num_threads=threads),
                f"scikit-learn over lightgbm {lightgbm.__version__}",
            ),
        ):
            np.save(folder / "rows.npy", x)
            estimator = Peer(function).fit(x)
            walls, cpus, means = [], [], None
            for _ in range(runs + 1):
                wall, cpu = time.perf_counter(), time.process_time()
                parts = [partial_dependence(estimator, x, [j], kind="both", grid_resolution=100) for j in range(x.shape[1])]
                walls.append(time.perf_counter() - wall)
                cpus.append(time.process_time() - cpu)
                means = [part["average"][0] for part in parts]
            command = [BINARY, model, folder / "rows.npy", folder / "means.npy", str(target), str(runs)]
            ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            mine = np.load(folder / "means.npy")
            off = max(np.abs(mine[j][: len(mean)] - mean).max() / np.abs(mean).max() for j, mean in enumerate(means))
            peer_cpu = statistics.median(cpus[1:])
            yield {
                "name": title,
                "unit": "CPU seconds",
                "value": ours["cpu_seconds"],
                "peer": peer,
                "peer_value": peer_cpu,
                "ratio": ours["cpu_seconds"] / peer_cpu,
                "cpu_seconds": ours["cpu_seconds"],
                "seconds": ours["seconds"],
                "peer_seconds": statistics.median(walls[1:]),
                "off": off,
                "runs": runs,
            }


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "tests/fixtures/goldens/models")
    for line in measure(folder, int(sys.argv[2]) if len(sys.argv) > 2 else 5):
        print(json.dumps(line), flush=True)
