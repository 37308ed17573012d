"""Reading the weights of dlib's face network (`anet_type` of dnn_face_recognition_ex.cpp) from its file.

dlib writes an integer as one byte of length (bit 7: negative) and its little-endian bytes, a float as
mantissa and exponent, and a tensor as version 2, its four dimensions and raw little-endian float32. Layers
follow each other from input to output; each starts with its label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from authsvc.biometrics.types import Array

from .base import ModelProblem

INPUT: Final = b"input_rgb_image_sized"
PARAMETERS: Final = 5_614_592
"""Values in the 59 layers that have any."""

DOWN: Final = (False, False, False, True, False, False, False, True, False, False, True, False, False, True)
"""The 14 residual blocks from input to output; True halves the picture."""
FILTERS: Final = (32, 32, 32, 64, 64, 64, 64, 128, 128, 128, 256, 256, 256, 256)


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A convolution with its affine layer folded in: weights out×in×k×k, bias out."""

    weights: Array
    bias: Array


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """All weights: the stem, two convolutions a residual block, and the last matrix (256×128)."""

    stem: Convolution
    blocks: tuple[tuple[Convolution, Convolution], ...]
    matrix: Array


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0
        self.values = 0

    def seek(self, label: bytes) -> None:
        found = self.content.find(bytes([1, len(label)]) + label, self.at)
        if found < 0:
            raise ModelProblem(f"no layer {label.decode()} after byte {self.at}")
        self.at = found + 2 + len(label)

    def integer(self) -> int:
        head = self.content[self.at]
        size = head & 0x0F
        value = int.from_bytes(self.content[self.at + 1 : self.at + 1 + size], "little")
        self.at += 1 + size
        return -value if head & 0x80 else value

    def real(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        return float(mantissa) * 2.0**exponent

    def tensor(self, label: bytes, *, skip: int = 0) -> Array:
        self.seek(label)
        for _ in range(skip):
            self.integer()
        version, *shape = (self.integer() for _ in range(5))
        count = int(np.prod(shape))
        if version != 2 or not 0 < count <= PARAMETERS:
            raise ModelProblem(f"layer {label.decode()} holds no tensor")
        data = np.frombuffer(self.content, "<f4", count, self.at)
        self.at += 4 * count
        self.values += count
        return data


def read_network(content: bytes) -> Network:
    """Return the network of a .dat file; raises ModelProblem where it is another network or damaged.

    The input's normalisation (mean and 1/256) is folded into the stem, so that it takes raw RGB values.
    """
    reader = _Reader(content)
    try:
        network = _read(reader)
    except (IndexError, ValueError) as problem:
        raise ModelProblem(f"damaged network: {problem}") from None
    if reader.values != PARAMETERS:
        raise ModelProblem(f"{reader.values} parameters, {PARAMETERS} are expected")
    return network


def _read(reader: _Reader) -> Network:
    reader.seek(INPUT)
    mean = np.array([reader.real() for _ in range(3)])
    stem = _normalised(_convolution(reader, 3, 32, 7), mean)
    blocks = []
    channels = 32
    for filters in FILTERS:
        first = _convolution(reader, channels, filters, 3)
        blocks.append((first, _convolution(reader, filters, filters, 3)))
        channels = filters
    # Its counts of outputs and inputs come first.
    matrix = reader.tensor(b"fc_2", skip=2).reshape(channels, 128)
    return Network(stem, tuple(blocks), matrix)


def _convolution(reader: _Reader, channels: int, filters: int, size: int) -> Convolution:
    values = reader.tensor(b"con_4")
    affine = reader.tensor(b"affine_")
    gamma, beta = affine[:filters], affine[filters:]
    weights = values[:-filters].reshape(filters, channels, size, size)
    return Convolution(weights * gamma[:, None, None, None], values[-filters:] * gamma + beta)


def _normalised(stem: Convolution, mean: np.ndarray) -> Convolution:
    weights = stem.weights.astype(np.float64) / 256
    bias = stem.bias - np.einsum("oihw,i->o", weights, mean)
    return Convolution(weights.astype(np.float32), bias.astype(np.float32))
