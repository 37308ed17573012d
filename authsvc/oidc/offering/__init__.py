"""What a tenant's provider offers, and how that is changed."""
