"""Many made-up people, to fill a database: PEOPLE first, then more, some of them awkward."""

from __future__ import annotations

import random

from .people import (
    PEOPLE,
    FacebookAccount,
    GitHubAccount,
    GitHubEmail,
    GoogleAccount,
    Person,
    TwitterAccount,
)

_FIRST = (
    "Amara",
    "Björn",
    "Carla",
    "Deniz",
    "Élodie",
    "Farid",
    "Greta",
    "Hiroshi",
    "Inés",
    "Jonas",
    "Kofi",
    "Lučka",
)
_LAST = (
    "Adeyemi",
    "Brandt",
    "Castaño",
    "Dvořák",
    "El-Amin",
    "Fischer",
    "García",
    "Huang",
    "Ivanova",
    "Jóhannsdóttir",
)
_OTHER_SCRIPTS = ("Юлия Петрова", "山田 花子", "نور حداد", "Ελένη Παπαδοπούλου", "नीला शर्मा")


def many_people(count: int) -> list[Person]:
    """The same `count` people every time, with keys and IDs of their own.

    After PEOPLE each seventh is awkward in one way, in turn: no email address anywhere; the email address of the person
    before, in capitals; very long IDs; a name in another script; at GitHub the ID that the person before has at
    Twitter; the name of the person before.
    """
    people = list(PEOPLE[:count])
    for number in range(len(people) + 1, count + 1):
        people.append(_person(number, people[-1]))
    return people


def _person(number: int, before: Person) -> Person:
    chance = random.Random(f"person {number}")

    def new_id(digits: int) -> int:
        """An ID that no other person has: it ends in the person's own number."""
        return int(f"{chance.randint(10 ** (digits - 5), 9 * 10 ** (digits - 5) - 1)}{number:04}")

    key = f"person{number}"
    name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    about = "is one of many"
    email: str | None = f"{key}@example.org"
    twitter_id, github_id = new_id(9), new_id(8)
    turn, rest = divmod(number, 7)
    kind = turn % 6 if rest == 0 else None
    if kind == 0:
        name, about = before.name, "has the same name as another person"
    elif kind == 1:
        email, about = None, "has no confirmed email address anywhere"
    elif kind == 2:
        email, about = before.google.email.upper(), "has another person's email address, in capitals"
    elif kind == 3:
        twitter_id, github_id, about = new_id(19), new_id(15), "has very long ids"
    elif kind == 4:
        name, about = chance.choice(_OTHER_SCRIPTS), "has a name in another script"
    elif kind == 5:
        github_id, about = before.twitter.id, "has at GitHub the ID that another person has at Twitter"
    listed = email or f"unconfirmed{number}@example.org"
    return Person(
        key,
        name,
        about,
        TwitterAccount(twitter_id, key, email, "Tue Jan 05 09:30:00 +0000 2016"),
        FacebookAccount(str(new_id(17)), email),
        GoogleAccount(f"1{new_id(20)}", listed, email_verified=email is not None),
        GitHubAccount(
            github_id,
            key,
            name if chance.random() < 0.7 else None,
            None,
            (GitHubEmail(listed, primary=True, verified=email is not None, visibility="private"),),
        ),
    )
