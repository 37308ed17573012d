"""The authentication agent: its page, the API it speaks, and passkeys."""
