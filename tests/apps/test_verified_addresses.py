"""Migration 0004 of step 07: whose email address is verified, of the users who were there before."""

from __future__ import annotations

import pytest

from workbook.course.places import SOLUTIONS
from workbook.lab.commands import flask
from workbook.lab.databases import Database
from workbook.lab.warm import Warm
from workbook.providers.server import ProvidersServer

from ..servers import DATABASES, server_for

STEP = SOLUTIONS / "07_linking_by_email"
# Each user's own email address, and the provider's data: an email address, and whether it is verified.
PEOPLE = [
    (
        1,
        "Ada@Example.org ",
        "ada@example.org",
        True,
    ),  # the first of two with one email address, in different letter case
    (2, "ada@example.org", "ada@example.org", True),
    (3, "ada@example.org", "ada@example.org", False),
    (4, "bo@example.org", "bo@example.org", None),
    (5, "chen@example.org", "other@example.org", True),
    (6, None, None, None),
    (7, " ", " ", True),
    (8, "dara@example.org", "dara@example.org", True),
    (9, "\u212aIRA@example.org", "\u212aira@example.org", True),  # a KELVIN SIGN is no K
    (10, "kira@example.org", "Kira@example.org", True),
]


@pytest.mark.parametrize("kind", DATABASES)
def test_who_was_there_keeps_what_was_verified(kind: str, warm: Warm) -> None:
    with server_for(kind) as server, Database(server) as database, ProvidersServer() as providers:
        environment = {**providers.environment(), "DATABASE_URL": database.url, "SECRET_KEY": "any"}
        assert flask(STEP, warm, environment, "db", "upgrade", "0003").failure is None
        for number, own, told, verified in PEOPLE:
            database.change(
                "INSERT INTO users (id, name, email) VALUES (:id, 'Somebody', :own)", id=number, own=own
            )
            database.change(
                "INSERT INTO identities (user_id, provider, subject, email, email_verified) "
                "VALUES (:id, 'github', :subject, :told, :verified)",
                **{"id": number, "subject": str(number), "told": told, "verified": verified},
            )
        assert flask(STEP, warm, environment, "db", "upgrade").failure is None
        rows = database.rows(
            "SELECT id, verified_email FROM users WHERE verified_email IS NOT NULL ORDER BY id"
        )
        assert [(row["id"], row["verified_email"]) for row in rows] == [
            (1, "ada@example.org"),
            (8, "dara@example.org"),
            (9, "\u212aira@example.org"),
            (10, "kira@example.org"),
        ]
        assert flask(STEP, warm, environment, "db", "check").failure is None
        assert flask(STEP, warm, environment, "db", "downgrade", "0003").failure is None
        assert "verified_email" not in {column["name"] for column in database.look().get_columns("users")}
