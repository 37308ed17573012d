"""A puppet of one photograph, injected: a thin-plate spline moves it as somebody else answers.

The screen's colours, where they are asked for, are painted evenly over the head.
"""

from __future__ import annotations

from .puppetry import puppet_burst

make = puppet_burst
