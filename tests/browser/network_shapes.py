"""Writes squeezenet.onnx, resnet.onnx and densenet.onnx into the folder given: small networks with the shapes of those
(fire modules, skips, dense blocks), weights drawn from a seed, pictures of 3 x 32 x 32."""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Sketch:
    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights = [], []

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        values = self.random.normal(0, (2 / np.prod(shape[1:] or shape)) ** 0.5, shape)
        self.weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def node(self, op: str, *inputs: str, **attributes) -> str:
        out = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [out], name=out, **attributes))
        return out

    def conv(self, x: str, channels: int, to: int, size: int, stride: int = 1) -> str:
        return self.node("Conv", x, self.weight(to, channels, size, size), strides=[stride] * 2, pads=[size // 2] * 4, kernel_shape=[size] * 2)

    def norm(self, x: str, channels: int) -> str:
        parts = []
        for low, high in ((0.8, 1.2), (-0.1, 0.1), (-0.1, 0.1), (0.8, 1.2)):
            name = f"w{len(self.weights)}"
            self.weights.append(numpy_helper.from_array(self.random.uniform(low, high, channels).astype(np.float32), name))
            parts.append(name)
        return self.node("BatchNormalization", x, *parts)

    def relu(self, x: str) -> str:
        return self.node("Relu", x)

    def pool(self, x: str) -> str:
        return self.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])

    def save(self, x: str, channels: int, path: Path) -> None:
        flat = self.node("Flatten", self.node("GlobalAveragePool", x))
        self.nodes.append(helper.make_node("Gemm", [flat, self.weight(5, channels)], ["logits"], name="head", transB=1))
        graph = helper.make_graph(
            self.nodes, path.stem, [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 32, 32])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 5])], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


def squeezenet(path: Path) -> None:
    s = Sketch(1)
    x, channels = s.pool(s.relu(s.conv("image", 3, 12, 3, 1))), 12
    for width in (4, 6):
        squeezed = s.relu(s.conv(x, channels, width, 1))
        x = s.node("Concat", s.relu(s.conv(squeezed, width, 8, 1)), s.relu(s.conv(squeezed, width, 8, 3)), axis=1)
        channels = 16
    s.save(s.relu(s.conv(x, channels, 10, 1)), 10, path)


def resnet(path: Path) -> None:
    s = Sketch(2)
    x = s.pool(s.relu(s.norm(s.conv("image", 3, 8, 7, 1), 8)))
    for channels, to, stride in ((8, 8, 1), (8, 16, 2)):
        main = s.relu(s.norm(s.conv(x, channels, to, 3, stride), to))
        main = s.norm(s.conv(main, to, to, 3), to)
        skip = x if stride == 1 else s.norm(s.conv(x, channels, to, 1, stride), to)
        x = s.relu(s.node("Add", main, skip))
    s.save(x, 16, path)


def densenet(path: Path) -> None:
    s = Sketch(3)
    x, channels = s.conv("image", 3, 8, 3, 2), 8
    for _ in range(3):
        new = s.conv(s.relu(s.norm(x, channels)), channels, 4, 3)
        x, channels = s.node("Concat", x, new, axis=1), channels + 4
    x = s.node("AveragePool", s.conv(s.relu(s.norm(x, channels)), channels, 10, 1), kernel_shape=[2, 2], strides=[2, 2])
    s.save(x, 10, path)


if __name__ == "__main__":
    for make in (squeezenet, resnet, densenet):
        make(Path(sys.argv[1]) / f"{make.__name__}.onnx")
