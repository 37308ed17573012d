"""Who may see and change what: three people, every route."""
