"""Both databases, empty but for their tables."""

from tests.services.conftest import database  # noqa: F401 - a fixture
