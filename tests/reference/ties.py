"""Writes tests/fixtures/goldens/ties.json: what a golden case is where a sign cannot be told in 32 bits.

  ./x ref && .ref/bin/python tests/reference/ties.py

At step 10 of `cnn32_ig_riemann_right_25` one value before a ReLU is 5.8e-9 in float64 and the terms it is
the sum of are near one, so in float32 its sign is that of the rounding. torch with oneDNN, which made the
case, finds it above zero; torch without, and onnxruntime, below. Both are kept: the case and this file,
which is torch without oneDNN.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

FOLDER = Path(__file__).resolve().parent.parent / "fixtures/goldens"
CASE = "cnn32_ig_riemann_right_25"
STEPS = 25


class Net:
    """The model cnn32, of any precision; `nearest` is the value before a ReLU that was nearest to zero."""

    def __init__(self, dtype):
        graph = onnx.load(FOLDER / "models/cnn32.onnx").graph
        self.weights = {i.name: torch.tensor(numpy_helper.to_array(i)).to(dtype) for i in graph.initializer}
        self.nearest = 1.0

    def block(self, x, k):
        w = self.weights
        y = F.conv2d(x, w[f"conv{k}.weight"], w[f"conv{k}.bias"], padding=1)
        norm = [w[f"bn{k}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]
        return F.batch_norm(y, *norm, training=False, eps=1e-5)

    def relu(self, x):
        at = x.detach().abs().argmin()
        self.nearest = min(self.nearest, x.detach().flatten()[at].item(), key=abs)
        return F.relu(x)

    def __call__(self, x):
        first = F.max_pool2d(self.relu(self.block(x, 1)), 2)
        inner = self.block(self.relu(self.block(first, 2)), 3)
        last = self.relu(self.block(F.max_pool2d(self.relu(inner + first), 2), 4))
        return F.linear(last.mean((2, 3)), self.weights["fc.weight"], self.weights["fc.bias"])


def delta(dtype):
    """How far the attributions of each image are from what they must sum to."""
    case = np.load(FOLDER / f"cases/{CASE}.npz")
    x, baseline = (torch.tensor(case[name]).to(dtype) for name in ("in_x", "in_baseline"))
    target = torch.tensor(case["in_target"])[:, None]
    net = Net(dtype)
    gradient = torch.zeros_like(x)
    for k in range(1, STEPS + 1):
        at = (baseline + k / STEPS * (x - baseline)).requires_grad_(True)
        gradient += torch.autograd.grad(net(at).gather(1, target).sum(), at)[0] / STEPS
    nearest = net.nearest
    change = (net(x) - net(baseline.expand_as(x))).gather(1, target)[:, 0]
    found = (gradient * (x - baseline)).flatten(1).sum(1) - change
    return [float(v) for v in found.detach()], nearest


def main():
    exact, nearest = delta(torch.float64)
    with torch.backends.mkldnn.flags(enabled=False):
        found, other = delta(torch.float32)
    written = {
        CASE: {
            "array": "out_convergence_delta",
            "torch": f"{torch.__version__.split('+')[0]}, oneDNN off",
            "nearest_to_zero_before_a_relu": {"float64": nearest, "float32": other},
            "float64": exact,
            "float32": found,
        }
    }
    (FOLDER / "ties.json").write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
