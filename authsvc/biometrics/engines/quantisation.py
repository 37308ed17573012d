"""A face network in whole numbers: an option, with an engine id of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from authsvc.biometrics.types import Image

FEWEST_CHIPS: Final = 16
_BATCH: Final = 8

Layout = Callable[[np.ndarray], np.ndarray]
"""Of n×side×side×3 uint8 chips makes a batch as a network takes it."""


class _Chips(CalibrationDataReader):
    def __init__(
        self, name: str, chips: Sequence[Image], laid_out: Callable[[np.ndarray], np.ndarray]
    ) -> None:
        self._batches: Iterator[dict[str, np.ndarray]] = (
            {name: laid_out(np.stack(chips[at : at + _BATCH]))} for at in range(0, len(chips), _BATCH)
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._batches, None)


def quantise(
    network: bytes,
    chips: Sequence[Image],
    *,
    operators: Sequence[str],
    laid_out: Layout = np.asarray,
) -> bytes:
    """Return a converted network as int8 (QDQ, static, a scale a channel), its ranges taken from chips.

    The named operators become whole. Dynamic quantisation would need no chips, and gains no time. Raises
    ValueError for too few chips.
    """
    if len(chips) < FEWEST_CHIPS:
        raise ValueError(
            f"at least {FEWEST_CHIPS} faces are needed to find the ranges, {len(chips)} are given"
        )
    with tempfile.TemporaryDirectory() as folder:
        simple, target = Path(folder) / "simple.onnx", Path(folder) / "int8.onnx"
        _simplify(network, simple)
        quantize_static(
            str(simple),
            str(target),
            _Chips(onnx.load(simple).graph.input[0].name, chips, laid_out),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(operators),
            per_channel=True,
            # Seven bits: a processor without VNNI adds two products in 16 bits, which eight overflow.
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        return target.read_bytes()


def _simplify(network: bytes, path: Path) -> None:
    """Write the network with what only scales a convolution's output as a part of the convolution."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
