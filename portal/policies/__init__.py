"""The policy: its versions, a draft, and what the draft would have done."""
