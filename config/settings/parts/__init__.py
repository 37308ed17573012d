"""The settings by subject, as production has them."""
