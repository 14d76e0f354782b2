"""Samspel's pages and API. No rules in here: they are the services'."""
