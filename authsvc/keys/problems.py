"""What can be wrong with the keys that sign."""


class NoSigningKey(Exception):
    """The tenant has no current key of this algorithm."""
