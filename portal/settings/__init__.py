"""What the organisation is called, speaks and looks like."""
