"""Both databases, empty but for their tables."""

from tests.services.conftest import database, postgresql  # noqa: F401 - fixtures
