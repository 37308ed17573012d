"""What people let relying parties have, the same for every grant: when to ask, and in which words."""
