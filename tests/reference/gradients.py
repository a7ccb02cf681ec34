"""Writes tests/fixtures/gradients: small models with torch's outputs and gradients.

  ./x ref && .ref/bin/python tests/reference/gradients.py

NAME.npz             model (the bytes of the ONNX file, half of which are names), in_INPUT, out_logits, and
                     for each value asked about value_K (not for an input) and grad_K
manifest.json        per model: the class, the ONNX name of each value; torch's version

grad_K is d sum(logits[:, class]) / d value_K over all its consumers, computed in float64 and stored
as float32. A ReLU at a kink makes float32 and float64 differ in a whole patch; the seed is moved
until torch's own two agree within 1e-5 of the largest magnitude.
"""

import json
import tempfile
from pathlib import Path

import models
import numpy as np
import onnx
import onnxruntime
import torch

FOLDER = Path(__file__).resolve().parent.parent / "fixtures/gradients"

# Name: how it is built, its inputs, the explained class, modules whose values are asked about.
IMAGE = (2, 3, 20, 20)
MODELS = {
    "residual": (models.Residual, lambda g: {"x": torch.randn(IMAGE, generator=g)}, 2, ["stem.2", "layer1", "layer2"]),
    "unet": (models.Unet, lambda g: {"x": torch.randn(2, 3, 16, 16, generator=g)}, 1, ["down2", "bottom"]),
    "lstm": (models.Lstm, lambda g: {"x": torch.randn(3, 9, 6, generator=g)}, 4, ["lstm"]),
    "vit": (
        models.vision_transformer,
        lambda g: {"x": torch.randn(2, 3, 16, 16, generator=g)},
        3,
        ["encoder.layers.encoder_layer_0", "encoder.ln"],
    ),
    "encoder": (
        lambda: models.Encoder(width=16, layers=2, heads=2, vocabulary=40, positions=16),
        lambda g: models.tokens(2, 12, 40, g),
        1,
        ["net.bert.embeddings.word_embeddings", "net.bert.encoder.layer.0"],
    ),
}


def first(value):
    return value[0] if isinstance(value, tuple) else value


def reference(model, modules, inputs, target, dtype):
    """Logits, and by key the value and its gradient; key `input` for a float input."""
    model = model.to(dtype)
    inputs = {k: v.clone().to(dtype) if v.is_floating_point() else v for k, v in inputs.items()}
    kept = {}
    x = next(iter(inputs.values()))
    if x.is_floating_point():
        kept["input"] = x.requires_grad_()

    def keep(key):
        def hook(module, given, made):
            value = first(made)
            value.requires_grad_() if value.is_leaf else value.retain_grad()
            kept[key] = value

        return hook

    hooks = [model.get_submodule(name).register_forward_hook(keep(name)) for name in modules]
    logits = model(*inputs.values())
    logits[:, target].sum().backward()
    for hook in hooks:
        hook.remove()
    model.to(torch.float32)
    return logits.detach().numpy(), {k: (v.detach().numpy(), v.grad.numpy()) for k, v in kept.items()}


def names_in(model, feeds, wanted):
    """The first ONNX value that equals each wanted array."""
    graph = onnx.load_from_string(model)
    made = [o for node in graph.graph.node for o in node.output if o]
    known = {o.name for o in graph.graph.output}
    floats = {v.name for v in onnx.shape_inference.infer_shapes(graph).graph.value_info if v.type.tensor_type.elem_type == 1}
    made = [name for name in made if name in floats]
    graph.graph.output.extend(onnx.ValueInfoProto(name=name) for name in made if name not in known)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    values = onnxruntime.InferenceSession(graph.SerializeToString(), options).run(made, feeds)
    found = {}
    for key, (value, _) in wanted.items():
        same = [n for n, v in zip(made, values) if v.shape == value.shape and np.abs(v - value).max() < 1e-5 * np.abs(value).max()]
        assert same, f"no value of the graph equals {key}"
        found[key] = same[0]
    return found


def write(name):
    build, make_inputs, target, modules = MODELS[name]
    for jitter in range(50):
        model, generator = models.seeded(name, build, jitter)
        inputs = make_inputs(generator)
        logits, found = reference(model, modules, inputs, target, torch.float32)
        _, exact = reference(model, modules, inputs, target, torch.float64)
        if all(np.abs(found[k][1] - exact[k][1]).max() < 1e-5 * np.abs(exact[k][1]).max() for k in found):
            break
    else:
        raise SystemExit(f"{name}: every seed sits on a kink")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        models.export(model, inputs, path)
        file = path.read_bytes()
    feeds = {k: v.numpy() for k, v in inputs.items()}
    places = {"input": next(iter(inputs))} if "input" in found else {}
    places.update(names_in(file, feeds, {k: v for k, v in found.items() if k != "input"}))
    arrays = {"model": np.frombuffer(file, np.uint8), "out_logits": logits} | {f"in_{k}": v for k, v in feeds.items()}
    values = []
    for number, key in enumerate(found):
        if key != "input":
            arrays[f"value_{number}"] = found[key][0]
        arrays[f"grad_{number}"] = exact[key][1].astype(np.float32)
        values.append({"module": key, "value": places[key]})
    np.savez_compressed(FOLDER / f"{name}.npz", **arrays)
    size = (FOLDER / f"{name}.npz").stat().st_size
    print(f"{name}: seed moved {jitter} times, {size / 1000:.0f} kB")
    return {"class": target, "values": values}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    manifest = {"torch": torch.__version__, "models": {name: write(name) for name in MODELS}}
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
