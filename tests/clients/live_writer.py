"""Writes points as a training loop does, one line of JSON each on stdin; answers with the time of the flush.

    {"run": "deep/er/run-1", "tag": "train/loss", "step": 3, "value": 0.5}

The writer is TensorBoard's own, which torch.utils.tensorboard wraps: when its flush returns, the
bytes are in the file. (tensorboardX returns before; its thread writes up to a second later.)
"""

import json
import sys
import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

root = Path(sys.argv[1])
writers: dict[str, EventFileWriter] = {}
print("ready", flush=True)
for line in sys.stdin:
    point = json.loads(line)
    run = point["run"]
    if run not in writers:
        writers[run] = EventFileWriter(str(root / run))
    value = Summary.Value(tag=point["tag"], simple_value=point["value"])
    writers[run].add_event(Event(wall_time=time.time(), step=point["step"], summary=Summary(value=[value])))
    writers[run].flush()
    print(json.dumps({"at": time.time() * 1000}), flush=True)
