"""What makes a row believed: a seal by the role that may decide it, checked where the row is used.

The table of sealed rows is `kinds.py`; models inherit `rows.SealedRow` (docs/adr/0265).
"""
