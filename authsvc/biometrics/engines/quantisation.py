"""The default network in whole numbers: an option, with an engine id of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
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


class _Chips(CalibrationDataReader):
    def __init__(self, chips: Sequence[Image]) -> None:
        self._batches: Iterator[np.ndarray] = (
            np.stack(chips[at : at + _BATCH]) for at in range(0, len(chips), _BATCH)
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"chips": batch}


def quantise(network: bytes, chips: Sequence[Image]) -> bytes:
    """Return the converted network as int8 (QDQ, static, a scale a channel), its ranges taken from chips.

    Dynamic quantisation would need no chips, and gains no time. Raises ValueError for too few chips.
    """
    if len(chips) < FEWEST_CHIPS:
        raise ValueError(
            f"at least {FEWEST_CHIPS} faces are needed to find the ranges, {len(chips)} are given"
        )
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "int8.onnx"
        quantize_static(
            onnx.load_from_string(network),
            str(target),
            _Chips(chips),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Add"],
            per_channel=True,
            # Seven bits: a processor without VNNI adds two products in 16 bits, which eight overflow.
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        return target.read_bytes()
