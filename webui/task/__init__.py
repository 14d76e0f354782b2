"""One piece of work and its form."""
