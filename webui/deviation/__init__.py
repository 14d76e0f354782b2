"""Deviations: report one, see where it stands."""
