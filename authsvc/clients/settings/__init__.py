"""The settings of a relying party, a file a subject: each holds SETTINGS, a row a setting (fields.py)."""
