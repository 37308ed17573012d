"""One rule of a request a file: its function `check` fills in what the request asks for, or refuses it.

Which rules run at which endpoint, and in which order, stands in one table: `requests/book.py`.
"""
