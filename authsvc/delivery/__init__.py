"""What is told to relying parties by a call to their endpoint: one outbox, one sender, a budget for each.

Other rooms put deliveries into the outbox (outbox.py) within the transaction of what they tell of, and say in
a Kind (kinds.py) what is sent and how the answer is read. The sender (sender.py) has a task of its own.
"""
