"""What a test run makes on a PostgreSQL server does not outlive the test that needed it."""

from typing import Any

from sqlalchemy import create_engine, text

from tests.postgres import own_database, url_of


def test_a_database_goes_with_its_test_whoever_is_still_in_it(postgres: Any) -> None:
    def names() -> set[str]:
        with create_engine(url_of(postgres, "postgres")).connect() as connection:
            return set(connection.scalars(text("SELECT datname FROM pg_database")))

    before = names()
    with own_database(postgres, "template_house") as url:
        create_engine(url).connect()
        assert len(names() - before) == 1
    assert names() == before


def test_the_server_of_the_tests_does_not_wait_for_its_disk(postgres: Any) -> None:
    with create_engine(url_of(postgres, "postgres")).connect() as connection:
        assert connection.scalar(text("SHOW fsync")) == "off"
