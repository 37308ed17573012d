"""A 3-D head rendered from the photograph that moves as asked, on which no light of the screen falls."""

from __future__ import annotations

from .lights import steady, under
from .rendered_head import make as rendered_head

make = under(rendered_head, steady(0.0))
