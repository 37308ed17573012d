"""How a person is reached who is before no page of ours: browsers that take pushes, mail, and quiet hours.

It says which ways there are and makes what is sent; what is told, and when, is for the rooms above, which put
it into the outbox (authsvc/delivery).
"""
