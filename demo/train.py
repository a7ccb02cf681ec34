#!/usr/bin/env python3
"""Trains the demo: real logs, real checkpoints, real held-out inputs.

    python3 -m venv venv && venv/bin/pip install torch numpy scikit-learn tensorboard onnx safetensors pillow
    venv/bin/python demo/train.py [FOLDER]   # rewrites FOLDER, demo/data by default

Two tasks, both on data that ships with scikit-learn (no download):

* digits: a small residual CNN on 32x32 pictures, five runs that differ in learning rate and weight
  decay. The run whose name ends in `badbatch` sees one batch with shifted labels at step
  BAD_STEP: a real loss spike, one step wide.
* breast cancer: an MLP on 30 standardised features, and boosted trees on the features as they are.

Logs are written by `torch.utils.tensorboard.SummaryWriter` as anybody would; nothing is edited
afterwards except the host name in the file names.
"""

import collections
import csv
import dataclasses
import json
import pathlib
import shutil
import sys
import tempfile
import time

import lightgbm
import numpy as np
import onnx
import safetensors.torch
import torch
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional as F
from torch.utils.tensorboard import SummaryWriter

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "data"
STEPS = 2000  # more than a chart has columns for, so that the overview is buckets and a zoom refines it
BAD_STEP = 1240
EVAL_EVERY = 40
HISTOGRAM_EVERY = 250
CHECKPOINT_EPOCHS = (1, 3, 8, 20)  # and the last
SIDE = 32
MEAN, STD = 0.3, 0.35


@dataclasses.dataclass(frozen=True)
class Settings:
    """What one run is trained with; all of it is logged as hparams."""

    name: str
    lr: float
    weight_decay: float = 5e-4
    batch: int = 32
    bad_step: int | None = None


DIGIT_RUNS = (
    Settings("resnet-lr0.01", lr=0.01),
    Settings("resnet-lr0.05", lr=0.05),
    Settings("resnet-lr0.1", lr=0.1),
    Settings("resnet-lr0.1-wd0", lr=0.1, weight_decay=0.0),
    Settings("resnet-lr0.05-badbatch", lr=0.05, bad_step=BAD_STEP),
)
MLP_RUN = Settings("mlp-lr0.02", lr=0.02, weight_decay=1e-3)


class Stem(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        return self.pool(self.relu(self.bn(self.conv(x))))


class Down(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 1, stride=stride, bias=False)
        self.bn = nn.BatchNorm2d(cout)
        # Added to bn2's output, this bias would get the same gradients and stay equal to bn2's for
        # ever; the exporter stores equal tensors once, under one name. A random start tells them apart.
        nn.init.normal_(self.bn.bias, std=0.01)

    def forward(self, x):
        return self.bn(self.conv(x))


class Block(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.relu2 = nn.ReLU()
        self.down = Down(cin, cout, stride) if stride != 1 or cin != cout else None

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(y + (x if self.down is None else self.down(x)))


class Layer(nn.Module):
    """A named scope; `nn.Sequential` would repeat its own name in every child's."""

    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.block0 = Block(cin, cout, stride)

    def forward(self, x):
        return self.block0(x)


class DigitNet(nn.Module):
    """[n, 1, 32, 32] -> ten logits; the last feature map is 8x8."""

    def __init__(self):
        super().__init__()
        self.stem = Stem(16)
        self.layer1 = Layer(16, 16)
        self.layer2 = Layer(16, 32, stride=2)
        self.layer3 = Layer(32, 32)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(32, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.stem(x))))
        return self.fc(torch.flatten(self.gap(x), 1))


class CancerNet(nn.Module):
    """[n, 30] standardised features -> two logits."""

    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(30, 32)
        self.relu1 = nn.ReLU()
        self.hidden2 = nn.Linear(32, 16)
        self.relu2 = nn.ReLU()
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.relu2(self.hidden2(self.relu1(self.hidden1(x)))))


def digit_pictures():
    """uint8 [n, 32, 32] and labels: what a PNG of the digit holds, so training and use see the same bytes."""
    digits = load_digits()
    pictures = [
        np.asarray(Image.fromarray(np.uint8(np.round(d * 255 / 16))).resize((SIDE, SIDE), Image.BILINEAR))
        for d in digits.images
    ]
    return np.stack(pictures), digits.target


def digit_tensor(pictures):
    return torch.from_numpy((pictures.astype(np.float32) / 255 - MEAN) / STD)[:, None]


def shifted(batch, random):
    """Moves each picture by up to two pixels; the background keeps its normalised value."""
    padded = F.pad(batch, (2, 2, 2, 2), value=-MEAN / STD)
    dy, dx = random.integers(0, 5, 2)
    return padded[:, :, dy : dy + SIDE, dx : dx + SIDE]


def grad_norm(model):
    return float(torch.linalg.vector_norm(torch.stack([p.grad.norm() for p in model.parameters()])))


@torch.no_grad()
def evaluate(model, x, y):
    model.eval()
    logits = model(x)
    model.train()
    return float(F.cross_entropy(logits, y)), float((logits.argmax(1) == y).float().mean())


def filter_grid(weight):
    """First-layer filters [16, 1, 3, 3] as one grey picture [1, 52, 52], each scaled to its own range."""
    w = weight.detach()[:, 0]
    low, high = w.amin((1, 2), keepdim=True), w.amax((1, 2), keepdim=True)
    tiles = F.interpolate(((w - low) / (high - low + 1e-9))[:, None], scale_factor=4, mode="nearest")
    tiles = F.pad(tiles, (0, 1, 0, 1), value=1.0)[:, 0]
    return torch.cat([torch.cat(list(tiles[r * 4 : r * 4 + 4]), 1) for r in range(4)])[None]


def train(settings, model, data, logs, pictures, augment):
    """One run. Returns its final validation loss and accuracy, and its checkpoints by epoch."""
    (x, y), (vx, vy) = data
    random = np.random.default_rng(7)
    steps_per_epoch = len(x) // settings.batch
    optimiser = torch.optim.SGD(model.parameters(), lr=settings.lr, momentum=0.9, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    writer = SummaryWriter(logs / settings.name, max_queue=1000, flush_secs=3600)
    writer.add_text("note", f"Trained by demo/train.py with {dataclasses.asdict(settings)}")
    checkpoints = collections.OrderedDict()
    order = random.permutation(len(x))
    for step in range(STEPS):
        at = step % steps_per_epoch
        if at == 0:
            order = random.permutation(len(x))
        pick = order[at * settings.batch : (at + 1) * settings.batch]
        bx, by = x[pick], y[pick]
        if augment:
            bx = shifted(bx, random)
        if step == settings.bad_step:
            by = (by + 5) % 10  # the corrupted batch: every label is wrong
        logits = model(bx)
        loss = F.cross_entropy(logits, by)
        optimiser.zero_grad()
        loss.backward()
        writer.add_scalar("train/loss", loss.item(), step)
        writer.add_scalar("train/accuracy", (logits.argmax(1) == by).float().mean().item(), step)
        writer.add_scalar("train/grad_norm", grad_norm(model), step)
        writer.add_scalar("train/lr", optimiser.param_groups[0]["lr"], step)
        optimiser.step()
        schedule.step()
        if step % EVAL_EVERY == 0 or step == STEPS - 1:
            val_loss, val_accuracy = evaluate(model, vx, vy)
            writer.add_scalar("val/loss", val_loss, step)
            writer.add_scalar("val/accuracy", val_accuracy, step)
        if step % HISTOGRAM_EVERY == 0 or step == STEPS - 1:
            for name, parameter in model.named_parameters():
                if name.endswith("weight") and parameter.dim() > 1:
                    writer.add_histogram(name.replace(".", "/"), parameter, step)
            if pictures is not None:
                writer.add_image("stem/filters", filter_grid(model.stem.conv.weight), step)
                writer.add_images("train/batch", (bx[:4] * STD + MEAN).clamp(0, 1), step)
        epoch = (step + 1) / steps_per_epoch
        if epoch in CHECKPOINT_EPOCHS or step == STEPS - 1:
            state = {k: v.clone() for k, v in model.state_dict().items()}
            checkpoints[int(epoch)] = (step + 1, state)
    model.eval()
    writer.add_graph(model, x[:1])
    hparams = {k: v for k, v in dataclasses.asdict(settings).items() if k not in ("name", "bad_step")}
    writer.add_hparams(hparams, {"hparam/val_accuracy": val_accuracy, "hparam/val_loss": val_loss}, run_name=".")
    writer.close()
    return val_loss, val_accuracy, checkpoints


def export(model, sample, preprocess, path):
    """ONNX that keeps scoped names, and BatchNormalization apart from Conv, so that tensor names equal the state dict's."""
    torch.onnx.export(
        model,
        sample,
        path,
        dynamo=False,
        opset_version=17,
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        input_names=[preprocess["input"]],
        output_names=["logits"],
        dynamic_axes={preprocess["input"]: {0: "batch"}, "logits": {0: "batch"}},
    )
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, {"glassboard.preprocess": json.dumps(preprocess)})
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)
    names = {t.name for t in proto.graph.initializer}
    expected = {k for k in model.state_dict() if not k.endswith("num_batches_tracked")}
    assert names == expected, f"initialisers differ from the state dict: {sorted(names ^ expected)}"


def save_state(state, path):
    if path.suffix == ".pt":
        torch.save(collections.OrderedDict(state), path)  # exactly what users save, counters included
    else:
        safetensors.torch.save_file({k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}, path)


def digits(logs):
    pictures, labels = digit_pictures()
    fit, held, yfit, yheld = train_test_split(pictures, labels, test_size=360, random_state=3, stratify=labels)
    data = (
        (digit_tensor(fit), torch.from_numpy(yfit)),
        (digit_tensor(held), torch.from_numpy(yheld)),
    )
    results = {}
    for settings in DIGIT_RUNS:
        torch.manual_seed(11)
        model = DigitNet()
        began = time.time()
        results[settings.name] = train(settings, model, data, logs, pictures, augment=True)
        loss, accuracy, _ = results[settings.name]
        print(f"{settings.name:24} val loss {loss:.4f} accuracy {accuracy:.4f} in {time.time() - began:.0f} s", flush=True)
    best = max(results, key=lambda name: (results[name][1], -results[name][0]))
    checkpoints = results[best][2]
    print("best run:", best, "checkpoints at epochs", list(checkpoints))

    preprocess = {
        "input": "image", "layout": "NCHW", "size": [SIDE, SIDE], "resize": "bilinear", "channels": "L",
        "scale": 1 / 255, "mean": [MEAN], "std": [STD], "labels": [str(d) for d in range(10)], "feature_names": [],
    }  # fmt: skip
    model = DigitNet().eval()
    *earlier, (last_epoch, (last_step, last_state)) = checkpoints.items()
    model.load_state_dict(last_state)
    final = OUT / "models" / f"digits-resnet-epoch-{last_epoch:02}.onnx"
    export(model, data[1][0][:1], preprocess, final)
    entry = {"name": "digits-resnet", "file": f"models/{final.name}", "step": last_step, "checkpoints": []}
    for epoch, (step, state) in earlier:
        path = OUT / "models" / f"digits-resnet-epoch-{epoch:02}{'.pt' if epoch == 3 else '.safetensors'}"
        save_state(state, path)
        entry["checkpoints"].append({"file": f"models/{path.name}", "step": step})

    with torch.no_grad():
        guess = model(data[1][0]).argmax(1).numpy()
    chosen = [int(np.flatnonzero(yheld == d)[0]) for d in range(10)]
    wrong = [int(i) for i in np.flatnonzero(guess != yheld)]
    chosen += [i for i in wrong + list(np.flatnonzero((yheld == 8) | (yheld == 3))) if i not in chosen][:2]
    inputs = []
    for i in chosen:
        path = OUT / "inputs" / f"digit-{yheld[i]}-held{i:03}.png"
        Image.fromarray(held[i]).save(path, optimize=True)
        inputs.append({"name": path.name, "file": f"inputs/{path.name}", "model": "digits-resnet"})
    return entry, inputs


def breast_cancer(logs):
    source = load_breast_cancer()
    fit, held, yfit, yheld = train_test_split(
        source.data, source.target, test_size=114, random_state=5, stratify=source.target
    )
    mean, std = fit.mean(0), fit.std(0)
    tensors = [torch.from_numpy(((a - mean) / std).astype(np.float32)) for a in (fit, held)]
    data = ((tensors[0], torch.from_numpy(yfit)), (tensors[1], torch.from_numpy(yheld)))
    torch.manual_seed(13)
    model = CancerNet()
    loss, accuracy, _ = train(MLP_RUN, model, data, logs, None, augment=False)
    print(f"{MLP_RUN.name:24} val loss {loss:.4f} accuracy {accuracy:.4f}")
    names = [str(n) for n in source.feature_names]
    preprocess = {
        "input": "features", "layout": "N", "resize": "none", "scale": 1.0, "mean": [], "std": [],
        "labels": [str(n) for n in source.target_names], "feature_names": names,
        "standardise": {"mean": [float(v) for v in mean], "std": [float(v) for v in std]},
    }  # fmt: skip
    final = OUT / "models" / "breast-cancer-mlp.onnx"
    export(model, data[1][0][:1], preprocess, final)
    table = OUT / "inputs" / "breast-cancer-held-out.csv"
    with table.open("w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow([*names, "diagnosis"])
        for row, label in list(zip(held, yheld))[:40]:
            out.writerow([*(repr(float(v)) for v in row), source.target_names[label]])
    entry = {"name": "breast-cancer-mlp", "file": f"models/{final.name}", "step": STEPS, "checkpoints": []}
    return entry, [{"name": table.name, "file": f"inputs/{table.name}", "model": entry["name"]}]


def breast_cancer_trees():
    """Boosted trees on the same split, and the whole table: rows to explain, background, cohorts."""
    source = load_breast_cancer()
    fit, _, yfit, _ = train_test_split(
        source.data, source.target, test_size=114, random_state=5, stratify=source.target
    )
    names = [str(n) for n in source.feature_names]
    settings = {"objective": "binary", "num_leaves": 8, "learning_rate": 0.08, "min_data_in_leaf": 10,
                "seed": 5, "deterministic": True, "num_threads": 1, "verbose": -1}  # fmt: skip
    booster = lightgbm.train(settings, lightgbm.Dataset(fit, yfit, feature_name=names), num_boost_round=80)
    final = OUT / "models" / "breast-cancer-lightgbm.txt"
    booster.save_model(final)
    table = OUT / "inputs" / "breast-cancer.csv"
    with table.open("w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow([*names, "diagnosis"])
        for row, label in zip(source.data, source.target):
            out.writerow([*(repr(float(v)) for v in row), source.target_names[label]])
    entry = {"name": "breast-cancer-lightgbm", "file": f"models/{final.name}", "step": 80, "checkpoints": []}
    return entry, [{"name": table.name, "file": f"inputs/{table.name}", "model": entry["name"]}]


def move_logs(logs):
    """Event files carry the host's name in theirs; the demo's say `demo`."""
    for run in sorted(p for p in logs.iterdir() if p.is_dir()):
        (OUT / "runs" / run.name).mkdir(parents=True)
        for n, source in enumerate(sorted(run.glob("events.out.tfevents.*"))):
            stamp = source.name.split(".")[3]
            shutil.move(source, OUT / "runs" / run.name / f"events.out.tfevents.{stamp}.demo.{n}")


# Sentences made of the model's own words; "are" is none of them.
SENTENCES = """\
the patient report report profit positive quite
the therapy new drop today is
the therapy last bad sick last results
the patient unstable after very was
this quarter the company had strong growth and profit
the borrower missed a loan and the bank shows risk
after treatment the patient is stable and healthy
the scan shows the patient not recovered
our portfolio beat last quarter with a record gain
the results are not good
"""


def generated_sentences():
    """The small transformer of the golden cases and its vocabulary: it is trained where those are made."""
    models = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "goldens" / "models"
    name = "generated-sentiment"
    shutil.copy(models / "text_tx.onnx", OUT / "models" / f"{name}.onnx")
    shutil.copy(models / "text_tx.vocab.json", OUT / "models" / f"{name}.vocab.json")
    (OUT / "inputs" / "generated-sentences.txt").write_text(SENTENCES)
    entry = {
        "name": name,
        "file": f"models/{name}.onnx",
        "step": 0,
        "vocabulary": f"models/{name}.vocab.json",
        "checkpoints": [],
    }
    return entry, [{"name": "generated sentences", "file": "inputs/generated-sentences.txt", "model": name}]


def main():
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(2)
    began = time.time()
    shutil.rmtree(OUT, ignore_errors=True)
    for folder in ("runs", "models", "inputs"):
        (OUT / folder).mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        logs = pathlib.Path(temporary)
        image_model, image_inputs = digits(logs)
        table_model, table_inputs = breast_cancer(logs)
        tree_model, tree_inputs = breast_cancer_trees()
        move_logs(logs)
        text_model, text_inputs = generated_sentences()
    listing = {
        "runs": "runs",
        "spike": {"run": "resnet-lr0.05-badbatch", "tag": "train/loss", "step": BAD_STEP},
        "models": [image_model, table_model, tree_model, text_model],
        "inputs": image_inputs + table_inputs + tree_inputs + text_inputs,
    }
    (OUT / "demo.json").write_text(json.dumps(listing, indent=1) + "\n")
    for path in OUT.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    size = sum(p.stat().st_size for p in OUT.rglob("*") if p.is_file())
    print(f"{size / 1e6:.2f} MB in {OUT.name} after {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
