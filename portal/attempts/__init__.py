"""Authentication attempts: the list, and one attempt explained step by step."""
