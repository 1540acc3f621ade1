"""A site that looks into the app's database at each message: what changed is there, where it happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.course.places import SOLUTIONS
from workbook.flow.drawn import arrows
from workbook.flow.messages import DATABASE
from workbook.lab.site import Site
from workbook.lab.visits import sign_in
from workbook.lab.warm import Warm

# It writes before it asks Google and afterwards. What it wrote at its start was there before the first look.
APP = """
import os
from urllib.request import urlopen

from flask import Flask
from sqlalchemy import create_engine, text

app = Flask(__name__)
engine = create_engine(os.environ["DATABASE_URL"])


def write(*statements):
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


write("CREATE TABLE notes (id INTEGER PRIMARY KEY, said VARCHAR)", "INSERT INTO notes VALUES (1, 'at the start')")


@app.route("/")
def index():
    write("INSERT INTO notes VALUES (2, 'before')")
    urlopen(os.environ["GOOGLE_URL"] + "/.well-known/openid-configuration").read()
    write("UPDATE notes SET said = 'after' WHERE id = 2", "DELETE FROM notes WHERE id = 1")
    return "done"


@app.route("/nothing")
def nothing():
    write("SELECT * FROM notes", "UPDATE notes SET said = said")
    return "done"
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "sqlite" else request.getfixturevalue("postgresql")


def said(site: Site) -> list[str]:
    return [
        f"{arrow.sender} {arrow.receiver} {arrow.title} {', '.join(value for _, value in arrow.details)}".strip()
        for arrow in arrows(site.messages())
    ]


def test_each_change_is_where_it_happened(tmp_path: Path, warm: Warm, server: str | None) -> None:
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    with Site(tmp_path, warm, server=server, watch_tables=True) as site:
        browser = site.browser()
        browser.open("/")
        google = "/.well-known/openid-configuration"
        asked, before, out, back, changed, gone, answered = said(site)
        assert (asked, answered) == ("browser app GET /", "app browser 200 OK")
        assert before == "app database notes gets row 2 before"
        assert (out, back[:20]) == (f"app google GET {google}", "google app 200 OK ht")
        assert changed == "app database row 2 of notes changes before → after"
        assert gone == "app database notes loses row 1 at the start"
        browser.open("/nothing")
        assert said(site)[7:] == ["browser app GET /nothing", "app browser 200 OK"]


def test_a_login_shows_its_rows_before_the_app_answers(warm: Warm, server: str | None) -> None:
    with Site(SOLUTIONS / "05_one_user_many_identities", warm, server=server, watch_tables=True) as site:
        for count in range(1, 3):  # begun anew, the numbers of rows begin anew, too
            assert sign_in(site.browser(), "bo", start="/login/twitter").path == "/welcome"
            place = next(i for i, message in enumerate(site.messages()) if message.receiver == DATABASE)
            assert [line.partition(" Bo")[0] for line in said(site)[place - 1 : place + 3]] == [
                "twitter app 200 OK 29301774, bolindqvist,",
                "app database users gets row 1",
                "app database identities gets row 1 1, twitter, 29301774",
                "app browser 302 Found, to /welcome session",
            ], count
            assert site.begin_anew()


def test_a_site_that_does_not_watch_says_nothing_of_rows(warm: Warm) -> None:
    with Site(SOLUTIONS / "05_one_user_many_identities", warm) as site:
        sign_in(site.browser(), start="/login/twitter")
        assert all(message.receiver != DATABASE for message in site.messages())
        assert site.database.rows("SELECT * FROM users")
