"""TensorFlow Lite networks of MediaPipe's kind as ONNX graphs: the operators that these have, and no others.

TensorFlow Lite lays a batch of pictures out as rows, columns, channels, and ONNX's operators take channels
first: whatever has four dimensions has its channels first here, and turns back where a network flattens it.
Weights that a file keeps as float16 are widened once. Pictures that it pads are padded as TensorFlow's SAME
says: half of what the last step lacks before the picture, the rest behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper

from .base import ModelProblem
from .graph import Graph, checked_model

_KINDS: Final[Mapping[int, type]] = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}
_PLANE: Final = 4
_FIRST: Final = (0, 3, 1, 2)
_LAST: Final = (0, 2, 3, 1)


def converted(content: bytes, *, scale: float, shift: float) -> bytes:
    """Return a network as ONNX: RGB pictures in (n×height×width×3 uint8), one row of float32 a picture out.

    A value x of a pixel enters the network as x · scale + shift. A row holds the network's outputs, in the
    file's order and layout, one after another. Raises ModelProblem where the file holds anything else than
    the operators below.
    """
    return bytes(_Conversion(content).model(scale, shift).SerializeToString())


class _Conversion:
    def __init__(self, content: bytes) -> None:
        self._file = tflite.Model.GetRootAsModel(content, 0)
        self._source = self._file.Subgraphs(0)
        self._graph = Graph()
        self._names: dict[int, str] = {}
        self._widened: dict[int, np.ndarray] = {}

    def model(self, scale: float, shift: float) -> onnx.ModelProto:
        """Return the checked model, converted operator by operator in the file's order."""
        given = self._source.Inputs(0)
        x = self._graph.add("Cast", "pictures", to=TensorProto.FLOAT)
        x = self._graph.add("Mul", x, self._graph.constant(np.array(scale, np.float32)))
        x = self._graph.add("Add", x, self._graph.constant(np.array(shift, np.float32)))
        self._names[given] = self._graph.add("Transpose", x, perm=_FIRST)
        for number in range(self._source.OperatorsLength()):
            self._convert(self._source.Operators(number))
        return self._joined(self._shape(given))

    def _convert(self, operator: Any) -> None:
        code = self._file.OperatorCodes(operator.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())  # Older files know the latter alone.
        if kind not in _OPERATORS:
            raise ModelProblem(f"no conversion of TensorFlow Lite's operator {kind}")
        name = _OPERATORS[kind](self, operator)
        if name is not None:
            self._names[operator.Outputs(0)] = name

    def _joined(self, picture: tuple[int, ...]) -> onnx.ModelProto:
        graph, outputs = self._graph, [int(each) for each in self._source.OutputsAsNumpy()]
        rows = [self._flat(each) for each in outputs]
        width = sum(int(np.prod(self._shape(each))) for each in outputs)
        graph.nodes.append(helper.make_node("Concat", rows, ["rows"], axis=1))
        given = helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", *picture[1:]])
        made = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", width])
        return checked_model(helper.make_graph(graph.nodes, "tflite", [given], [made], graph.values))

    def _flat(self, tensor: int) -> str:
        return self._graph.add("Flatten", self._channels_last(tensor))

    def _channels_last(self, tensor: int) -> str:
        name = self._names[tensor]
        if len(self._shape(tensor)) != _PLANE:
            return name
        return self._graph.add("Transpose", name, perm=_LAST)

    def _shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(int(side) for side in self._source.Tensors(tensor).ShapeAsNumpy())

    def _constant(self, tensor: int) -> np.ndarray:
        """Return what the file holds for a tensor, or what became of it when it was widened."""
        if tensor in self._widened:
            return self._widened[tensor]
        described = self._source.Tensors(tensor)
        data = self._file.Buffers(described.Buffer()).DataAsNumpy()
        return np.asarray(data).view(_KINDS[described.Type()]).reshape(self._shape(tensor))

    def widen(self, operator: Any) -> None:
        self._widened[operator.Outputs(0)] = self._constant(operator.Inputs(0)).astype(np.float32)

    def convolve(self, operator: Any) -> str:
        """Weights are filters × rows × columns × channels."""
        weights = self._constant(operator.Inputs(1)).transpose(_FIRST)
        return self._convolution(operator, weights, _options(operator, tflite.Conv2DOptions()), groups=1)

    def convolve_each(self, operator: Any) -> str:
        """Convolve each channel by itself; weights are 1 × rows × columns × channels."""
        weights = self._constant(operator.Inputs(1)).transpose(3, 0, 1, 2)
        options = _options(operator, tflite.DepthwiseConv2DOptions())
        return self._convolution(operator, weights, options, groups=len(weights))

    def _convolution(self, operator: Any, weights: np.ndarray, options: Any, *, groups: int) -> str:
        if (options.DilationHFactor(), options.DilationWFactor()) != (1, 1):
            raise ModelProblem("no conversion of dilated convolutions")
        parameters = self._graph.constant(weights), self._graph.constant(self._constant(operator.Inputs(2)))
        taken = self._taken(operator, options, (weights.shape[2], weights.shape[3]))
        return self._graph.add("Conv", self._names[operator.Inputs(0)], *parameters, group=groups, **taken)

    def pool(self, operator: Any) -> str:
        options = _options(operator, tflite.Pool2DOptions())
        size = options.FilterHeight(), options.FilterWidth()
        taken = self._taken(operator, options, size)
        return self._graph.add("MaxPool", self._names[operator.Inputs(0)], kernel_shape=size, **taken)

    def _taken(self, operator: Any, options: Any, size: tuple[int, int]) -> dict[str, list[int]]:
        """Return the strides of a window over the picture, and by how much the picture is padded."""
        strides = [options.StrideH(), options.StrideW()]
        if options.Padding() == tflite.Padding.VALID:
            return {"strides": strides}
        given, made = (self._shape(each)[1:3] for each in (operator.Inputs(0), operator.Outputs(0)))
        lacking = [
            max((out - 1) * step + window - side, 0)
            for side, out, step, window in zip(given, made, strides, size, strict=True)
        ]
        before = [each // 2 for each in lacking]
        behind = [each - half for each, half in zip(lacking, before, strict=True)]
        return {"strides": strides, "pads": before + behind}

    def sum(self, operator: Any) -> str:
        _options(operator, tflite.AddOptions())
        return self._graph.add("Add", *(self._names[operator.Inputs(place)] for place in (0, 1)))

    def rectify(self, operator: Any) -> str:
        return self._graph.add("Relu", self._names[operator.Inputs(0)])

    def rectify_by_slope(self, operator: Any) -> str:
        slopes = self._constant(operator.Inputs(1))
        return self._graph.rectify_by_slope(self._names[operator.Inputs(0)], slopes)

    def pad(self, operator: Any) -> str:
        amounts = self._constant(operator.Inputs(1))[list(_FIRST)].T.reshape(-1).astype(np.int64)
        return self._graph.add("Pad", self._names[operator.Inputs(0)], self._graph.constant(amounts))

    def reshape(self, operator: Any) -> str:
        shape = np.array([0, *self._shape(operator.Outputs(0))[1:]], np.int64)  # 0 keeps the batch.
        if len(shape) == _PLANE:
            raise ModelProblem("no conversion of a shape that is made a picture")
        flat = self._channels_last(operator.Inputs(0))
        return self._graph.add("Reshape", flat, self._graph.constant(shape))

    def join(self, operator: Any) -> str:
        options = _options(operator, tflite.ConcatenationOptions())
        inputs = [int(each) for each in operator.InputsAsNumpy()]
        if any(len(self._shape(each)) == _PLANE for each in inputs):
            raise ModelProblem("no conversion of joined pictures")
        return self._graph.add("Concat", *(self._names[each] for each in inputs), axis=options.Axis())


def _options(operator: Any, options: Any) -> Any:
    table = operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    if options.FusedActivationFunction() != tflite.ActivationFunctionType.NONE:
        raise ModelProblem("no conversion of operators with an activation in them")
    return options


_OPERATORS: Final[Mapping[int, Callable[[_Conversion, Any], str | None]]] = {
    tflite.BuiltinOperator.DEQUANTIZE: _Conversion.widen,
    tflite.BuiltinOperator.CONV_2D: _Conversion.convolve,
    tflite.BuiltinOperator.DEPTHWISE_CONV_2D: _Conversion.convolve_each,
    tflite.BuiltinOperator.MAX_POOL_2D: _Conversion.pool,
    tflite.BuiltinOperator.ADD: _Conversion.sum,
    tflite.BuiltinOperator.RELU: _Conversion.rectify,
    tflite.BuiltinOperator.PRELU: _Conversion.rectify_by_slope,
    tflite.BuiltinOperator.PAD: _Conversion.pad,
    tflite.BuiltinOperator.RESHAPE: _Conversion.reshape,
    tflite.BuiltinOperator.CONCATENATION: _Conversion.join,
}
