"""Tenants, the scope that every query runs in, and row-level security under it."""
