"""Every state in which a person can come to a page, and what they find there (docs/states.md)."""
