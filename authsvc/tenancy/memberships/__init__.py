"""Which user has which role in which tenant; what a role may do stands in authsvc.management."""
