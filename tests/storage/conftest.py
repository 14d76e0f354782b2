"""Both databases, empty but for their tables."""

from tests.services.conftest import database, postgresql_template, sqlite_template  # noqa: F401 - fixtures
