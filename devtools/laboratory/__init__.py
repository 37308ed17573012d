"""Generated presentation attacks, and the command that judges them."""
