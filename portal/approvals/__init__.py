"""What waits for the agreement of a second administrator."""
