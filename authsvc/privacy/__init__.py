"""Notices, consent receipts, purposes, retention and erasure (clause 10)."""
