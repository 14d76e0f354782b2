"""The pages that only the demonstration has: another person, another time."""
