"""A network whose weights a file keeps as int8 in blocks, as one of float32 that onnxruntime runs fast.

Such a file (OpenCV's `int8bq`) holds each weight as q, and for each block of an axis a scale s and a zero
point z: the weight is (q - z) · s, as ONNX's DequantizeLinear with `block_size` says (opset 21). All of that
is known before the network runs, so it is worked out here once, and the graph keeps the layers alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, numpy_helper

from .base import ModelProblem
from .graph import Graph, checked_model

Values = dict[str, np.ndarray]


def dequantised(content: bytes, *, picture: tuple[int, int, int], features: int) -> bytes:
    """Return the network as ONNX with float32 weights and any number of pictures a batch.

    `picture` is the shape of an input without the batch, `features` the length of an output row. Raises
    ModelProblem where the file holds no such network.
    """
    try:
        source = onnx.load_from_string(content).graph
        values = {each.name: numpy_helper.to_array(each) for each in source.initializer}
        layers = [node for node in source.node if not _worked_out(node, values)]
        model = _model(_run_fast(layers, values), (source.input[0].name, picture), features)
    except (DecodeError, KeyError, IndexError, ValueError, onnx.checker.ValidationError) as problem:
        raise ModelProblem(f"no network with block-wise int8 weights: {str(problem)[:200]}") from None
    return bytes(model.SerializeToString())


def _worked_out(node: onnx.NodeProto, values: Values) -> bool:
    """Add to the values what a node makes of constants alone, and tell whether it is such a node."""
    if node.op_type == "Constant":
        values[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    elif node.op_type == "DequantizeLinear":
        given = {each.name: each.i for each in node.attribute}
        values[node.output[0]] = _weights(
            *(values[name] for name in node.input), axis=given["axis"], block=given["block_size"]
        )
    elif node.op_type == "Reshape" and node.input[0] in values:
        values[node.output[0]] = values[node.input[0]].reshape(values[node.input[1]])
    else:
        return False
    return True


def _weights(
    quantised: np.ndarray, scale: np.ndarray, zero: np.ndarray, *, axis: int, block: int
) -> np.ndarray:
    length = quantised.shape[axis]

    def each(of_block: np.ndarray) -> np.ndarray:
        return np.repeat(of_block, block, axis=axis).take(range(length), axis=axis).astype(np.float32)

    return (quantised.astype(np.float32) - each(zero)) * each(scale)


def _run_fast(layers: Iterable[onnx.NodeProto], values: Values) -> Graph:
    """Leave out what only a network in training does, and what onnxruntime runs slowly."""
    graph = Graph()
    now: dict[str, str] = {}
    for node in layers:
        for place, name in enumerate(node.input):
            node.input[place] = now.get(name, name)
        if node.op_type == "Dropout":
            now[node.output[0]] = node.input[0]
        elif node.op_type == "PRelu":
            now[node.output[0]] = graph.rectify_by_slope(node.input[0], values[node.input[1]])
        else:
            graph.nodes.append(node)
    used = {name for node in graph.nodes for name in node.input}
    graph.values += [
        numpy_helper.from_array(np.ascontiguousarray(value), name)
        for name, value in values.items()
        if name in used
    ]
    return graph


def _model(graph: Graph, pictures: tuple[str, tuple[int, int, int]], features: int) -> onnx.ModelProto:
    name, shape = pictures
    given = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])
    made = helper.make_tensor_value_info(graph.nodes[-1].output[0], TensorProto.FLOAT, ["n", features])
    return checked_model(helper.make_graph(graph.nodes, "dequantised", [given], [made], graph.values))
