"""The audit log: filters, and what was signed of it last."""
