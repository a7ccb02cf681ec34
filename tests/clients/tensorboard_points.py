"""Every scalar point that TensorBoard's own loader yields, one JSON line a point.

usage: python tensorboard_points.py FILE...
line:  [file, tag, step, wall time as hex bits, value as hex bits]

The loader migrates old values to the new form, as the real server does before it shows them.
"""

import json
import struct
import sys

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util


def bits(number):
    return struct.pack(">d", number).hex()


def points(path):
    plugins = {}
    for event in EventFileLoader(path).Load():
        for value in event.summary.value:
            if value.tag not in plugins:
                plugins[value.tag] = value.metadata.plugin_data.plugin_name
            if plugins[value.tag] == "scalars" and value.HasField("tensor"):
                number = float(tensor_util.make_ndarray(value.tensor).item())
                yield value.tag, event.step, bits(event.wall_time), bits(number)


def main():
    for path in sys.argv[1:]:
        for point in points(path):
            print(json.dumps([path, *point]))


if __name__ == "__main__":
    main()
