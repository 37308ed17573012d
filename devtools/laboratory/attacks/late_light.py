"""A rendered head under the right colours, half a second late or more: read off the screen, then rendered."""

from __future__ import annotations

from .lights import late, under
from .rendered_head import make as rendered_head

make = under(rendered_head, late)
