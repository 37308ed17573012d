"""What a draft of the policy would have done to the last attempts: told from what is kept, or not told."""
