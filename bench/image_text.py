"""Sentences beside captum on torch; run by image.py, whose lines these are.

An encoder of MiniLM's size (six layers of twelve heads, 384 wide) with seeded random weights on one sentence of 64 tokens:
token Integrated Gradients of 50 steps from the embedding of padding, and the attention weights of every head.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
BINARY = TARGET / os.environ.get("BENCH_PROFILE", "release") / "examples/text_bench"
PAD = 0


def main(only, runs, threads, kept):
    import numpy as np
    import torch
    from captum.attr import LayerIntegratedGradients

    sys.path.insert(0, str(ROOT / "tests/reference"))
    import models

    torch.set_num_threads(threads)
    net, g = models.seeded("minilm", lambda: models.Encoder(384, 6, 12, 2000))
    ids = torch.randint(5, 2000, (1, 64), generator=g)
    mask = torch.ones_like(ids)
    target = int(net(ids, mask).argmax())
    begin = torch.full_like(ids, PAD)

    def token_ig():
        method = LayerIntegratedGradients(lambda ids: net(ids, mask.expand_as(ids)), net.embedding)
        found = method.attribute(ids, baselines=begin, target=target, n_steps=50, internal_batch_size=10)
        return found.sum(-1).detach().numpy()

    @torch.inference_mode()
    def attention():
        found = net.net.bert(input_ids=ids, attention_mask=mask, output_attentions=True)
        return torch.stack(found.attentions, 1).numpy()

    listed = [
        ("minilm_token_ig50", "token_integrated_gradients", {"n_steps": 50}, f"captum {version('captum')}", token_ig, 1.2),
        ("minilm_attention", "attention_maps", {}, f"torch {torch.__version__}", attention, 1.2),
    ]
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        models.export(net, {"input_ids": ids, "attention_mask": mask}, folder / "minilm.onnx")
        np.save(folder / "ids.npy", ids.numpy().astype("f4"))
        for title, method, params, peer, call, goal in listed:
            if only not in title:
                continue
            call()
            mine, theirs = [], []
            for _ in range(runs):
                # The first call plans and packs what the second finds.
                command = [BINARY, folder / "minilm.onnx", folder / "ids.npy", str(PAD), str(target), method, json.dumps(params), "2", folder / "out.npy"]
                environment = {**os.environ, **kept, "RAYON_NUM_THREADS": str(threads)}
                facts = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
                mine.append((facts["wall"][-1], facts["cpu"][-1]))
                wall, cpu = time.perf_counter(), time.process_time()
                answer = call()
                theirs.append((time.perf_counter() - wall, time.process_time() - cpu))
            middle = lambda rows, at: statistics.median(row[at] for row in rows)
            found = np.load(folder / "out.npy").reshape(answer.shape)
            line = {
                "name": title, "unit": "CPU seconds", "value": middle(mine, 1), "peer": peer, "peer_value": middle(theirs, 1),
                "ratio": middle(mine, 1) / middle(theirs, 1), "goal": goal, "cpu_seconds": middle(mine, 1), "seconds": middle(mine, 0),
                "peer_seconds": middle(theirs, 0), "passes": facts["passes"]["forward"], "runs": runs,
                "off": float(np.abs(found - answer).max() / np.abs(answer).max()),
            }  # fmt: skip
            print(json.dumps({k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in line.items()}), flush=True)
