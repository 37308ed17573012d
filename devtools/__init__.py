"""What developers use around the product: never installed in production, imported by no server code."""
