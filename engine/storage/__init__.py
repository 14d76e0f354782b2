"""Tables, queries and migrations. Queries never commit."""
