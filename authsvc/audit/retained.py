"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

_OF_THE_LOG = "as long as the events that it is about; the sweeper deletes it with them"
ROWS = (
    Kept(
        "audit_auditevent",
        "thirteen months; the sweeper says in the log what is older, in whole groups of 256, and deletes it "
        "a day later",
    ),
    Kept("audit_audithead", "for good: one row an organisation, the end of the chain of a release before"),
    Kept("audit_log", "for good: one row an organisation, how far its log goes"),
    Kept("audit_position", _OF_THE_LOG),
    Kept("audit_segment", _OF_THE_LOG),
    Kept("audit_storedtile", "for good: 8 kB for 256 events, what older checkpoints are proven with"),
    Kept("audit_storedcheckpoint", "for good: what was signed about the log, which no pruning takes back"),
)
