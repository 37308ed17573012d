"""A puppet of one photograph on a screen before the camera, the asked colours evenly on its head."""

from __future__ import annotations

from .puppet import make as puppet
from .screens import on_screen

make = on_screen(puppet)
