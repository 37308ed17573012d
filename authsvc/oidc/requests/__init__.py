"""One type of request, and one book of rules for it, whichever endpoint it reaches."""
