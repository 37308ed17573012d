"""The test bench (S6.2-08): a relying party is sent a good token and bad ones, and is seen to reject these.

The bench is a browser of ours: it starts a sign-in at the relying party, follows it to the authorization
endpoint, and takes the code to the relying party. At the endpoint it shows a ticket, which the provider signs
(ticket.py), in place of a person. The code that it gets for that leads to a token with one fault
(tokens/spoiling.py). Whether the relying party let it in is read from a page that only who signed in sees.
"""
