"""The lesson as the providers' server has it, asked over HTTP: states, verdicts, hints, the other chapters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from workbook.checks.verdicts import StepVerdicts, Verdict, Verdicts
from workbook.cli.hint import hint_command
from workbook.course import progress
from workbook.course.places import CHAPTERS
from workbook.course.progress import read_progress
from workbook.course.steps import all_steps, find_step
from workbook.providers.server import ProvidersServer
from workbook.web.desk import desk
from workbook.web.live import Live

# Longer than anything takes on a slow machine (seconds).
LONG = 60.0
STEP = find_step("01")


@pytest.fixture(autouse=True)
def own_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FILE", tmp_path / "state" / "progress.json")


@pytest.fixture
def live() -> Live:
    return Live(step=STEP.name, title=STEP.title, app_url="http://localhost:5010", app=CHAPTERS / STEP.name)


@pytest.fixture
def url(live: Live) -> Iterator[str]:
    with ProvidersServer() as server:
        server.mount("/", desk(live))
        yield server.url


SECONDS = count(1)


def verdict(id: str, passed: bool = False, waits_for: str | None = None, message: str = "") -> Verdict:
    """A verdict as checks give it: no two take equally long, and one that waits takes no time."""
    exercise = STEP.exercise(id)
    seconds = 0.0 if waits_for else next(SECONDS) / 10
    return Verdict(id, exercise.title, exercise.points, passed, waits_for, message, seconds)


def verdicts(*some: Verdict) -> Verdicts:
    return Verdicts((StepVerdicts(STEP.name, some),))


def told(url: str, step: str = STEP.name) -> dict[str, Any]:
    answer: dict[str, Any] = requests.get(f"{url}/live/verdicts", {"step": step}, timeout=LONG).json()
    return answer


def words(state: dict[str, Any]) -> dict[str, str]:
    return {exercise["id"]: f"{exercise['sign']} {exercise['words']}" for exercise in state["exercises"]}


def take(url: str, exercise: str, seen: int) -> requests.Response:
    return requests.post(f"{url}/live/hints/{exercise}", json={"seen": seen}, timeout=LONG)


def test_each_exercise_has_a_sign_and_a_word(url: str, live: Live) -> None:
    assert set(words(told(url)).values()) == {"○ not checked yet"}
    read_progress().note_verdicts({"1.1": True, "1.2": False})
    assert words(told(url))["1.1"] == "✓ passed" and words(told(url))["1.2"] == "✗ not passed"
    live.set(checking=True)
    assert set(words(told(url)).values()) == {"… being checked"}
    assert told(url)["open"] == "1.2" and told(url)["points"] == "2 of 15 points"
    live.set(verdicts=verdicts(verdict("1.1", True), verdict("1.3", waits_for="1.2")))
    assert words(told(url))["1.1"] == "✓ passed" and words(told(url))["1.2"] == "… being checked"
    live.set(verdicts=verdicts(verdict("1.1", True), verdict("1.2"), verdict("1.3", waits_for="1.2")))
    assert words(told(url))["1.3"] == "· waits for 1.2"
    live.set(checking=False)
    assert told(url)["open"] == "1.2" and told(url)["points"] == "2 of 15 points"
    live.set(checking=True)
    assert set(words(told(url)).values()) == {"… being checked"}
    live.set(verdicts=verdicts(verdict("1.2"), verdict("1.3", waits_for="1.2")))
    assert words(told(url))["1.3"] == "· waits for 1.2"


def test_what_is_remembered_of_another_folder_is_not_shown(url: str, live: Live, tmp_path: Path) -> None:
    read_progress().note_verdicts({"1.1": True})
    live.set(app=tmp_path / STEP.name, checking=True)
    assert told(url)["points"] == "0 of 15 points"
    live.set(checking=False)
    assert words(told(url))["1.1"] == "○ not checked yet"


def test_a_message_comes_in_its_parts(url: str, live: Live) -> None:
    message = (
        "What should happen: this.\nWhat your app did: app.py, line 3 raised.\nAnd more.\nWhere to look: there."
        "\n\nThe first difference is here.\n\nExpected | Yours\n\n<b>drawn</b>"
    )
    live.set(verdicts=verdicts(verdict("1.1", message=message), verdict("1.2", message="It: said\nno.")))
    first, second = (exercise["verdict"] for exercise in told(url)["exercises"][:2])
    assert [part["label"] for part in first["parts"]] == [
        "What should happen",
        "What your app did",
        "Where to look",
    ]
    assert first["parts"][1]["pieces"][0]["place"] == f"{(CHAPTERS / STEP.name / 'app.py').resolve()}:3"
    assert first["difference"] == "The first difference is here."
    assert first["drawing"] == "Expected | Yours\n\n<b>drawn</b>"
    assert second["parts"] == [{"label": "", "pieces": ["It: said\nno."]}]


def test_hints_are_counted_as_the_command_counts_them(url: str) -> None:
    last = len(STEP.exercise("1.3").hints)
    page = HTMLParser(requests.get(url, timeout=LONG).text)
    assert read_progress().hints == {}, "opening the page has counted a hint"
    assert (
        len(page.css("#exercise-1\\.3 .hint")) == len(page.css("#exercise-1\\.3 .hint[data-later]")) == last
    )
    assert take(url, "1.3", 0).json() == {"hints": 1, "remark": ""}
    assert take(url, "1.3", 0).json()["hints"] == 1, "a click that came twice has taken two"
    assert "Hint 2 of" in CliRunner().invoke(hint_command, ["1.3"]).output
    assert {one["id"]: one["hints"] for one in told(url)["exercises"]}["1.3"] == 2
    assert (
        len(HTMLParser(requests.get(url, timeout=LONG).text).css("#exercise-1\\.3 .hint[data-later]"))
        == last - 2
    )
    assert take(url, "1.3", 1).json()["hints"] == 2
    assert take(url, "1.3", 99).json()["hints"] == last
    assert read_progress().hints == {"1.3": last}


def test_another_site_takes_no_hint(url: str) -> None:
    for sent in (
        {"data": {"seen": "0"}},
        {"json": ["seen"]},
        {"json": {"seen": "0"}},
        {"json": {"seen": True}},
    ):
        assert requests.post(f"{url}/live/hints/1.3", timeout=LONG, **sent).status_code in (400, 415)  # type: ignore[arg-type]
    assert take(url, "1.99", 0).status_code == 404 and take(url, "x", 0).status_code == 404
    assert read_progress().hints == {}


def test_every_chapter_can_be_read(url: str) -> None:
    read_progress().note_verdicts({"3.1": True})
    paths = ["/", "/glossary/", *(f"/steps/{step.name}/" for step in all_steps())]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = requests.get(url + path, timeout=LONG)
        assert answer.status_code == 200, path
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        page = HTMLParser(answer.text)
        for node in page.css("[src], link[href], a[href]"):
            target = node.attributes.get("src") or node.attributes["href"] or ""
            if target.startswith(url):
                target = target.removeprefix(url)
            if target.startswith("#"):
                assert page.css_first(f'[id="{target[1:]}"]'), f"{path}: {target}"
            elif target.startswith("/") and not target.startswith("/control/"):  # That page asks for its key.
                paths.append(target.partition("#")[0])
        # A Content Security Policy without 'unsafe-inline' is possible.
        assert not [node for node in page.css("script") if node.text()] and not page.css("style, [style]")
        ids = [node.id for node in page.css("[id]")]
        assert len(ids) == len(set(ids)), path
    third = requests.get(f"{url}/steps/03_facebook_login/", timeout=LONG).text
    assert "start 03" in third and "1 of 13 exercises passed" in third
    assert requests.get(f"{url}/steps/01/", timeout=LONG).url == f"{url}/"
    for path in (
        "/steps/77/",
        "/steps/05/README/",
        "/steps/05/..%2FGLOSSARY/",
        "/diagrams/x.svg",
        "/diagrams/..%2Fpyproject.toml",
    ):
        assert requests.get(url + path, timeout=LONG).status_code == 404


def test_the_tour_shows_no_chapter(url: str, live: Live) -> None:
    live.set(tour=True)
    page = HTMLParser(requests.get(url, timeout=LONG).text)
    assert not page.css(".chapter") and page.css_first(".tour")
    assert "03_facebook_login" in page.html  # type: ignore[operator]
