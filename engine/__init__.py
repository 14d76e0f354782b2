"""Samspel's engine: runs the drawings for each case. No Flask in here."""
