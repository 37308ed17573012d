"""Dates in German where Django’s are too long for a narrow table."""

MONTH_DAY_FORMAT = "j. M"
