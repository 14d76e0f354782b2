"""The door: login, logout, language."""
