"""Harbour Credit Union: a small partner site with its own settings, process and origin."""
