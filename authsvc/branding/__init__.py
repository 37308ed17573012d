"""What an organisation's pages and mails look like: its logo, and its accent colour in both themes.

Everything that people of a tenant are shown takes it from here. What is stored is changed by the acts of
authsvc.management.organisation alone.
"""
