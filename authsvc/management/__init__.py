"""Every administrative act, once: who may do it, the change, and its audit row.

A room here is a part of the organisation's estate: its acts are functions marked `@act`, with a row in
permissions.py, and beside them stand the readings that screens show. An act takes `by`, who performs it,
and keyword arguments; it runs in the tenant in scope. Screens, commands and the API call acts and change
nothing themselves. What is right or wrong with a value is decided below, where the row lives.
"""
