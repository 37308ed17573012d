"""Relying parties: list, create, edit, secrets."""
