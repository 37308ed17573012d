"""The product's web tier, with its statements counted."""

from benchmarks.sides.counting import counted
from config.wsgi import application as plain

application = counted(plain)
