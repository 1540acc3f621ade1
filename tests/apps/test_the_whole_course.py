"""The whole course in one go: from step 01's starter through every solution, with one database and the same users."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.checks.warm_checks import WarmChecks
from workbook.course.places import SOLUTIONS
from workbook.course.starters import source_files, write_starter
from workbook.course.steps import all_steps, find_step
from workbook.lab.databases import Database, uses_a_database
from workbook.lab.site import Site
from workbook.lab.visits import sign_in
from workbook.lab.warm import Warm
from workbook.providers.people import PEOPLE

pytestmark = pytest.mark.slow

# The path where a login begins, by provider, from the named step on.
BOTH = {"twitter": "/login/twitter", "facebook": "/login/facebook"}
LOGINS = {
    "01": {"twitter": "/login"},
    "03": BOTH,
    "06": {**BOTH, "google": "/login/google", "github": "/login/github"},
}


def logins_of(number: str) -> dict[str, str]:
    return LOGINS[max(first for first in LOGINS if first <= number)]


def whose(database: Database, number: str, provider: str, who: str) -> int | None:
    """The ID of the user of this identity."""
    sql = (
        f"SELECT id FROM users WHERE {provider}_id = :who"
        if number == "04"
        else f"SELECT user_id AS id FROM identities WHERE provider = '{provider}' AND subject = :who"
    )
    rows = database.rows(sql, who=who)
    return int(rows[0]["id"]) if rows else None


def finish(step: str, work: Path) -> None:
    """Does what a student has done at the end of a step: the folder holds the finished app."""
    for file in source_files(SOLUTIONS / step):
        place = work / step / file.relative_to(SOLUTIONS / step)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.read_bytes())


def test_everybody_logs_in_at_every_step_and_stays_who_they_are(
    warm: Warm, checks: WarmChecks, tmp_path: Path
) -> None:
    users: dict[tuple[str, str], int] = {}
    with Database() as database:
        for step in all_steps()[1:]:
            write_starter(SOLUTIONS / step.name, tmp_path / step.name)
            if step.number == "01":
                assert checks.run(find_step("01"), tmp_path).passed == 0
            finish(step.name, tmp_path)
            folder = tmp_path / step.name
            kept = uses_a_database(folder)
            with Site(folder, warm, database=database) as site:
                for provider, start in logins_of(step.number).items():
                    for person in PEOPLE:
                        page = sign_in(site.browser(), person.key, start=start)
                        assert (page.path, page.status) == ("/welcome", 200), (
                            step.name,
                            provider,
                            page.words,
                        )
                        assert person.name in page.words or provider == "github", (step.name, page.words)
                        if kept:
                            user = whose(database, step.number, provider, person.subject(provider))
                            assert user is not None, (step.name, provider, person.key)
                            # A person who had a user in an earlier step has the same user now.
                            assert users.setdefault((provider, person.key), user) == user, (
                                step.name,
                                provider,
                            )
            if kept:
                assert {row["id"] for row in database.rows("SELECT id FROM users")} >= set(users.values())
    assert users
