"""A small log folder that holds every kind of value, written by the packages people use."""

import io
import logging
import struct
import wave

import numpy as np
from PIL import Image
from tensorboard.compat.proto import attr_value_pb2, config_pb2, event_pb2, graph_pb2, summary_pb2
from tensorboard.plugins.audio import metadata as audio
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import metadata as custom_scalars
from tensorboard.plugins.histogram import metadata as histograms
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.image import metadata as images
from tensorboard.plugins.mesh import metadata as mesh
from tensorboard.plugins.pr_curve import metadata as pr_curves
from tensorboard.plugins.scalar import metadata as scalars
from tensorboard.plugins.text import metadata as texts
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util import tensor_util
from tensorboardX import SummaryWriter

logging.getLogger("tensorboardX").setLevel(logging.ERROR)

START = 1_700_000_000.0
MARKDOWN = """# Title

A *paragraph* with `code`, a [link](https://example.org/a "named") & <b>markup</b>.

| name | value |
| ---- | ----- |
| lr   | 0.1   |

* one
* two

```python
print("<hello>")
```
"""


def write(folder):
    """Writes all of it below `folder`."""
    random = np.random.default_rng(7)
    old_style(f"{folder}/old", random)
    new_style(f"{folder}/new/train", random)
    new_style(f"{folder}/new/eval", random)
    sessions(folder)
    graphs(f"{folder}/graphs")


def long_scalars(folder, points):
    """One series, `loss`, of so many points."""
    writer = SummaryWriter(folder)
    for step in range(points):
        writer.add_scalar("loss", 1 / (step + 1), step, walltime=START + step)
    writer.close()


def png(random, width, height):
    out = io.BytesIO()
    Image.fromarray(random.integers(0, 255, (height, width, 3), np.uint8)).save(out, "png")
    return out.getvalue()


def wav(random, frames=400):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack(f"<{frames}h", *random.integers(-9000, 9000, frames)))
    return out.getvalue()


def old_style(folder, random):
    """What tensorboardX writes: fields of 2015 for the most part."""
    with SummaryWriter(folder) as writer:
        for step in range(40):
            writer.add_scalar("train/loss", 1 / (step + 1), step, walltime=START + step)
            writer.add_scalar("odd", float("nan") if step % 7 == 3 else (-1) ** step * float("inf"), step)
        for step in range(5):
            writer.add_histogram("weights", random.normal(size=200) * (step + 1), step)
            writer.add_image("picture", random.integers(0, 255, (3, 6, 9), np.uint8), step)
            writer.add_images("pictures", random.integers(0, 255, (4, 3, 6, 9), np.uint8), step)
            writer.add_text("note", f"step **{step}**\n\n" + MARKDOWN, step)
            writer.add_pr_curve("curve", random.integers(0, 2, 80), random.random(80), step)
        writer.add_mesh("cube", random.random((1, 6, 3)), random.integers(0, 255, (1, 6, 3)), random.integers(0, 6, (1, 4, 3)))
        writer.add_custom_scalars({"ours": {"losses": ["Multiline", ["train/.*"]], "band": ["Margin", ["a", "b", "c"]]}})


class Events:
    """An event file, value by value."""

    def __init__(self, folder):
        self.writer = EventFileWriter(folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.writer.close()

    def event(self, step, **what):
        self.writer.add_event(event_pb2.Event(step=step, wall_time=START + 10 * step, **what))

    def value(self, step, tag, metadata, data=None, **what):
        if data is not None:
            what["tensor"] = tensor_util.make_tensor_proto(data)
        value = summary_pb2.Summary.Value(tag=tag, metadata=metadata, **what)
        self.event(step, summary=summary_pb2.Summary(value=[value]))


def strings(*values):
    return np.array(values, dtype=object)


def new_style(folder, random):
    """What TensorFlow 2 writes: a plugin's name and a tensor."""
    with Events(folder) as events:
        for step in range(30):
            events.value(step, "loss", scalars.create_summary_metadata("Loss", "The *loss*."), np.float32(np.exp(-step / 9)))
            events.value(step, "double", scalars.create_summary_metadata("", ""), np.float64(1 / (step + 3)))
        for step in range(6):
            edges = np.sort(random.normal(size=11))
            bins = np.stack([edges[:-1], edges[1:], random.integers(0, 9, 10)], axis=1).astype(np.float64)
            events.value(step, "weights", histograms.create_summary_metadata("", "Of *layer* 1"), bins)
            pictures = [png(random, 9, 6) for _ in range(3)]
            events.value(step, "pictures", images.create_summary_metadata("Pictures", ""), strings(b"9", b"6", *pictures))
            wavs = audio.create_summary_metadata("", "noise", audio.Encoding.Value("WAV"))
            events.value(step, "sound", wavs, strings([wav(random), b"**a**"], [wav(random), b"b"]))
            metadata = texts.create_summary_metadata("", "")
            events.value(step, "text/one", metadata, strings(MARKDOWN.encode())[0])
            events.value(step, "text/row", metadata, strings(b"a", b"*b*", b"c & d"))
            events.value(step, "text/table", metadata, strings([b"a", b"b"], [b"1", b"`2`"]))
            events.value(step, "text/deep", metadata, strings([[b"a", b"b"]], [[b"1", b"2"]]))
            counts = random.integers(0, 50, (4, 9)).astype(np.float32)
            counts[:2, -2:] = 0
            curve = np.concatenate([counts, random.random((2, 9)).astype(np.float32)])
            events.value(step, "curve", pr_curves.create_summary_metadata("PR", "", 9), curve)
            for kind, data in [(1, random.random((2, 5, 3))), (2, random.integers(0, 5, (2, 4, 3)))]:
                components = mesh.get_components_bitmask([1, 2])
                about = mesh.create_summary_metadata("shape", "", kind, components, list(data.shape), json_config="{}")
                tag = mesh.get_instance_name("shape", kind)
                events.value(step, tag, about, data.astype(np.float32 if kind == 1 else np.int32))
        layout = layout_pb2.Layout(
            category=[
                layout_pb2.Category(
                    title="ours",
                    closed=True,
                    chart=[layout_pb2.Chart(title="all", multiline=layout_pb2.MultilineChartContent(tag=["loss|double"]))],
                )
            ]
        )
        events.value(0, custom_scalars.CONFIG_SUMMARY_TAG, custom_scalars.create_summary_metadata(), strings(layout.SerializeToString())[0])


def sessions(folder):
    """Runs with hyperparameters, as TensorFlow's and as tensorboardX's writers log them."""
    for index, (rate, optimizer, deep) in enumerate([(0.1, "adam", True), (0.01, "sgd", False), (0.1, "adam", True)]):
        with Events(f"{folder}/tries/{index}") as events:
            start = plugin_data_pb2.SessionStartInfo(group_name=f"{rate}-{optimizer}", start_time_secs=START + index)
            start.hparams["lr"].number_value = rate
            start.hparams["optimizer"].string_value = optimizer
            start.hparams["deep"].bool_value = deep
            start.hparams["mixed"].CopyFrom(start.hparams["optimizer" if deep else "lr"])
            data = plugin_data_pb2.HParamsPluginData(session_start_info=start)
            events.value(0, hparams.SESSION_START_INFO_TAG, hparams.create_summary_metadata(data), tensor=hparams.NULL_TENSOR)
            for step in range(4):
                events.value(step, "acc", scalars.create_summary_metadata("", ""), np.float32(step * rate + index))
            end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=START + 50 + index)
            data = plugin_data_pb2.HParamsPluginData(session_end_info=end)
            events.value(0, hparams.SESSION_END_INFO_TAG, hparams.create_summary_metadata(data), tensor=hparams.NULL_TENSOR)
        with Events(f"{folder}/tries/{index}/eval") as events:
            events.value(3, "acc", scalars.create_summary_metadata("", ""), np.float32(index / 2))


def graph(names):
    built = graph_pb2.GraphDef()
    built.versions.producer = 22
    for name, inputs in names.items():
        node = built.node.add(name=name, op="Const" if not inputs else "Add", input=inputs, device="/cpu:0")
        node.attr["dtype"].type = 1
        node.attr["note"].s = "größe\n\"x\"\0".encode()
        shape = attr_value_pb2.AttrValue.ListValue(f=[0.5, -3.25, float("inf")], i=[1, -2], b=[True])
        node.attr["list"].list.CopyFrom(shape)
        if not inputs:
            node.attr["value"].tensor.CopyFrom(tensor_util.make_tensor_proto(np.arange(500.0)))
    return built


def graphs(folder):
    """A graph of a session, what it measured, and graphs of traced functions."""
    with Events(folder) as events:
        whole = graph({"a/x": [], "a/y": [], "b": ["a/x", "a/y"]})
        events.event(0, graph_def=whole.SerializeToString())
        measured = config_pb2.RunMetadata()
        measured.step_stats.dev_stats.add(device="/cpu:0").node_stats.add(node_name="b", all_start_micros=12, op_end_rel_micros=7)
        tagged = event_pb2.TaggedRunMetadata(tag="step1", run_metadata=measured.SerializeToString())
        events.event(1, tagged_run_metadata=tagged)
        traced = config_pb2.RunMetadata()
        for part in (graph({"p": []}), graph({"q": [], "r": ["q"]})):
            traced.function_graphs.add().pre_optimization_graph.CopyFrom(part)
        about = summary_pb2.SummaryMetadata()
        about.plugin_data.plugin_name = "graph_run_metadata_graph"
        about.plugin_data.content = b"1"
        events.value(0, "traced", about, strings(traced.SerializeToString())[0])
