"""An app with several processes, its writes watched, and users who come to it at the same moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbook.lab.browser import NoAnswer
from workbook.lab.races import at_once
from workbook.lab.site import Site
from workbook.lab.warm import Warm

# Looks for a row, and writes one if there is none: a race shows this mistake.
APP = """
import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)


class Visit(db.Model):
    __tablename__ = "visits"
    id = db.Column(db.Integer, primary_key=True)
    who = db.Column(db.String)


@app.route("/first/<who>")
def first(who):
    seen = db.session.execute(db.select(Visit).filter_by(who=who)).scalars().first()
    if seen is None:
        db.session.add(Visit(who=who))
        db.session.commit()
    return f"{os.getpid()} {'known' if seen else 'new'}"


with app.app_context():
    db.create_all()
"""


@pytest.fixture
def site(warm: Warm, tmp_path: Path) -> Iterator[Site]:
    """That app, in two processes."""
    folder = tmp_path / "07_app"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    with Site(folder, warm, workers=2, watch_writes=True) as site:
        yield site


def test_workers_are_processes_with_one_database(site: Site) -> None:
    said = [site.browser(worker).open("/first/ada").text.split() for worker in (0, 1)]
    assert said[0][0] != said[1][0]
    assert [word for _, word in said] == ["new", "known"]


def test_writes_are_counted_and_reads_are_not(site: Site) -> None:
    before = site.writes
    site.browser().open("/first/ada")
    assert site.wait_for_writes(before + 1, 5)
    site.browser().open("/first/ada")
    assert site.writes == before + 1
    assert not site.wait_for_writes(before + 2, 0.05)


def test_everybody_has_looked_before_anybody_writes(site: Site) -> None:
    for number in range(3):
        who = f"/first/person-{number}"
        pages = at_once(site, [(site.browser(0), who), (site.browser(1), who)], tables="visits")
        assert [page.text.split()[1] for page in pages if not isinstance(page, NoAnswer)] == ["new", "new"]
    assert len(site.database.rows("SELECT * FROM visits")) == 6


def test_an_app_that_does_not_write_is_not_waited_for_long(site: Site) -> None:
    site.browser().open("/first/ada")
    began = time.monotonic()
    pages = at_once(site, [(site.browser(0), "/first/ada"), (site.browser(1), "/first/ada")], tables="visits")
    assert [page.text.split()[1] for page in pages if not isinstance(page, NoAnswer)] == ["known", "known"]
    assert time.monotonic() - began < 5


def test_a_paused_worker_goes_on_afterwards(site: Site) -> None:
    with site.workers[1].paused():
        assert site.browser(0).open("/first/ada").status == 200
    assert site.browser(1).open("/first/ada").text.endswith("known")
