"""The audit log: filters, and the state of its chain."""
