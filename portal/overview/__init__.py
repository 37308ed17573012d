"""The first screen: what happened in the last 24 hours, and what needs attention."""
