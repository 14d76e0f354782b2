"""Pure rules: organisation, roles, agreements, calendar and deadlines. No database in here."""
