"""A video of the person on a screen, made for an earlier challenge and played to this one."""

from __future__ import annotations

from .recorded_answer import make as recorded_answer
from .screens import on_screen

make = on_screen(recorded_answer)
