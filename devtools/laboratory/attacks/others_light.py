"""A rendered head under the colours of another challenge: prepared, or seen at an earlier one."""

from __future__ import annotations

from .lights import another, under
from .rendered_head import make as rendered_head

make = under(rendered_head, another)
