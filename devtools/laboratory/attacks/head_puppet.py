"""A head in three dimensions that somebody else drives, and on which the asked light is rendered in time.

It is what `rendered-head` makes, asked for turn and light: shape, shading, order and delay are a head's. No
signal of PAD objects to it, so it is not claimed.
"""

from __future__ import annotations

from .rendered_head import make as rendered_head

make = rendered_head
