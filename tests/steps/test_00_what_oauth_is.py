"""Step 00: what OAuth is. The student's diagram beside the recorded login, and the answers to the questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.exercises.answers import check_answer
from workbook.exercises.drawing import drawn_by_student, hold_against, nothing_beyond, recorded

exercise = pytest.mark.exercise

# What has to be named in the label of an arrow, by its place in the recorded login.
MENTION = {
    3: ("client_id", "redirect_uri", "state"),
    7: ("code", "state"),
    8: ("code", "state"),
    9: ("client_secret", "code"),
    10: ("access_token",),
    11: ("access_token",),
    12: ("name",),
}


def drawn_right(folder: Path, first: int, last: int) -> None:
    """The arrows of the diagram from `first` to before `last` are those of the recorded login."""
    wanted = recorded("00_what_oauth_is.sign_in")
    drawn = drawn_by_student(folder / "diagram.mmd")
    hold_against(drawn, wanted, range(first, last), mention=MENTION)
    if last == len(wanted):
        nothing_beyond(drawn, wanted)


@exercise("0.1")
def test_first_move(folder: Path) -> None:
    drawn_right(folder, 0, 5)


@exercise("0.2")
def test_second_move(folder: Path) -> None:
    drawn_right(folder, 5, 8)


@exercise("0.3")
def test_third_move(folder: Path) -> None:
    drawn_right(folder, 8, 9)


@exercise("0.4")
def test_fourth_move(folder: Path) -> None:
    drawn_right(folder, 9, 16)


@exercise("0.5")
def test_what_the_access_token_is_good_for(folder: Path) -> None:
    check_answer(
        folder,
        "access_token",
        "b",
        {
            "a": "A token says that somebody has allowed something, not who uses the browser now. An app that accepts "
            "every working token as a login also accepts a token that another app got, and sends.",
            "c": "The token is for Facebook's API, and Facebook looks at it there. Your app's own pages know nothing "
            "of it: for them your app has its session cookie.",
            "d": "The password stays at Facebook. The token takes its place, for a while and for a few things: that "
            "is why OAuth exists.",
        },
    )


@exercise("0.6")
def test_who_the_client_is(folder: Path) -> None:
    check_answer(
        folder,
        "client",
        "c",
        {
            "a": "In daily talk the browser is often called a client. In OAuth it is the one that must not see the "
            "client secret: whatever is in a browser, its owner can read.",
            "b": "The person owns the data. RFC 6749 calls them the resource owner.",
            "d": "Facebook is the other side: it knows the person, gives the token, and has the data.",
        },
    )


@exercise("0.7")
def test_what_the_code_is_for(folder: Path) -> None:
    check_answer(
        folder,
        "code",
        "d",
        {
            "a": "The code is not encrypted, and the browser could read it. The code is protected in another way: "
            "Facebook exchanges it only together with the client secret.",
            "b": "A code works once, and for a few minutes. What your app may keep is the token.",
            "c": "The code says nothing about the person: it is a word that Facebook made up. Your app knows who it is "
            "only after the fourth move.",
        },
    )


@exercise("0.8")
def test_who_looks_at_the_state(folder: Path) -> None:
    check_answer(
        folder,
        "state",
        "a",
        {
            "b": "Facebook only hands the state back. It cannot know what your app kept in this browser's session.",
            "c": "A browser sends along what is in the address. It compares nothing.",
            "d": "Both copies in the addresses come from the same login, and in a forged one, too: the attacker began "
            "that login himself. It has to be held against a third copy, in the session of this browser.",
        },
    )


@exercise("0.9")
def test_what_logging_out_ends(folder: Path) -> None:
    check_answer(
        folder,
        "logged_out",
        "c",
        {
            "a": "The session at Facebook is Facebook's. Your app can neither see nor end it. Click Sign in again, and "
            "you are in without being asked.",
            "b": "What the person has allowed the app stays allowed until they take it back at Facebook.",
            "d": "These are three different things: being logged in at Facebook, what the app was allowed, and the "
            "session at your app. Each begins and ends by itself.",
        },
    )
