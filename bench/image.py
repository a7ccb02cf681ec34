"""Explanations of pictures beside captum, lime and grad-cam on torch, in turns in one run.

  ./x bench image [--only TEXT] [--runs N] [--threads N]

One JSON line a measurement:
  value, peer_value   median CPU seconds of a call, of all threads; ratio = value / peer_value; goal, the ratio wanted
  seconds, peer_seconds   median seconds on the clock
  runs                calls that were timed, of ours and of the peer alike, in turns; a call before them is not
  off                 largest difference of the maps, over the largest magnitude, where both compute the same
  correlation         of the maps, where the scale is a matter of taste (of RISE it says nothing: random weights, other masks)

Models have seeded random weights (tests/reference/models.py): a CNN on 32x32 and ResNet-18 on 224x224. torch's threads
sleep while they wait (OMP_WAIT_POLICY=PASSIVE), so that its CPU seconds are work. Sentences are in `image_text.py`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
BINARY = TARGET / os.environ.get("BENCH_PROFILE", "release") / "examples/image_bench"
# As the server starts its workers (crates/server/src/work.rs). The peers run as they come; they keep memory too where
# these stand in the environment of the whole bench.
KEPT = {
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MALLOC_TOP_PAD_": "67108864",
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def networks(folder):
    """Name: the network, its ONNX file, a picture."""
    import torch
    import torchvision

    sys.path.insert(0, str(ROOT / "tests/reference"))
    import models

    kinds = {"cnn32": (models.Cnn, (1, 32, 32)), "resnet18": (lambda: torchvision.models.resnet18(weights=None), (3, 224, 224))}
    for name, (build, shape) in kinds.items():
        net, g = models.seeded("cnn" if name == "cnn32" else name, build)
        net = net.eval()
        for weight in net.parameters():
            weight.requires_grad_(False)
        models.export(net, {"x": torch.randn(2, *shape, generator=g)}, folder / f"{name}.onnx")
        # Smooth, as pictures are.
        small = torch.rand(1, shape[0], 8, 8, generator=g)
        x = torch.nn.functional.interpolate(small, size=shape[1:], mode="bicubic").clamp(0, 1)
        yield name, net, x


def measurements(name, net, x, threads):
    """Title, our method and parameters, the peer, its call, what is comparable, the goal."""
    import numpy as np
    import torch
    from captum.attr import IntegratedGradients, LayerGradCam, Occlusion

    captum = f"captum {version('captum')}"
    target = int(net(x).argmax())
    channels, side = x.shape[1], x.shape[2]

    def rise(count, cells, batch):
        @torch.inference_mode()
        def run():
            total = torch.zeros(side, side)
            for first in range(0, count, batch):
                size = min(batch, count - first)
                grid = (torch.rand(size, 1, cells + 1, cells + 1) < 0.5).float()
                cell = -(-side // cells)
                large = torch.nn.functional.interpolate(grid, size=(cells + 1) * cell, mode="bilinear")
                top, left = np.random.randint(cell, size=2)
                mask = large[:, :, top : top + side, left : left + side]
                score = torch.softmax(net(x * mask), 1)[:, target]
                total += (score[:, None, None] * mask[:, 0]).sum(0)
            return (total / (0.5 * count)).numpy()

        return run

    ig = lambda batch: lambda: (
        IntegratedGradients(net).attribute(x.clone(), target=target, n_steps=50, internal_batch_size=batch).detach().numpy()
    )
    ig_params = {"n_steps": 50}
    common = [(f"{name}_ig50", "integrated_gradients", ig_params, captum, ig(None if side < 64 else 10), "off", 1.0)]
    if name == "cnn32":
        window = dict(sliding_window_shapes=(1, 5, 5), strides=1, target=target)
        ours = {"window": 5, "stride": 1}
        single = lambda: Occlusion(net).attribute(x, **window).detach().numpy()
        batched = lambda: Occlusion(net).attribute(x, perturbations_per_eval=64, **window).detach().numpy()
        return target, common + [
            ("cnn32_occlusion784", "occlusion", ours, captum, single, "off", 0.25),
            ("cnn32_occlusion784_beside_batches_of_64", "occlusion", ours, captum, batched, "off", None),
            ("cnn32_rise4000", "rise", {"masks": 4000, "grid": 8}, f"torch {torch.__version__}", rise(4000, 8, 100), None, 1.0),
            ("cnn32_lime1000", "lime_image", {"samples": 1000, "hide": "value"}, f"lime {version('lime')}", lime(net, x, target), None, 0.33),
        ]
    window = dict(sliding_window_shapes=(channels, 32, 32), strides=(channels, 16, 16), target=target, perturbations_per_eval=16)
    occlusion = lambda: Occlusion(net).attribute(x, **window).detach().numpy()
    cam = LayerGradCam(net, net.layer4)
    captum_cam = lambda: torch.relu(cam.attribute(x.clone().requires_grad_(), target=target)).detach().numpy()
    return target, common + [
        ("resnet18_occlusion169", "occlusion", {"window": 32, "stride": 16}, captum, occlusion, "off", 1.0),
        ("resnet18_gradcam", "grad_cam", {}, captum, captum_cam, None, 1.0),
        ("resnet18_gradcam_beside_grad_cam", "grad_cam", {}, f"grad-cam {version('grad-cam')}", grad_cam(net, x, target), "correlation", None),
        ("resnet18_rise400", "rise", {"masks": 400, "grid": 7}, f"torch {torch.__version__}", rise(400, 7, 20), None, 1.0),
    ]


def grad_cam(net, x, target):
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    def run():
        with GradCAM(model=net, target_layers=[net.layer4[-1]]) as cam:
            return cam(input_tensor=x.clone().requires_grad_(), targets=[ClassifierOutputTarget(target)])

    return run


def lime(net, x, target):
    import lime.lime_image
    import numpy as np
    import torch

    picture = np.repeat(x[0].permute(1, 2, 0).numpy(), 3, 2).astype("f8")

    @torch.inference_mode()
    def answers(batch):
        rows = np.asarray(batch)[..., :1].transpose(0, 3, 1, 2).astype("f4")
        return torch.softmax(net(torch.tensor(rows)), 1).numpy()

    explainer = lime.lime_image.LimeImageExplainer(random_state=0)
    return lambda: explainer.explain_instance(
        picture, answers, labels=(target,), top_labels=None, hide_color=0, num_samples=1000
    )


def ours(folder, name, target, method, params, threads):
    import numpy as np

    out = folder / "out.npy"
    # The first call plans and packs what the second finds.
    command = [BINARY, folder / f"{name}.onnx", folder / f"{name}.npy", str(target), method, json.dumps(params), "2", out]
    environment = {**os.environ, **KEPT, "RAYON_NUM_THREADS": str(threads)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    facts = json.loads(done.stdout)
    return facts["wall"][-1], facts["cpu"][-1], facts["passes"], np.load(out)


def timed(call):
    wall, cpu = time.perf_counter(), time.process_time()
    answer = call()
    return time.perf_counter() - wall, time.process_time() - cpu, answer


def compared(how, mine, theirs):
    import numpy as np

    if how is None:
        return {}
    mine, theirs = np.asarray(mine, "f8").ravel(), np.asarray(theirs, "f8").ravel()
    if how == "correlation":
        return {"correlation": float(np.corrcoef(mine, theirs)[0, 1])}
    return {"off": float(np.abs(mine - theirs).max() / np.abs(theirs).max())}


def main():
    args = arguments()
    warnings.filterwarnings("ignore")
    import numpy as np
    import torch

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    np.random.seed(0)
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        for name, net, x in networks(folder):
            np.save(folder / f"{name}.npy", x.numpy())
            target, listed = measurements(name, net, x, args.threads)
            for title, method, params, peer, call, how, goal in listed:
                if args.only not in title:
                    continue
                call()
                mine, theirs = [], []
                for _ in range(args.runs):
                    mine.append(ours(folder, name, target, method, params, args.threads))
                    theirs.append(timed(call))
                middle = lambda rows, at: statistics.median(row[at] for row in rows)
                value, other = middle(mine, 1), middle(theirs, 1)
                line = {
                    "name": title, "unit": "CPU seconds", "value": value, "peer": peer, "peer_value": other,
                    "ratio": value / other, "goal": goal, "cpu_seconds": value, "seconds": middle(mine, 0),
                    "peer_seconds": middle(theirs, 0), "passes": mine[-1][2]["forward"], "runs": args.runs,
                    **compared(how, mine[-1][3], theirs[-1][2]),
                }  # fmt: skip
                print(json.dumps({k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in line.items()}), flush=True)
    import image_text

    image_text.main(args.only, args.runs, args.threads, KEPT)


if __name__ == "__main__":
    main()
