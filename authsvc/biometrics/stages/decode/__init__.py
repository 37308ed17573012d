"""From a sample's plain text to its frames; nothing is decoded before every limit is checked."""

from .decoding import decode, read_sample
from .pictures import DECODER, check_decoder

__all__ = ["DECODER", "check_decoder", "decode", "read_sample"]
