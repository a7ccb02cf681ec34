"""Why two maps of Integrated Gradients on ResNet-18 differ by some per cent: ties that rounding decides.

  .ref/bin/python bench/image_ties.py        (after `./x bench image`, which builds image_bench)

One JSON line: how far maps are from that of captum in 64 bits, as a part of its largest magnitude.
  ours, captum_32                     the two maps of `./x bench image`
  captum_32_positions_of_64           captum in 32 bits, where the max-pool takes the elements that 64 bits take
  captum_64_moved                     captum in 64 bits, each pixel moved by at most 2^-24 of itself (the rounding of 32 bits), each draw
  windows, gaps                       max-pool windows of the picture whose element is another in 32 bits than in 64,
                                      and by how much of itself the largest element leads the one taken
"""

import copy
import json
import tempfile
from pathlib import Path

import image
import numpy as np
import torch
from captum.attr import IntegratedGradients
from torch.nn.functional import max_pool2d

DRAWS = 4


class Taken(torch.nn.Module):
    """A max-pool that takes, of its input, the elements which are largest in 64 bits."""

    def __init__(self, stem):
        super().__init__()
        self.stem = copy.deepcopy(stem).double()
        self.picture = None

    def forward(self, x):
        with torch.no_grad():
            at = max_pool2d(self.stem(self.picture.double()), 3, 2, 1, return_indices=True)[1]
        return x.flatten(2).gather(2, at.flatten(2)).view(at.shape)


def main():
    torch.manual_seed(0)
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        name, net, x = next(found for found in image.networks(folder) if found[0] == "resnet18")
        np.save(folder / f"{name}.npy", x.numpy())
        target = int(net(x).argmax())
        mine = image.ours(folder, name, target, "integrated_gradients", {"n_steps": 50}, 2)[-1]

    def attribute(net, x):
        return IntegratedGradients(net).attribute(x.clone(), target=target, n_steps=50, internal_batch_size=10).detach().numpy()

    double, stem = copy.deepcopy(net).double(), torch.nn.Sequential(net.conv1, net.bn1, net.relu)
    truth = attribute(double, x.double())
    off = lambda found: float(f"{np.abs(found - truth).max() / np.abs(truth).max():.2g}")
    taken = copy.deepcopy(net)
    taken.maxpool = Taken(stem)
    taken.register_forward_pre_hook(lambda net, given: setattr(net.maxpool, "picture", given[0].detach()))
    moved = lambda: x.double() * (1 + 2.0**-24 * (2 * torch.rand_like(x, dtype=torch.float64) - 1))
    with torch.no_grad():
        single, wide = stem(x), copy.deepcopy(stem).double()(x.double())
        found, (top, true) = (max_pool2d(v, 3, 2, 1, return_indices=True) for v in (single, wide))
        other = (found[1] != true) & (top > 0)
        lead = (top - wide.flatten(2).gather(2, found[1].flatten(2)).view(top.shape)) / top
    line = {
        "name": "resnet18_ig50_ties", "ours": off(mine), "captum_32": off(attribute(net, x)),
        "captum_32_positions_of_64": off(attribute(taken, x)),
        "captum_64_moved": [off(attribute(double, moved())) for _ in range(DRAWS)],
        "windows": int(other.sum()), "of": other.numel(), "gaps": [float(f"{v:.1g}") for v in lead[other]],
    }  # fmt: skip
    print(json.dumps(line))


if __name__ == "__main__":
    main()
