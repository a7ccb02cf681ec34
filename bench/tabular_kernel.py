#!/usr/bin/env python3
"""KernelSHAP beside shap: seconds of the CPU, and error against exact values at equal evaluations.

  python bench/tabular_kernel.py GOLDENS [--quick] [--threads N]

GOLDENS is the folder of golden cases, whose models (mlp, mlp10, trees) are used. Speed: one row, 100 background rows,
2,048 coalitions, 30 features, of which shap keeps 10 by default; also without that cut. Peer: shap over the same
ONNX file through torch. Error: mean over rows and seeds of |phi - exact|, as a ratio to shap's KernelExplainer with
l1_reg=False over the same number of passes. Exact: all 2^10 coalitions for mlp10, TreeSHAP for trees.

One JSON line a measurement: name, unit, value, peer, peer_value, ratio, cpu_seconds, runs."""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
PROFILE = os.environ.get("BENCH_PROFILE", "release")


class Ours:
    """The example `kernel_bench` as a process that is told what to compute."""

    def __init__(self, model, x, background, threads):
        import numpy as np

        self.rows = tempfile.NamedTemporaryFile(suffix=".npz")
        np.savez(self.rows, x=np.asarray(x, "f8"), background=np.asarray(background, "f8"))
        self.rows.flush()
        self.process = subprocess.Popen(
            [TARGET / PROFILE / "examples/kernel_bench", model, self.rows.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "RAYON_NUM_THREADS": str(threads)},
        )

    def ask(self, method, coalitions, seed, calls=1):
        print(method, coalitions, seed, calls, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def line(**fields):
    print(json.dumps(fields), flush=True)


def torch_of(path, threads):
    """The golden MLP as torch runs it: its Gemm and Relu nodes in order."""
    import numpy as np
    import onnx
    import torch
    from onnx import numpy_helper

    torch.set_num_threads(threads)
    graph = onnx.load(path).graph
    weights = {w.name: torch.tensor(numpy_helper.to_array(w).copy()) for w in graph.initializer}
    layers = []
    for node in graph.node:
        if node.op_type == "Gemm":
            weight = weights[node.input[1]]
            transposed = any(a.name == "transB" and a.i for a in node.attribute)
            layer = torch.nn.Linear(*(weight.shape[::-1] if transposed else weight.shape))
            layer.weight.data = weight if transposed else weight.T.contiguous()
            layer.bias.data = weights[node.input[2]]
            layers.append(layer)
        else:
            layers.append(torch.nn.ReLU())
    net = torch.nn.Sequential(*layers).eval()

    @torch.inference_mode()
    def run(a):
        return torch.softmax(net(torch.as_tensor(np.asarray(a, "f4"))), 1).numpy().astype("f8")

    return run


def speed(goldens, rows, threads, rounds):
    import shap

    path = goldens / "models/mlp.onnx"
    background, x = rows[:100], rows[200:201]
    ours = Ours(path, x, background, threads)
    theirs = shap.KernelExplainer(torch_of(path, threads), background)
    for name, l1 in [("kernelshap_2048x100", "num_features(10)"), ("kernelshap_2048x100_all_features", False)]:
        walls, cpus, peer_walls, peer_cpus = [], [], [], []
        call = lambda: theirs.shap_values(x, nsamples=2048, l1_reg=l1, silent=True)
        call()
        ours.ask("kernel_shap", 2048, 0, 2)
        for k in range(rounds):
            got = ours.ask("kernel_shap", 2048, k, 3)
            walls += got["wall"]
            cpus += got["cpu"]
            for _ in range(3):
                wall, cpu = time.perf_counter(), time.process_time()
                call()
                peer_walls.append(time.perf_counter() - wall)
                peer_cpus.append(time.process_time() - cpu)
        value, other = statistics.median(cpus), statistics.median(peer_cpus)
        line(name=name, unit="CPU s", value=value, peer=f"shap {shap.__version__}, l1_reg={l1}", peer_value=other,
             ratio=value / other, cpu_seconds=value, wall_seconds=statistics.median(walls),
             peer_wall_seconds=statistics.median(peer_walls), runs=len(cpus))  # fmt: skip
    ours.close()


def error(goldens, name, model, rows, background, run, budget, exact, seeds, threads):
    import numpy as np
    import shap

    ours = Ours(model, rows, background, threads)
    theirs = shap.KernelExplainer(run, background)
    off = lambda values: float(np.linalg.norm(np.asarray(values) - exact, axis=1).mean())
    peer = []
    for seed in range(seeds):
        np.random.seed(seed)
        peer.append(off(theirs.shap_values(rows, nsamples=budget, l1_reg=False, silent=True)[:, :, 1]))
    for method in ["leverage_shap", "kernel_shap", "regression_shap"]:
        found, cpu = [], []
        for seed in range(seeds):
            got = ours.ask(method, budget, seed)
            found.append(off(np.array(got["values"]).reshape(rows.shape)))
            cpu += got["cpu"]
        value, other = statistics.mean(found), statistics.mean(peer)
        line(name=f"{name}_{budget}_error_{method}", unit="", value=value, peer=f"shap {shap.__version__} KernelExplainer",
             peer_value=other, ratio=value / other, cpu_seconds=statistics.median(cpu), runs=seeds * len(rows))  # fmt: skip
    ours.close()


def exact_of(run, x, background):
    """Shapley values of class 1 from all coalitions."""
    import numpy as np
    from math import comb

    m = background.shape[1]
    masks = (np.arange(1 << m)[:, None] >> np.arange(m)) & 1
    sizes = masks.sum(1)
    all_rows = []
    for row in x:
        made = np.where(masks[:, None, :] == 1, row, background[None]).reshape(-1, m)
        v = run(made)[:, 1].reshape(1 << m, -1).mean(1)
        phi = []
        for i in range(m):
            without = np.where(masks[:, i] == 0)[0]
            weight = np.array([1 / (m * comb(m - 1, s)) for s in sizes[without]])
            phi.append(float((weight * (v[without | 1 << i] - v[without])).sum()))
        all_rows.append(phi)
    return np.array(all_rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("goldens", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", choices=["speed", "error"])
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    import numpy as np
    import onnxruntime
    import shap
    from sklearn.datasets import load_breast_cancer
    from sklearn.preprocessing import StandardScaler

    if PROFILE == "release":
        subprocess.run(["cargo", "build", "--release", "-p", "glassboard-explain", "--example", "kernel_bench"], cwd=ROOT, check=True)
    raw = load_breast_cancer().data
    scaled = StandardScaler().fit_transform(raw)
    if args.only != "error":
        speed(args.goldens, scaled, args.threads, 2 if args.quick else 5)
    if args.only == "speed":
        return
    seeds, count = (2, 3) if args.quick else (5, 8)
    rows, background = scaled[200 : 200 + count, :10], scaled[:20, :10]
    path = args.goldens / "models/mlp10.onnx"
    run = torch_of(path, args.threads)
    exact = exact_of(run, rows, background)
    for budget in [128, 256, 512]:
        error(args.goldens, "mlp10", path, rows, background, run, budget, exact, seeds, args.threads)
    seeds, count = (1, 2) if args.quick else (3, 4)
    import lightgbm

    rows, background = raw[200 : 200 + count].astype("f4").astype("f8"), raw[:100].astype("f4").astype("f8")
    booster = lightgbm.Booster(model_file=str(args.goldens / "models/tree_lgbm.lgbm.txt"))
    path = args.goldens / "models/tree_lgbm.onnx"
    session = onnxruntime.InferenceSession(path)
    feed = session.get_inputs()[0].name
    run = lambda a: np.asarray(session.run(["probabilities"], {feed: np.asarray(a, "f4")})[0], "f8")
    trees = shap.TreeExplainer(booster, background, feature_perturbation="interventional", model_output="probability")
    exact = np.asarray(trees.shap_values(rows, check_additivity=False))
    error(args.goldens, "tree_lgbm", path, rows, background, run, 2048, exact, seeds, args.threads)


if __name__ == "__main__":
    main()
