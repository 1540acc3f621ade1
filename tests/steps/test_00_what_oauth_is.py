"""Step 00: what OAuth is. The student's diagram beside the recorded login, and the answers to the questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.exercises.answers import check_answer
from workbook.exercises.drawing import drawn_by_student, hold_against, nothing_beyond, recorded

exercise = pytest.mark.exercise

# The names that the label of an arrow needs, by its place in the recorded login.
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
            "a": "A token shows that a user has allowed something, not who uses the browser now. An app that accepts "
            "every valid token as a login also accepts a token that another app got, and sends.",
            "c": "The token is for Facebook's API, and Facebook checks it there. Your app's own pages do not use it. "
            "For them your app has its session cookie.",
            "d": "The password stays at Facebook. The token replaces it, for a while and for a few things. This is "
            "the purpose of OAuth.",
        },
    )


@exercise("0.6")
def test_who_the_client_is(folder: Path) -> None:
    check_answer(
        folder,
        "client",
        "c",
        {
            "a": "People often call the browser a client. In OAuth the browser must not see the client secret, because "
            "its user can read all that is in it.",
            "b": "The user owns the data. RFC 6749 calls the user the resource owner.",
            "d": "Facebook is the other side. It knows the user, gives the token, and has the data.",
        },
    )


@exercise("0.7")
def test_what_the_code_is_for(folder: Path) -> None:
    check_answer(
        folder,
        "code",
        "d",
        {
            "a": "The code is not encrypted, and the browser could read it. Its protection is different. "
            "Facebook exchanges it only together with the client secret.",
            "b": "A code works once, and for a few minutes. Your app may keep the token.",
            "c": "The code says nothing about the user. It is a random string from Facebook. Your app knows the user "
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
            "b": "Facebook only returns the state. It cannot know what your app kept in this browser's session.",
            "c": "A browser only sends the parameters of the URL. It compares nothing.",
            "d": "Both copies in the URLs come from the same login, also in a forged login, which the attacker began. "
            "Your app has to compare the state with a third copy, in the session of this browser.",
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
            "Facebook does not ask you.",
            "b": "The user's permission for your app stays valid until the user removes it at Facebook.",
            "d": "These are three different things, the session at Facebook, the user's permission, and the session at "
            "your app. Each begins and ends by itself.",
        },
    )
