"""Writes crates/series/tests/percentiles.tsv: histograms, and what TensorBoard's compressor makes of them.

    .ref/bin/python tests/reference/percentiles.py

A line is bins (left right count ...), a tab, nine values.
"""

import random
from pathlib import Path

from tensorboard import __version__
from tensorboard.plugins.distribution.compressor import compress_histogram

random.seed(4)
FIXED = [
    [],
    [(0.0, 1.0, 0.0)],
    [(0.0, 1.0, 7.0)],
    [(3.0, 3.0, 5.0)],
    [(-1.0, -1.0, 0.0), (-1.0, -1.0, 4.0)],
    [(0.0, 1.0, 0.0), (1.0, 2.0, 0.0), (2.0, 3.0, 9.0), (3.0, 4.0, 0.0)],
    [(0.0, 1.0, 5.0), (1.0, 2.0, 0.0), (2.0, 3.0, 5.0)],
    [(1.0, 2.0, 668.0), (2.0, 3.0, 9332.0)],
    [(-5.0, 2.0, 1.0), (2.0, 1.0, 3.0), (1.0, 6.0, 2.0)],
]


def drawn():
    n = random.choice([1, 2, 3, 7, 30, 120])
    edges = sorted(random.gauss(0, random.choice([1e-6, 1.0, 1e4])) for _ in range(n + 1))
    counts = [float(random.choice([0, 0, 1, random.randint(0, 10**6)])) for _ in range(n)]
    return [(edges[i], edges[i + 1], counts[i]) for i in range(n)]


lines = [f"# tensorboard {__version__}"]
for bins in FIXED + [drawn() for _ in range(200)]:
    values = [value for _, value in compress_histogram(bins)]
    flat = [number for bin in bins for number in bin]
    lines.append(" ".join(map(repr, map(float, flat))) + "\t" + " ".join(map(repr, map(float, values))))
Path(__file__).parents[2].joinpath("crates/series/tests/percentiles.tsv").write_text("\n".join(lines) + "\n")
