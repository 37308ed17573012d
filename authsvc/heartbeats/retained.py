"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (Kept("heartbeats_heartbeat", "for good: one row a part of the installation, written over and over"),)
