"""The report of a need."""
