#!/usr/bin/env python3
"""LIME for rows of a table beside the lime library: seconds of the CPU and of the clock for one row.

  python bench/tabular_lime.py GOLDENS [--quick] [--threads N]

GOLDENS is the folder of golden cases, whose model `mlp` (30 columns) is explained with lime's defaults: 5,000 samples,
quartiles, ten columns. The peer runs the same network through torch; its explainer is made beforehand, ours works out
the bins of the background in every call.

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
            weight = weight if transposed else weight.T.contiguous()
            layer = torch.nn.Linear(*weight.shape[::-1])
            layer.weight.data, layer.bias.data = weight, weights[node.input[2]]
            layers.append(layer)
        else:
            layers.append(torch.nn.ReLU())
    net = torch.nn.Sequential(*layers).eval()

    @torch.inference_mode()
    def run(a):
        return torch.softmax(net(torch.as_tensor(np.asarray(a, "f4"))), 1).numpy().astype("f8")

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("goldens", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    import lime.lime_tabular
    import numpy as np
    from importlib.metadata import version
    from sklearn.datasets import load_breast_cancer
    from sklearn.preprocessing import StandardScaler

    if PROFILE == "release":
        command = ["cargo", "build", "--release", "-p", "glassboard-explain", "--example", "lime_bench"]
        subprocess.run(command, cwd=ROOT, check=True)
    rows = StandardScaler().fit_transform(load_breast_cancer().data)
    path = args.goldens / "models/mlp.onnx"
    run = torch_of(path, args.threads)
    peer = lime.lime_tabular.LimeTabularExplainer(rows, random_state=0)
    call = lambda: peer.explain_instance(rows[3], run, num_samples=5000)
    call()
    wall, cpu, peer_wall, peer_cpu = [], [], [], []
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        np.savez(file, x=rows[3:4], background=rows)
        file.flush()
        for _ in range(2 if args.quick else 5):
            ours = [TARGET / PROFILE / "examples/lime_bench", path, file.name, "5000", "6"]
            env = {**os.environ, "RAYON_NUM_THREADS": str(args.threads)}
            got = json.loads(subprocess.run(ours, env=env, check=True, capture_output=True, text=True).stdout)
            # The first call loads what the others find.
            wall += got["wall"][1:]
            cpu += got["cpu"][1:]
            for _ in range(5):
                start, busy = time.perf_counter(), time.process_time()
                said = call()
                peer_wall.append(time.perf_counter() - start)
                peer_cpu.append(time.process_time() - busy)
    value, other = statistics.median(cpu), statistics.median(peer_cpu)
    print(json.dumps(dict(
        name="lime_tabular_5000", unit="CPU s", value=value, peer=f"lime {version('lime')}", peer_value=other,
        ratio=value / other, cpu_seconds=value, wall_seconds=statistics.median(wall),
        peer_wall_seconds=statistics.median(peer_wall), runs=len(cpu), r2=got["rows"][0]["r2"], peer_r2=said.score,
    )), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
