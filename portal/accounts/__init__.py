"""Administrators: who they are, how they sign in, and which tenants they may enter."""
