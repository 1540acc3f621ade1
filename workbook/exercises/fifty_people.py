"""Fifty users as step 04 keeps them, with every awkward case, and what happens to each in a migration."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbook.course.places import RELEASE, SOLUTIONS
from workbook.lab.commands import create_tables, environment_for
from workbook.lab.databases import Database
from workbook.lab.site import Site
from workbook.lab.visits import sign_in
from workbook.lab.warm import Warm

from .missed import Missed

STEP_04 = SOLUTIONS / "04_users_in_a_database"
# A student's copy has no finished app of step 04. It has the table that this app makes, and the users who logged in.
STORED = RELEASE / "users_of_step_04.json"

Row = tuple[str, str | None, str | None, str | None]

# Name, email address, Twitter's ID, Facebook's ID. A comment says what is special about a row.
AWKWARD: tuple[Row, ...] = (
    ("Gustav Ek", "gustav@example.org", "300100200", "40010020030040050"),  # two accounts
    ("Hana Sato", "hana@example.org", "300100201", None),  # only Twitter
    ("Ivo Marek", "ivo@example.net", None, "40010020030040051"),  # only Facebook
    ("Jo Nobody", "jo@example.org", None, None),  # no account at all
    ("Sam Lee", "sam@example.org", "300100202", None),  # two users with one name
    ("Sam Lee", "sam.lee@example.net", None, "40010020030040052"),
    ("Kim Family", "home@example.org", "300100203", None),  # two users with one email address
    ("Kit Family", "home@example.org", None, "40010020030040053"),
    ("Lou Carter", "lou@example.org", "300100204", None),  # one email address in two spellings
    ("Lou Carter", "Lou@Example.org", None, "40010020030040054"),
    ("Mia Twin", "mia@example.org", "555000111", None),  # one ID at both providers, and two users
    ("Noa Twin", "noa@example.org", None, "555000111"),
    (
        "Pat Same",
        "pat@example.org",
        "777000222",
        "777000222",
    ),  # and one user whose two IDs are the same
    (
        "Quy Cross",
        "quy@example.org",
        "888000333",
        "999000444",
    ),  # each has the other's IDs, at the other provider
    ("Ren Cross", "ren@example.org", "999000444", "888000333"),
    ("Old Timer", "old@example.org", "12", None),  # the first IDs were short
    ("Big Number", None, "1799999999999999999", "90071992547409931234"),  # beyond 2^53, and beyond 2^63
    ("Big Neighbour", None, "1799999999999999998", "90071992547409931235"),  # equal to it as a float
    ("Zoë Åström", "zoë@example.org", "300100205", None),  # characters beyond ASCII
    ("王小明", None, None, "40010020030040055"),
    ("Siobhán O'Brien", "o'brien@example.org", "300100206", "40010020030040056"),  # an apostrophe
    ("100 % :sure", "percent@example.org", "300100207", None),  # characters with a meaning in a query
    ("facebook", "twitter", "300100208", None),  # a name and an email address that look like columns
    ("Tove Late", "tove@example.org", "300100209", "40010020030040057"),  # the ID of this user is FAR
)
# Many users may have left, so the highest ID may be much greater than the number of users.
FAR = 100_000
_PLAIN: tuple[Row, ...] = tuple(
    (
        f"Person {number}",
        f"person{number}@example.org",
        str(600_000_000 + number) if number % 3 else None,
        str(70_010_020_030_000_000 + number) if number % 2 else None,
    )
    for number in range(50 - len(AWKWARD) - 4)
)
# Logins with step 04's app make these users.
_LOGGED_IN = (
    ("ada", ("twitter", "facebook")),
    ("bo", ("facebook",)),
    ("chen", ("twitter",)),
    ("eve", ("facebook",)),
)


@dataclass(frozen=True)
class Person:
    """One user, with the identities, each as (provider, subject), in order."""

    id: int
    name: str
    email: str | None
    ways_in: tuple[tuple[str, str], ...]


People = dict[int, Person]


def fill(database: Database, warm: Warm, *, by_login: bool = False) -> People:
    """Fills an empty database with fifty users, as step 04's app would leave it, and returns the users.

    With `by_login`, four of them log in with step 04's app; otherwise their rows are written from outside, too.
    """
    rows: list[Row] = [*AWKWARD, *_PLAIN]
    if STORED.is_file():
        stored = json.loads(STORED.read_text(encoding="utf-8"))
        for statement in stored["postgresql" if database.server else "sqlite"]:
            database.change(statement)
        if by_login:
            _insert(database, [tuple(row) for row in stored["logged_in"]], leaving=False)
    else:
        _make_with_app(database, warm, by_login=by_login)
    if not by_login:
        rows += [(f"Guest {n}", None, f"50{n}", None) for n in range(len(_LOGGED_IN))]
    _insert(database, rows)
    database.change("UPDATE users SET id = :far WHERE name = 'Tove Late'", far=FAR)
    people = as_columns(database)
    assert len(people) == 50
    return people


def _make_with_app(database: Database, warm: Warm, *, by_login: bool) -> None:
    made = create_tables(STEP_04, warm, environment_for(database))
    assert made.failure is None, made.failure
    if not by_login:
        return
    with Site(STEP_04, warm, database=database) as site:
        for who, providers in _LOGGED_IN:
            browser = site.browser()
            for provider in providers:
                page = sign_in(browser, who, start=f"/login/{provider}")
                assert page.path == "/welcome", page


def to_store(warm: Warm) -> dict[str, Any]:
    """What a student's copy stores: the statements that make step 04's table, and the rows of users who logged in."""
    from sqlalchemy import MetaData
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.schema import CreateIndex, CreateTable

    with Database(None) as database:
        _make_with_app(database, warm, by_login=True)
        metadata = MetaData()
        metadata.reflect(database.engine)
        made: list[CreateTable | CreateIndex] = []
        for table in metadata.sorted_tables:
            made += [
                CreateTable(table),
                *map(CreateIndex, sorted(table.indexes, key=lambda one: str(one.name))),
            ]
        dialects = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call]
        return {
            **{name: [str(one.compile(dialect=of)) for one in made] for name, of in dialects.items()},
            "logged_in": [
                [row[name] for name in _COLUMNS]
                for row in database.rows(f"SELECT {', '.join(_COLUMNS)} FROM users ORDER BY id")
            ],
        }


_COLUMNS = ("name", "email", "twitter_id", "facebook_id")


def _insert(database: Database, rows: Iterable[Row], *, leaving: bool = True) -> None:
    from sqlalchemy import text

    insert = text(
        f"INSERT INTO users ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"
    )
    with database.engine.begin() as connection:
        for number, row in enumerate(rows):
            if leaving and number % 10 == 5:
                # A user who has left, so an ID is missing.
                connection.execute(insert, {**dict.fromkeys(_COLUMNS), "name": "gone"})
            connection.execute(insert, dict(zip(_COLUMNS, row, strict=True)))
        connection.execute(text("DELETE FROM users WHERE name = 'gone'"))


def unique_without_index(database: Database) -> None:
    """Makes step 04's two columns unique by a rule of the table, as `unique=True` without `index=True` does."""
    for column in ("twitter_id", "facebook_id"):
        database.change(f"DROP INDEX ix_users_{column}")
        if database.server is not None:
            database.change(f"ALTER TABLE users ADD UNIQUE ({column})")
    if database.server is None:
        database.change("ALTER TABLE users RENAME TO users_before")
        database.change(
            "CREATE TABLE users (id INTEGER NOT NULL, name VARCHAR NOT NULL, email VARCHAR, twitter_id VARCHAR, "
            "facebook_id VARCHAR, PRIMARY KEY (id), UNIQUE (twitter_id), UNIQUE (facebook_id))"
        )
        database.change("INSERT INTO users SELECT id, name, email, twitter_id, facebook_id FROM users_before")
        database.change("DROP TABLE users_before")


def as_columns(database: Database) -> People:
    """The users of a database of step 04."""
    people = {}
    for row in database.rows("SELECT id, name, email, twitter_id, facebook_id FROM users"):
        ways = [(p, row[f"{p}_id"]) for p in ("facebook", "twitter") if row[f"{p}_id"] is not None]
        people[row["id"]] = Person(row["id"], row["name"], row["email"], tuple(sorted(ways, key=str)))
    return people


def as_identities(database: Database) -> People:
    """The users of a database of step 05; Missed if it has no table for identities."""
    if "identities" not in database.look().get_table_names():
        raise Missed(
            should="the app keeps identities in the table identities, which flask db upgrade makes.",
            did="after flask db upgrade, there is no such table.",
            look="migrations/versions/0002_identities.py.",
        )
    ways: dict[int, list[tuple[str, str]]] = {}
    for row in database.rows("SELECT user_id, provider, subject FROM identities"):
        ways.setdefault(row["user_id"], []).append((row["provider"], row["subject"]))
    return {
        row["id"]: Person(
            row["id"], row["name"], row["email"], tuple(sorted(ways.get(row["id"], ()), key=str))
        )
        for row in database.rows("SELECT id, name, email FROM users")
    }


def first_difference(before: Mapping[int, Person], after: Mapping[int, Person]) -> str | None:
    """The first user who is not as before, in words; None if every user is."""
    for id, was in before.items():
        now = after.get(id)
        if now is None:
            return f"{_named(was)} is gone."
        if (now.name, now.email) != (was.name, was.email):
            return (
                f"{_named(was)} is now {now.name!r}, with the email {now.email!r} instead of {was.email!r}."
            )
        if now.ways_in != was.ways_in:
            return f"the identities of {_named(was)} are {_said(now)} now, and were {_said(was)} before."
    extra = next((person for id, person in after.items() if id not in before), None)
    return f"there is a new user, {_named(extra)}, whose identities are {_said(extra)}." if extra else None


def only_far(before: People, after: People) -> bool:
    """Whether every user is as before, but for the user with the highest ID."""
    near = {id: person for id, person in before.items() if id != FAR}
    return first_difference(near, {id: person for id, person in after.items() if id != FAR}) is None


def _named(person: Person) -> str:
    return f"{person.name} (id {person.id})"


def _said(person: Person) -> str:
    return ", ".join(f"{provider} {subject}" for provider, subject in person.ways_in) or "none"
