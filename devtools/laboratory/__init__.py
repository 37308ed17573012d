"""Generated presentation attacks and people, and the command that has them judged."""
