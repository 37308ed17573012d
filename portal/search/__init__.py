"""Search, on every page: people, relying parties, attempts, numbers, screens and acts in one field."""
