"""Golden cases of segmentation: scikit-image cuts a small photograph, quickshift and felzenszwalb.

    .ref/bin/python tests/reference/segments.py tests/fixtures/goldens

The photograph is scikit-image's `astronaut` (NASA, public domain), every eighth pixel.
"""

import json
import sys
from pathlib import Path

import numpy as np
import skimage
from skimage import data
from skimage.segmentation import felzenszwalb, quickshift

folder = Path(sys.argv[1])
picture = np.ascontiguousarray(data.astronaut()[::8, ::8])
cuts = {
    "segments_quickshift_lime": ({"segmentation": "quickshift", "kernel_size": 4, "max_dist": 200, "ratio": 0.2},
                                 quickshift(picture / 255.0, kernel_size=4, max_dist=200, ratio=0.2, rng=0)),
    "segments_quickshift_fine": ({"segmentation": "quickshift", "kernel_size": 2, "max_dist": 6, "ratio": 0.5},
                                 quickshift(picture / 255.0, kernel_size=2, max_dist=6, ratio=0.5, rng=0)),
    "segments_felzenszwalb": ({"segmentation": "felzenszwalb", "scale": 100},
                              felzenszwalb(picture, scale=100, sigma=0.8, min_size=20)),
}
path = folder / "manifest.json"
manifest = json.loads(path.read_text())
kept = [case for case in manifest["cases"] if case["id"] not in cuts]
for name, (params, labels) in cuts.items():
    file = f"cases/{name}.npz"
    np.savez_compressed(folder / file, in_picture=picture.astype(np.float32), out_segments=labels.astype(np.int64))
    kept.append({
        "id": name, "group": "segments", "model": None, "input_file": file, "expected_file": file, "method": "segments",
        "params": params, "target": None, "baseline": None, "tolerance": {"rtol": 0, "atol": 0}, "kind": "exact",
        "library": "scikit-image", "version": skimage.__version__, "paper": None, "inputs": ["in_picture"],
        "expected": {"out_segments": list(labels.shape)}, "output": None,
    })
manifest["cases"] = kept
path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
