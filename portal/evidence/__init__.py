"""The evidence that faces count by."""
