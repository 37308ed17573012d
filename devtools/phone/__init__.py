"""A software phone for sandbox tenants: speaks only HTTP, and never hides what it is."""
