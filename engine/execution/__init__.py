"""The only door to SpiffWorkflow: load and check models, and take cases through them step by step.

Nothing in here knows a database, an organisation or an agreement: data goes in, data comes out.
"""
