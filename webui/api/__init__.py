"""The same services as JSON, for programs that work for a person with a token."""
