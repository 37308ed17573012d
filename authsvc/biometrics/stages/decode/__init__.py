"""From a sample's plain text to its frames; nothing is decoded before every limit is checked."""

from .decoding import decode, read_sample
from .pictures import DECODER

__all__ = ["DECODER", "decode", "read_sample"]
