"""A rendered head under the colours asked for, in another order."""

from __future__ import annotations

from .lights import permuted, under
from .rendered_head import make as rendered_head

make = under(rendered_head, permuted)
