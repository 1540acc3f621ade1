"""Step 07's app under load: eight workers, and the same new user two hundred times at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests

from workbook.course.places import SOLUTIONS
from workbook.lab.commands import flask
from workbook.lab.databases import Database
from workbook.lab.environments import bare_environment
from workbook.lab.running import copied
from workbook.lab.warm import Warm
from workbook.providers.people import PEOPLE, Person
from workbook.providers.server import ProvidersServer

from ..servers import DATABASES, server_for

STEP = SOLUTIONS / "07_linking_by_email"
WORKERS = 8
LOGINS = 200
# How many times. Twenty times is the full test: one minute or several.
ROUNDS = int(os.environ.get("WORKBOOK_STRESS_ROUNDS", "1"))
# A request may wait for all the others before it (seconds).
LONGEST = 120


@dataclass
class Service:
    """The app, served by gunicorn: its port, its database and its providers."""

    port: int
    database: Database
    providers: ProvidersServer

    def get(self, session: requests.Session, address: str) -> requests.Response:
        """Requests a path, as a browser that opens the app as localhost:5000."""
        path = address.removeprefix("http://localhost:5000")
        return session.get(
            f"http://127.0.0.1:{self.port}{path}",
            headers={"Host": "localhost:5000"},
            allow_redirects=False,
            timeout=LONGEST,
        )


def somebody(number: int) -> Person:
    """A new person, with an account and a verified email address at Google. (GitHub ends the oldest of eleven
    tokens.)"""
    account = replace(PEOPLE[0].google, sub=f"1000{number}", email=f"new{number}@example.org")
    return replace(PEOPLE[0], key=f"new{number}", google=account)


@contextmanager
def served(database: Database, warm: Warm, workplace: Path, people: list[Person]) -> Iterator[Service]:
    """The app of step 07 behind gunicorn, beside providers where these people have accounts."""
    with ProvidersServer(people=people) as providers:
        environment = {
            **bare_environment(),
            **providers.environment(),
            "DATABASE_URL": database.url,
            "SECRET_KEY": "a key for this test",
        }
        assert flask(STEP, warm, environment, "db", "upgrade").failure is None
        command = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--bind", "127.0.0.1:0"]
        server = subprocess.Popen(
            [*command, "--timeout", str(LONGEST), "app:create_app()"],
            cwd=copied(STEP, workplace),
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert server.stderr is not None
        try:
            listens = next(filter(None, (re.search(r"127\.0\.0\.1:(\d+)", line) for line in server.stderr)))
            # This thread reads gunicorn's output, because a full pipe would stop it.
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield Service(int(listens[1]), database, providers)
        finally:
            server.terminate()
            server.wait(LONGEST)


def good_callbacks(service: Service, who: str) -> list[tuple[requests.Session, str]]:
    """Browsers, each with a login that the user has allowed at Google, and the callback URL for each."""
    at_google = requests.Session()
    found = []
    for number in range(LOGINS):
        browser = requests.Session()
        begun = service.get(browser, "/login/google").headers["Location"]
        if number == 0:
            page = at_google.get(begun)
            address = re.search(r'<form[^>]*action="([^"]+)"', page.text)
            where = requests.compat.urljoin(page.url, address[1]) if address and address[1] else page.url
            fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
            said = at_google.post(
                where, data={**fields, "person": who, "decision": "allow"}, allow_redirects=False
            )
        else:
            said = at_google.get(begun, allow_redirects=False)
        found.append((browser, said.headers["Location"]))
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run on Windows")
@pytest.mark.parametrize("kind", DATABASES)
def test_two_hundred_first_logins_make_one_user(kind: str, warm: Warm, tmp_path: Path) -> None:
    new = [somebody(number) for number in range(ROUNDS)]
    with (
        server_for(kind) as server,
        Database(server) as database,
        served(database, warm, tmp_path, new) as service,
    ):
        for number, who in enumerate(new, 1):
            first_logins_at_once(service, who)
            assert len(database.rows("SELECT id FROM users")) == number
            assert len(database.rows("SELECT id FROM identities")) == number


def first_logins_at_once(service: Service, who: Person) -> None:
    """All of them are logged in."""
    visits = good_callbacks(service, who.key)
    start = threading.Barrier(LOGINS)

    def come(visit: tuple[requests.Session, str]) -> tuple[int, str]:
        browser, address = visit
        start.wait(LONGEST)
        answer = service.get(browser, address)
        welcome = service.get(browser, "/welcome")
        greeted = "Welcome," in welcome.text and welcome.status_code == 200
        return answer.status_code, "in" if greeted else welcome.text[:200]

    with ThreadPoolExecutor(LOGINS) as threads:
        answers = Counter(threads.map(come, visits))
    assert answers == {(302, "in"): LOGINS}
