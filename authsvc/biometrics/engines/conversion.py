"""dlib's face network as an ONNX graph: raw RGB chips in (n×150×150×3 uint8), n×128 float32 out.

One operator of dlib has no twin: add_prev pads the smaller of its two inputs with zeros, in channels and in
extent. The sizes are fixed, so every pad is known here.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper

from .dlib_weights import DOWN, FILTERS, Convolution, Network
from .graph import Graph, checked_model

CHIP: Final = 150
FEATURES: Final = 128


class _Graph(Graph):
    def convolve(self, x: str, layer: Convolution, *, stride: int, pad: int) -> str:
        parameters = self.constant(layer.weights), self.constant(layer.bias)
        return self.add("Conv", x, *parameters, strides=[stride] * 2, pads=[pad] * 4)

    def pad(self, x: str, *, channels: int, extent: int) -> str:
        """Append zero channels, and zero rows and columns at the end."""
        if not channels and not extent:
            return x
        amounts = np.array([0, 0, 0, 0, 0, channels, extent, extent], np.int64)
        return self.add("Pad", x, self.constant(amounts))


def build(network: Network) -> onnx.ModelProto:
    """Return the checked ONNX model of a network, with any number of chips a batch."""
    graph = _Graph()
    x = graph.add("Cast", "chips", to=TensorProto.FLOAT)
    x = graph.add("Transpose", x, perm=[0, 3, 1, 2])
    x = graph.add("Relu", graph.convolve(x, network.stem, stride=2, pad=0))
    x = graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    extent, channels = 35, 32
    for pair, down, filters in zip(network.blocks, DOWN, FILTERS, strict=True):
        x, extent = _block(graph, x, pair, down=down, widen=filters - channels, extent=extent)
        channels = filters
    x = graph.add("Flatten", graph.add("GlobalAveragePool", x))
    graph.nodes.append(helper.make_node("MatMul", [x, graph.constant(network.matrix)], ["features"]))
    return _model(graph)


def _block(
    graph: _Graph, x: str, pair: tuple[Convolution, Convolution], *, down: bool, widen: int, extent: int
) -> tuple[str, int]:
    """Return a residual block's output and its extent in pixels."""
    inner = graph.add("Relu", graph.convolve(x, pair[0], stride=2 if down else 1, pad=0 if down else 1))
    inner = graph.convolve(inner, pair[1], stride=1, pad=1)
    if not down:
        return graph.add("Relu", graph.add("Add", inner, x)), extent
    shortcut = graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    inner_extent, short_extent = (extent - 3) // 2 + 1, extent // 2
    after = max(inner_extent, short_extent)
    inner = graph.pad(inner, channels=0, extent=after - inner_extent)
    shortcut = graph.pad(shortcut, channels=widen, extent=after - short_extent)
    return graph.add("Relu", graph.add("Add", inner, shortcut)), after


def _model(graph: _Graph) -> onnx.ModelProto:
    chips = helper.make_tensor_value_info("chips", TensorProto.UINT8, ["n", CHIP, CHIP, 3])
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURES])
    return checked_model(helper.make_graph(graph.nodes, "dlib_face", [chips], [features], graph.values))
