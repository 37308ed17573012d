"""Building networks as ONNX: nodes and values with names of their own, one release of the operators."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET: Final = 17


class Graph:
    """The nodes and constant values of a network, in the order in which they were added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.values: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        """Keep a value, and return the name that it gets."""
        name = f"c{len(self.values)}"
        self.values.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator on named inputs, and return the name of its one output."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def rectify_by_slope(self, given: str, slopes: np.ndarray) -> str:
        """Add PRelu, a slope a channel, as rectified x · (1 - slope) + x · slope; return its name.

        onnxruntime runs these in its own layout of channels. For PRelu it leaves that and comes back, and
        decides for each value by a branch: more than half of a network's time.
        """
        slopes = slopes.reshape(-1, 1, 1, 1)
        if slopes.max() <= 1:  # Scaled first, the rectifier becomes a part of the convolution.
            rectified = self.add("Relu", self._scaled(given, 1 - slopes))
        else:
            rectified = self._scaled(self.add("Relu", given), 1 - slopes)
        return self.add("Add", self._scaled(given, slopes), rectified)

    def _scaled(self, name: str, factors: np.ndarray) -> str:
        return self.add("Conv", name, self.constant(factors), group=len(factors))


def checked_model(body: onnx.GraphProto) -> onnx.ModelProto:
    """Return a graph as a model that ONNX's own checker accepts; raises onnx.checker.ValidationError."""
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="visor")
    model.ir_version = 9
    onnx.checker.check_model(model, full_check=True)
    return model
