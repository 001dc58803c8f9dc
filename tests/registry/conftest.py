"""Registries to test with: an SQLite file, and a PostgreSQL server of the tests' own."""

import itertools
import os

import pytest
import sqlalchemy as sa
from postgresql_server import running_server, server_programs

from synthmark.registry import open_registry

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def _server():
    programs = server_programs()
    if programs is None:
        assert not os.environ.get("CI"), "the tests need PostgreSQL: apt-get install postgresql"
        pytest.skip("there is no PostgreSQL server on this machine (apt-get install postgresql)")
    with running_server(programs) as url:
        yield url


@pytest.fixture
def postgresql(_server):
    """The URL of an empty schema."""
    name = f"test_{next(_numbers)}"
    engine = sa.create_engine(_server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return f"{_server}&options=-csearch_path%3D{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request, tmp_path):
    """Where a new registry may be made."""
    return tmp_path / "registry.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgresql")


@pytest.fixture
def registry(location):
    with open_registry(location) as opened:
        yield opened


@pytest.fixture
def tamper(location):
    """A function that changes the tables behind the registry's back."""

    def run(*statements: str) -> None:
        url = f"sqlite:///{location}" if not isinstance(location, str) else location.replace(":", "+psycopg:", 1)
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            for statement in statements:
                assert connection.execute(sa.text(statement)).rowcount != 0
        engine.dispose()

    return run
