"""The logins that the desk keeps: each message with its own, in whatever order they come; and no more than fit."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from workbook.course.places import SOLUTIONS
from workbook.flow.messages import APP, BROWSER, Message
from workbook.lab.site import Site
from workbook.lab.visits import decide_on, refuse, sign_in
from workbook.lab.warm import Warm
from workbook.web.logins import (
    LONGEST_BODY,
    LONGEST_NAME,
    MOST_CHARACTERS,
    MOST_LOGINS,
    MOST_MESSAGES,
    Logins,
    outcome,
)

STEPS = {"01_twitter_login": "/login", "06_google_and_github": "/login/google"}


def said(messages: Iterable[Message], start: str) -> list[Message]:
    """The messages from the click on: a login as the desk keeps it."""
    found = sorted(messages, key=lambda message: message.time)
    begun = next(place for place, one in enumerate(found) if one.receiver == APP and one.path == start)
    return found[begun:]


@pytest.fixture(scope="module", params=STEPS)
def two(warm: Warm, request: pytest.FixtureRequest) -> tuple[list[Message], list[Message]]:
    """Two logins of two browsers at one app."""
    start = STEPS[request.param]
    with Site(SOLUTIONS / request.param, warm) as site:
        sign_in(site.browser(), start=start)
        count = len(site.flow("").messages)
        sign_in(site.browser(), "bo", start=start)
        every = site.flow("").messages
    return said(every[:count], start), said(every[count:], start)


def heard(messages: Iterable[Message]) -> Logins:
    logins = Logins()
    for message in messages:
        logins.hear(message)
    return logins


def in_turn(one: list[Message], other: list[Message]) -> list[Message]:
    """Both at the same time: a request and its response of the one, then of the other."""
    pairs = [found[place : place + 2] for place in range(0, len(one), 2) for found in (one, other)]
    return [replace(message, time=float(place)) for place, message in enumerate(itertools.chain(*pairs))]


def of(messages: Iterable[Message]) -> list[tuple[str, str, str, str]]:
    return sorted((one.sender, one.receiver, one.url, one.body) for one in messages)


def test_two_logins_are_two(two: tuple[list[Message], list[Message]]) -> None:
    logins = list(heard([*two[0], *two[1]]))
    assert [of(login.messages) for login in logins] == [of(two[0]), of(two[1])]
    assert [outcome(login.messages) for login in logins] == ["finished", "finished"]
    assert {login.provider for login in logins} <= {"twitter", "google"}


def test_what_the_app_and_the_providers_tell_may_come_in_any_order(
    two: tuple[list[Message], list[Message]],
) -> None:
    """The app's recorder is in another process: it tells later of a message than the providers, by some messages."""
    ours = [message for message in two[1] if {message.sender, message.receiver} == {APP, BROWSER}]
    late = [message for message in two[1] if message not in ours]
    for seed in range(100):
        order = random.Random(seed)
        mixed, mine, theirs = [], list(ours), list(late)
        # Each keeps its own order.
        while mine or theirs:
            ahead = sum(bool(mine) and one.time > mine[0].time for one in mixed)
            early = bool(theirs) and ahead < 4 and order.random() < 0.5
            take_late = theirs and (not mine or theirs[0].time < mine[0].time or early)
            mixed.append((theirs if take_late else mine).pop(0))
        logins = list(heard([*two[0], *mixed]))
        assert of(logins[-1].messages) == of(two[1]), seed


def test_two_logins_at_the_same_time_are_kept_apart(two: tuple[list[Message], list[Message]]) -> None:
    shorter = min(map(len, two))
    one, other = (found[:shorter] for found in two)
    logins = list(heard(in_turn(one, other)))
    assert len(logins) == 2

    # A request of the app's that names no login may be anybody's where the app answers two browsers at once.
    def in_browsers(groups: Iterable[Iterable[Message]]) -> list[list[tuple[str, str, str, str]]]:
        return sorted(of(one for one in group if BROWSER in (one.sender, one.receiver)) for group in groups)

    assert in_browsers(login.messages for login in logins) == in_browsers((one, other))


def test_a_user_who_denies_access_is_told_from_one_who_grants_it(warm: Warm) -> None:
    with Site(SOLUTIONS / "01_twitter_login", warm) as site:
        refuse(site.browser())
        (login,) = heard(site.flow("").messages)
    assert outcome(login.messages) == "denied" and "Twitter" in login.title


def test_pages_without_a_login_make_room_for_one() -> None:
    def page(path: str, time: float) -> list[Message]:
        url = f"http://localhost:5000{path}"
        asked = Message(BROWSER, APP, time, "GET", url)
        return [asked, replace(asked, sender=APP, receiver=BROWSER, time=time + 0.1, status=200)]

    logins = heard([*page("/", 1), *page("/about", 2), *page("/static/a.css", 3)])
    (only,) = logins
    assert len(only.messages) == 4 and "No login yet" in only.title
    to = (("Location", "http://127.0.0.1:5001/facebook/dialog?state=abcdefgh"),)
    asked, answered = page("/login", 4)
    for message in (asked, replace(answered, status=302, headers=to)):
        logins.hear(message)
    (only,) = logins
    assert [message.path for message in only.messages] == ["/login", "/login"]
    assert (only.provider, outcome(only.messages)) == ("facebook", "under way")


def test_memory_is_bounded() -> None:
    logins = Logins()
    long = "x y " * LONGEST_BODY
    for number in range(MOST_LOGINS + 5):
        url = f"http://localhost:5000/login?{number}"
        to = (("Location", f"http://127.0.0.1:5001/google/auth?state=state-number-{number}"),)
        asked = Message(BROWSER, APP, number * 1000.0, "GET", url)
        logins.hear(asked)
        logins.hear(Message(APP, BROWSER, number * 1000.0 + 1, "GET", url, 302, to))
        for extra in range(MOST_MESSAGES + 10):
            later = number * 1000.0 + 2 + extra / 1000
            logins.hear(Message(APP, "google", later, "GET", f"http://g/{extra}", body=long))
    kept = list(logins)
    assert 1 <= len(kept) <= MOST_LOGINS
    assert all(len(login.messages) <= MOST_MESSAGES for login in kept)
    assert sum(login.size() for login in kept) <= MOST_CHARACTERS
    assert max(len(message.body) for login in kept for message in login.messages) <= LONGEST_BODY + 2
    logins.rename(kept[-1].number, "a " * 1000)
    assert len(kept[-1].title) <= LONGEST_NAME
    logins.forget()
    assert not list(logins) and logins.get(1) is None


def test_two_tabs_of_one_browser_are_two_logins(warm: Warm) -> None:
    with Site(SOLUTIONS / "01_twitter_login", warm) as site:
        browser = site.browser()
        first = browser.open("/login")
        browser.open("/login")
        decide_on(browser, first, "ada", "allow")
        one, other = heard(site.flow("").messages)
    callbacks = [message.path for message in one.messages if message.is_request and message.receiver == APP]
    assert callbacks[:2] == ["/login", "/auth/twitter/callback"]
    assert [message.path for message in other.messages if message.sender == BROWSER] == [
        "/login",
        "/twitter/oauth/authenticate",
    ]
    assert other.outcome() == "under way"
