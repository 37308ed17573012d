"""What says that scheduled work goes on: one row a part of it, written when it was heard of last.

A part says so by having done something, not by being there: a scheduler whose queue stands still is silent.
Workers say it with the keys that they offer (authsvc/keys/samples.py).
"""
