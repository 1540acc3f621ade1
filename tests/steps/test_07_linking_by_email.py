"""Step 07: linking by verified email. Who becomes whose user, whom a login never leads to, and who comes at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from workbook.exercises.answers import check_answer
from workbook.exercises.any_provider import callback_for, tried
from workbook.exercises.causes import with_app_error
from workbook.exercises.decisions import check_decision
from workbook.exercises.kept import since_one_route
from workbook.exercises.missed import Missed
from workbook.exercises.ways_in import (
    comes_in,
    is_in,
    user_in,
    users_in_words,
)
from workbook.flow.drawn import PROVIDER_LABELS as LABELS
from workbook.lab.browser import Browser, NoAnswer, Page
from workbook.lab.databases import Database
from workbook.lab.races import at_once
from workbook.lab.site import Site
from workbook.providers.people import GitHubEmail

exercise = pytest.mark.exercise
SITE = Callable[..., Site]

ADDRESS = "ada@example.org"
KNOWN_FIRST = (
    "user_of looks for (provider, subject) before anything else, and whoever is found there is logged in."
)


def tells(site: Site, who: str, provider: str, address: str, *, verified: bool = True) -> None:
    """From now on a provider tells this address of a person. Twitter and Facebook do not say whether it is verified."""
    changed: dict[str, object] = {"email": address}
    if provider == "google":
        changed["email_verified"] = verified
    if provider == "github":
        changed = {"emails": (GitHubEmail(address, primary=True, verified=verified, visibility="private"),)}
    site.providers.people.change(who, **{provider: changed})


def same_user(site: Site, browsers: Sequence[Browser], should: str, look: str) -> None:
    """Missed where the people in these browsers are not one user."""
    if len({user_in(site, browser) for browser in browsers}) != 1:
        raise Missed(should=should, did=f"{users_in_words(site)}.", look=look)


def other_users(site: Site, browsers: Sequence[Browser], should: str, look: str | Callable[[], str]) -> None:
    """Missed where two of the people in these browsers are one user. `look` may be found out only then."""
    if len({user_in(site, browser) for browser in browsers}) != len(browsers):
        did = f"{users_in_words(site)}."
        raise Missed(should=should, did=did, look=look if isinstance(look, str) else look())


# 7.1 The decision table

_KNOWN = {
    "link": "This identity is linked already: your table identities says to whom.",
    "create": "This person has been here before, by this very identity, and would find nothing of what is theirs.",
}
_PROVES_NOTHING = {
    "log in": "Nobody has been here by this identity. Nothing but the address would lead to the user who is there.",
}
DECISIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    "row_1": ("the identity is known, and the address is still that of its user.", "log in", _KNOWN),
    "row_2": (
        "the identity is known, and its verified address is now the verified address of another user.",
        "log in",
        {
            "link": "This identity has a user already. To give it to the other one would take a way in from one person "
            "and hand it to another, because of an address.",
            "create": _KNOWN["create"],
        },
    ),
    "row_3": ("the identity is known, and this time no address comes along.", "log in", _KNOWN),
    "row_4": (
        "the identity is new, its address is verified, and it is the verified address of a user.",
        "link",
        {
            "log in": "Then nothing is written down, and the next login depends on the address again: after a "
            "change of it the person would not find their user any more.",
            "create": "Two providers have both made sure that the address belongs to who is there. That is the one "
            "case in which two ways in may meet.",
        },
    ),
    "row_5": (
        "the identity is new, its address is verified, and a user has it whose own address nobody has verified.",
        "create",
        {
            **_PROVES_NOTHING,
            "link": "Then somebody who registers your address somewhere, and comes here first, waits in a user that "
            "you will take for your own (pre-hijacking).",
        },
    ),
    "row_6": (
        "the identity is new, its address is verified, and no user has it.",
        "create",
        {"log in": "There is no user to log in yet.", "link": "There is no user to link it to."},
    ),
    "row_7": (
        "the identity is new, the provider says that its address is not verified, and a user has that address.",
        "create",
        {
            **_PROVES_NOTHING,
            "link": "Everybody can type somebody else's address into a form. Eve has.",
        },
    ),
    "row_8": (
        "the identity is new, the provider does not tell whether its address is verified, and a user has it.",
        "create",
        {
            **_PROVES_NOTHING,
            "link": "Not told is not yes. Facebook never tells.",
        },
    ),
    "row_9": (
        "the identity is new, and there is no address.",
        "create",
        {
            "log in": "Whom? Of all users without an address, the first?",
            "link": "Nothing is there by which to find a user. No address is not the same as another person's no "
            "address.",
        },
    ),
}


@exercise("7.1")
@pytest.mark.parametrize("row", DECISIONS)
def test_the_table(folder: Path, row: str) -> None:
    check_decision(folder, row, *DECISIONS[row])


# 7.2 A verified address leads to the same user

LINK = "verified_address says whether there is an address that counts, and current_or_linked finds the user who has it."
NOT_NOTED = (
    "nobody has a verified_email yet, so nobody is found by it. verified_address says which address counts, and "
    "keep_verified writes it into the user's row."
)
KEEP = (
    "keep_verified: a user's address can be verified later than at the first login, and then it stands in "
    "users.verified_email from then on."
)
OVERWRITTEN = (
    "keep_verified: it writes an address only where the user has no verified_email yet, and where the address is "
    "comparable(user.email)."
)
TAKEN = "keep_verified: user_with(address) says whether another user has that verified_email. Then nothing is written."
STAYS = (
    "keep_verified: neither what a provider does not tell nor what it tells of another address takes a verified "
    "address away again."
)
CURRENT = "current_or_linked: first the user who is logged in. Look for an email address only if no user is logged in."


@exercise("7.2")
@pytest.mark.parametrize(("first", "second"), [("google", "github"), ("github", "google")])
def test_one_verified_address_is_one_user(site: Site, first: str, second: str) -> None:
    for who in ("ada", "dara"):
        one, other = comes_in(site, who, first, LINK), comes_in(site, who, second, LINK)
        should = (
            f"{site.providers.people[who].name} signs in with {LABELS[first]}, and in another browser with "
            f"{LABELS[second]}. Both have verified the same address, so it is the same user."
        )
        noted = site.database.rows("SELECT id FROM users WHERE verified_email IS NOT NULL")
        same_user(site, [one, other], should, LINK if noted else NOT_NOTED)
        ways = "SELECT provider FROM identities WHERE subject IN (:one, :other)"
        subjects = [site.providers.people[who].subject(provider) for provider in (first, second)]
        if len(site.database.rows(ways, one=subjects[0], other=subjects[1])) != 2:
            raise Missed(
                should=f"{should} That user then has two ways in: two rows in identities.",
                did=f"{users_in_words(site)}.",
                look="user_of: a login that is linked is written down as an identity, too. Else it depends on the "
                "address each time.",
            )


@exercise("7.2")
def test_an_address_that_is_verified_later(site: Site) -> None:
    tells(site, "bo", "github", "bo@example.net", verified=False)
    tells(site, "bo", "google", "bo@example.net")
    one = comes_in(site, "bo", "github", LINK)
    tells(site, "bo", "github", "bo@example.net", verified=True)
    comes_in(site, "bo", "github", LINK)
    other = comes_in(site, "bo", "google", LINK)
    should = (
        "Bo comes by GitHub before he has confirmed his address there, and again afterwards. From then on his address "
        "is verified: when he comes by Google with the same one, verified too, he is the same user."
    )
    same_user(site, [one, other], should, KEEP)


@exercise("7.2")
def test_a_verified_address_stays_verified(site: Site) -> None:
    one = comes_in(site, "ada", "google", LINK)
    tells(site, "ada", "facebook", ADDRESS)
    comes_in(site, "ada", "facebook", LINK, browser=one)
    comes_in(site, "ada", "facebook", LINK)
    other = comes_in(site, "ada", "github", LINK)
    should = (
        "Google has verified Ada's address. Signed in, she adds her way in by Facebook, and later comes by that. "
        "Facebook tells nothing of the address, so it stays verified: when she comes by GitHub, she is the same user."
    )
    same_user(site, [one, other], should, STAYS)


# What another way in of a user's may tell, where Google has verified the user's address.
TELLS_ELSE = {
    "twitter": "no email address",
    "facebook": "another email address, and not whether it is verified",
    "github": "another email address, and that it is not verified",
}


@exercise("7.2")
@pytest.mark.parametrize("provider", TELLS_ELSE)
def test_what_another_way_in_tells_takes_nothing_away(site: Site, provider: str) -> None:
    """Chén Jìng has no email address at Twitter. Dara's account at Google is a second one of Chén Jìng's here."""
    own = "chen@example.org"
    tells(site, "chen", "google", own)
    if provider != "twitter":
        tells(site, "chen", provider, "chen-codes@example.com", verified=False)
    one = comes_in(site, "chen", "google", LINK)
    try:
        comes_in(site, "chen", provider, LINK, browser=one)
        comes_in(site, "chen", provider, LINK)
    except Missed:
        if provider == "twitter":
            return  # users without an email address are 7.4's
        raise
    tells(site, "dara", "google", own)
    second = comes_in(site, "dara", "google", LINK)
    should = (
        f"Google has verified {own}. Signed in, Chén Jìng adds {LABELS[provider]}, which tells {TELLS_ELSE[provider]}. "
        f"{own} stays verified: a second account at Google with {own} leads to the same user."
    )
    same_user(site, [one, second], should, STAYS)


@exercise("7.2")
def test_another_verified_address_takes_no_address_away(site: Site) -> None:
    """Bo has one address at Google and another at GitHub, each of them verified. Chen's and Dara's accounts at the
    providers are second ones of Bo's here."""
    own, other = "bo@example.net", "bo-codes@example.com"
    tells(site, "bo", "google", own)
    tells(site, "bo", "github", other)
    one = comes_in(site, "bo", "google", LINK)
    comes_in(site, "bo", "github", LINK, browser=one)
    comes_in(site, "bo", "github", LINK)
    tells(site, "chen", "google", own)
    tells(site, "dara", "github", other)
    story = (
        f"Google has verified {own}, with which Bo came for the first time. Signed in, Bo adds GitHub, which has "
        f"verified {other}."
    )
    second = comes_in(site, "chen", "google", LINK)
    should = f"{story} {own} stays verified: a second account at Google with {own} leads to the same user."
    same_user(site, [one, second], should, OVERWRITTEN)
    third = comes_in(site, "dara", "github", LINK)
    should = f"{story} users.email of Bo is {own}, so nobody is led to Bo by {other}."
    other_users(site, [one, third], should, OVERWRITTEN)


@exercise("7.2")
def test_a_different_verified_address_verifies_nothing(site: Site) -> None:
    """Facebook has not verified Bo's own email address. Each email address from GitHub begins or ends like Bo's own."""
    own = "bo@example.net"
    tells(site, "bo", "facebook", own)
    one = comes_in(site, "bo", "facebook", LINK)
    for number, different in enumerate(("bo@example.network", "not-bo@example.net")):
        site.providers.people.change("bo", github={"id": 9_000_000 + number})
        tells(site, "bo", "github", different)
        comes_in(site, "bo", "github", LINK, browser=one)
        told = site.database.rows("SELECT verified_email FROM users")
        if told != [{"verified_email": None}]:
            raise Missed(
                should=f"Bo logs in with Facebook, which sends {own}. Then Bo adds GitHub, which has verified "
                f"{different}. This is a different email address, so users.verified_email stays NULL.",
                did=f"users.verified_email is {', '.join(repr(row['verified_email']) for row in told)} now.",
                look="keep_verified: it writes only if the verified email address equals comparable(user.email).",
            )


@exercise("7.2")
def test_a_new_identity_goes_to_the_user_who_is_logged_in(site: Site) -> None:
    ada = comes_in(site, "ada", "google", LINK)
    bo = comes_in(site, "bo", "twitter", LINK)
    before = user_in(site, bo)
    tells(site, "bo", "github", ADDRESS)
    comes_in(site, "bo", "github", CURRENT, browser=bo, why=", which has verified Ada's email address")
    if user_in(site, bo) != before or user_in(site, ada) == before:
        raise Missed(
            should="Ada's user has a verified email address. Bo is logged in, and adds GitHub, which has verified the "
            "same email address. The new identity goes to the user who is logged in, and Bo stays logged in.",
            did=f"{users_in_words(site)}. Bo's browser is logged in as user {user_in(site, bo)}.",
            look=CURRENT,
        )


@exercise("7.2")
def test_a_verified_address_stays_with_its_user(site: Site) -> None:
    eve = comes_in(site, "eve", "github", LINK)
    ada = comes_in(site, "ada", "google", LINK)
    if user_in(site, eve) == user_in(site, ada):
        return  # 7.3 says so
    tells(site, "eve", "github", ADDRESS, verified=True)
    comes_in(site, "eve", "github", TAKEN, why=", which calls Ada's address verified by now")
    again = comes_in(site, "ada", "github", LINK)
    should = (
        "Eve comes by GitHub with Ada's address, unverified. Then Ada comes by Google, which has verified the address. "
        "Later GitHub calls the address verified at Eve's login, too. It stays Ada's: when Ada comes by GitHub, she "
        "is the same user as by Google."
    )
    same_user(site, [ada, again], should, TAKEN)
    other_users(site, [eve, ada], should, TAKEN)


@exercise("7.2")
def test_a_users_own_address_stays(site: Site) -> None:
    own = "bo@example.net"
    tells(site, "bo", "google", own)
    one = comes_in(site, "bo", "google", LINK)
    for provider, verified in (("github", True), ("facebook", False)):
        tells(site, "bo", provider, f"bo-{provider}@example.com", verified=verified)
        comes_in(site, "bo", provider, LINK, browser=one)
        rows = site.database.rows("SELECT email, verified_email FROM users")
        if rows != [{"email": own, "verified_email": own}]:
            raise Missed(
                should=f"Bo came by Google, with {own}, and adds {LABELS[provider]}, which tells another address. "
                f"users.email and users.verified_email stay {own}.",
                did=f"the table users has: {'; '.join(str(row) for row in rows)}.",
                look="user_of: what a provider tells at a login goes into the identity. users.email is the address of "
                "the first login, and verified_email never becomes another one.",
            )


# 7.3 What never links

UNVERIFIED = (
    "verified_address: only what a provider calls verified counts, and True is not the same as `not False`."
)
UNTOLD = (
    "verified_address: email_verified is None where the provider does not tell. None is not yes: `is True` asks for "
    "yes."
)
OWN = (
    "current_or_linked: look for the user by users.verified_email, not by users.email: that is what anybody may have "
    "typed in anywhere."
)


def why_linked(site: Site, otherwise: str) -> str:
    """Where to look after an address that does not count has led to a user: at the module of a provider that tells
    nothing, at what counts, or at the column by which the user is looked for. Dara comes for the first time, with an
    address that nobody has verified."""
    told = site.database.rows(
        "SELECT provider FROM identities WHERE provider IN ('twitter', 'facebook') AND email_verified"
    )
    if told:
        name = told[0]["provider"]
        return f"profile in app/providers/{name}.py: {LABELS[name]} does not tell, and email_verified is None then."
    tells(site, "dara", "github", "dara-new@example.com", verified=False)
    tells(site, "dara", "facebook", "dara-new@example.com")
    for provider in ("github", "facebook"):
        comes_in(site, "dara", provider, otherwise)
    counts = "SELECT id FROM users WHERE verified_email = 'dara-new@example.com'"
    return otherwise if site.database.rows(counts) else OWN


@exercise("7.3")
def test_an_unverified_address_leads_to_nobody(site: Site) -> None:
    ada = comes_in(site, "ada", "google", UNVERIFIED)
    for provider in ("github", "google"):
        eve = comes_in(site, "eve", provider, UNVERIFIED)
        should = (
            f"Eve has registered Ada's address at {LABELS[provider]}, which says that it is not verified. She comes "
            "after Ada, and is another user."
        )
        other_users(site, [ada, eve], should, lambda: why_linked(site, UNVERIFIED))


@exercise("7.3")
def test_nobody_is_led_to_an_unverified_address(site: Site) -> None:
    eves = [comes_in(site, "eve", provider, OWN) for provider in ("github", "google")]
    should = (
        "Eve has registered Ada's address at GitHub and at Google, unverified, and is here first. Then Ada comes by "
        "Google, which has verified the address. She is another user, and does not get into Eve's account."
    )
    ada = comes_in(site, "ada", "google", OWN)
    for eve in eves:
        other_users(site, [eve, ada], should, OWN)
    for provider in ("github", "google"):
        again = comes_in(site, "eve", provider, OWN)
        other_users(site, [ada, again], "Eve comes again after that, and is still not Ada.", KNOWN_FIRST)


@exercise("7.3")
def test_an_untold_address_leads_to_nobody(site: Site) -> None:
    ada = comes_in(site, "ada", "google", UNTOLD)
    for provider in ("twitter", "facebook"):
        tells(site, "eve", provider, ADDRESS)
        eve = comes_in(site, "eve", provider, UNTOLD)
        should = (
            f"Eve comes by {LABELS[provider]} with Ada's address, and {LABELS[provider]} does not tell whether it is "
            "verified. She is another user."
        )
        other_users(site, [ada, eve], should, lambda: why_linked(site, UNTOLD))


@exercise("7.3")
def test_nobody_is_led_to_an_untold_address(site: Site) -> None:
    eves = []
    for provider in ("twitter", "facebook"):
        tells(site, "eve", provider, ADDRESS)
        eves.append(comes_in(site, "eve", provider, OWN))
    ada = comes_in(site, "ada", "google", OWN)
    should = (
        "Eve is here first, by Twitter and by Facebook, with Ada's address: nobody has told whether it is verified. "
        "Then Ada comes by Google, which has verified it, and is another user."
    )
    for eve in eves:
        other_users(site, [eve, ada], should, OWN)


@exercise("7.3")
def test_another_verified_address_verifies_nothing(site: Site) -> None:
    tells(site, "eve", "google", "eve@example.net")
    eve = comes_in(site, "eve", "github", OWN)
    comes_in(site, "eve", "google", OWN, browser=eve)
    ada = comes_in(site, "ada", "google", OWN)
    should = (
        "Eve comes by GitHub with Ada's address, unverified. Signed in, she adds her way in by Google, which has "
        "verified an address of her own. Ada's address is not verified by that: when Ada comes by Google, she is "
        "another user."
    )
    look = "keep_verified: what a provider has verified is the address that it tells, and no other one of that user."
    other_users(site, [eve, ada], should, look)


# 7.4 Who it is does not depend on the address

LOGGED_IN = (
    "user_of: only an identity that nobody has goes to the user who is logged in (current_or_linked). An identity that "
    "is known keeps its user."
)


@exercise("7.4")
def test_people_without_an_address_are_people(site: Site) -> None:
    look = "user_of: a user without an address is made all the same. And nobody is looked up by no address."
    why = ", which knows no address of theirs"
    chen = comes_in(site, "chen", "twitter", look, why=why)
    eve = comes_in(site, "eve", "facebook", look, why=why)
    should = "Chén Jìng comes by Twitter and Eve by Facebook, both without an address. They are two users."
    other_users(site, [chen, eve], should, look)
    again = comes_in(site, "chen", "twitter", look, why=why)
    same_user(site, [chen, again], "Chén Jìng comes by Twitter a second time, and is the same user.", look)


@exercise("7.4")
def test_a_changed_address_changes_nothing(site: Site) -> None:
    for who, provider in zip(("ada", "bo", "chen", "dara"), LABELS, strict=True):
        before = comes_in(site, who, provider, KNOWN_FIRST)
        tells(site, who, provider, f"new-{who}@example.com")
        after = comes_in(site, who, provider, KNOWN_FIRST)
        name = site.providers.people[who].name
        should = (
            f"{name} has another address at {LABELS[provider]} than at the first login, and is the same user."
        )
        same_user(site, [before, after], should, KNOWN_FIRST)


@exercise("7.4")
def test_a_known_identity_wins(site: Site) -> None:
    ada = comes_in(site, "ada", "google", KNOWN_FIRST)
    for who, provider in (("bo", "google"), ("dara", "github")):
        name = site.providers.people[who].name
        before = comes_in(site, who, provider, KNOWN_FIRST)
        tells(site, who, provider, ADDRESS)
        after = comes_in(site, who, provider, KNOWN_FIRST)
        should = (
            f"{name} has a user here, by {LABELS[provider]}. Later {LABELS[provider]} calls Ada's address theirs, "
            f"verified. {name} is still the user of before, not Ada."
        )
        other_users(site, [ada, after], should, KNOWN_FIRST)
        same_user(site, [before, after], should, KNOWN_FIRST)


@exercise("7.4")
def test_a_known_identity_wins_over_the_user_who_is_logged_in(site: Site) -> None:
    for who, provider in (("bo", "facebook"), ("dara", "google")):
        name = site.providers.people[who].name
        theirs = comes_in(site, who, provider, LOGGED_IN)
        browser = comes_in(site, "ada", "github", LOGGED_IN)
        comes_in(site, who, provider, LOGGED_IN, browser=browser)
        ada = comes_in(site, "ada", "github", LOGGED_IN)
        should = (
            f"{name} has a user here, by {LABELS[provider]}. Ada is signed in, and in her browser {name} signs in with "
            f"{LABELS[provider]}. Then {name} is signed in as before, and nothing of {name}'s is Ada's."
        )
        same_user(site, [theirs, browser], should, LOGGED_IN)
        other_users(site, [ada, browser], should, LOGGED_IN)


@exercise("7.4")
def test_subjects_are_compared_letter_by_letter(site: Site) -> None:
    subjects = {"ada": "abX1z", "bo": "ABx1Z", "dara": "ab_1%"}
    browsers = []
    for who, subject in subjects.items():
        site.providers.people.change(who, google={"sub": subject})
        browsers.append(comes_in(site, who, "google", KNOWN_FIRST))
    should = (
        f"Google knows Ada as {subjects['ada']!r}, Bo as {subjects['bo']!r} and Dara as {subjects['dara']!r}. A "
        "subject is case-sensitive (OpenID Connect Core section 2), so they are three users."
    )
    look = (
        "user_of: the subject is compared as it is, by filter_by(provider=…, subject=…). lower() and ILIKE take "
        "capital letters for small ones, and LIKE takes _ and % for any letters."
    )
    other_users(site, browsers, should, look)


@exercise("7.4")
def test_one_subject_at_two_providers_is_two_identities(site: Site) -> None:
    """Every provider makes its own subjects. Those of Twitter and GitHub have digits only."""
    site.providers.people.change("bo", github={"id": int(site.providers.people["ada"].subject("twitter"))})
    ada = comes_in(site, "ada", "twitter", KNOWN_FIRST)
    bo = comes_in(site, "bo", "github", KNOWN_FIRST)
    should = (
        f"Twitter knows Ada by the subject {site.providers.people['ada'].subject('twitter')}, and GitHub knows Bo by "
        "the same digits. These are two identities, so Ada and Bo are two users."
    )
    look = (
        "user_of: an identity is a pair, so filter_by(provider=provider, subject=profile.subject) has both."
    )
    other_users(site, [ada, bo], should, look)


# 7.5 Letter case and spaces

COMPARABLE = (
    "comparable: no spaces at either end, and A to Z small. It is asked wherever an address is looked for, kept or "
    "compared with another."
)


# The error of a second equal row. Where a check expects it, the check says best where to look.
REFUSED = "^IntegrityError:"


def comes_in_unless_refused(site: Site, who: str, provider: str, look: str, why: str) -> Browser:
    """A user logs in, in a new browser. If the database has rejected a row, the message says `look` all the same."""
    try:
        return comes_in(site, who, provider, look, why=why)
    except Missed as missed:
        missed.meant = REFUSED
        raise


@exercise("7.5")
def test_one_address_in_two_spellings(site: Site) -> None:
    for who, first, second in (
        ("chen", "chen@example.org", "Chen@Example.org"),
        ("bo", " BO@example.org", "bo@example.org "),
        ("dara", "Åsa.Haddad@Example.org", "ÅSA.HADDAD@EXAMPLE.ORG"),
    ):
        tells(site, who, "google", first)
        tells(site, who, "github", second)
        one, other = comes_in(site, who, "google", COMPARABLE), comes_in(site, who, "github", COMPARABLE)
        should = (
            f"Google has verified {first!r}, and GitHub {second!r}. Neither the case of letters nor spaces around it "
            f"make two addresses of one (A to Z), so {site.providers.people[who].name} is one user."
        )
        same_user(site, [one, other], should, COMPARABLE)
    kept = [row["verified_email"] for row in site.database.rows("SELECT verified_email FROM users")]
    if any(isinstance(value, bytes) for value in kept):
        raise Missed(
            should="users.verified_email holds the email address as a string.",
            did=f"it holds {', '.join(repr(value) for value in kept)}.",
            look="comparable: bytes have no place in a column of strings, so decode() comes at the end.",
        )


@exercise("7.5")
def test_a_users_own_address_is_verified_later_in_two_spellings(site: Site) -> None:
    """The provider sends the email address in capital letters, and has verified it only at the second login."""
    tells(site, "chen", "github", " Chen@Example.org", verified=False)
    one = comes_in(site, "chen", "github", COMPARABLE)
    tells(site, "chen", "github", " Chen@Example.org")
    comes_in(site, "chen", "github", COMPARABLE)
    tells(site, "chen", "google", "chen@example.org")
    other = comes_in(site, "chen", "google", COMPARABLE)
    should = (
        "GitHub sends ' Chen@Example.org' at Chén Jìng's first login, not verified, and at the second login verified. "
        "From then on 'chen@example.org' is verified, so a login with Google leads to the same user."
    )
    look = (
        "keep_verified: users.email is as the provider sent it. Compare address with comparable(user.email)."
    )
    same_user(site, [one, other], should, look)


@exercise("7.5")
def test_a_verified_address_stays_with_its_user_in_two_spellings(site: Site) -> None:
    look = f"keep_verified: look for another user by user_with(address). {COMPARABLE}"
    tells(site, "eve", "github", "ADA@example.org", verified=False)
    eve = comes_in(site, "eve", "github", look)
    ada = comes_in(site, "ada", "google", look)
    tells(site, "eve", "github", "ADA@example.org")
    why = ". Google has verified 'ada@example.org' for Ada's user, and now GitHub has verified 'ADA@example.org'"
    again = comes_in_unless_refused(site, "eve", "github", look, why)
    should = "'ADA@example.org' at Eve's login and Ada's 'ada@example.org' are equal. It stays Ada's email address."
    other_users(site, [ada, again], should, look)
    same_user(site, [eve, again], should, look)


@exercise("7.5")
def test_no_address_has_no_spelling(site: Site) -> None:
    browser = site.browser()
    tried(site, browser, "twitter", "chen")
    if browser.open("/welcome").path != "/welcome":
        return  # an app that turns away who has no address: 7.4 says so
    why = ", and had no address here until then"
    tells(site, "chen", "google", "chen@example.org")
    look = "comparable: where there is no address, it is None, and that has no methods of a text."
    comes_in(site, "chen", "google", look, why=why, browser=browser)


@exercise("7.5")
def test_a_blank_address_is_none(site: Site) -> None:
    look = "comparable: if nothing is left, give None. An empty string would be a verified email address of a user."
    browsers = []
    for who in ("bo", "dara"):
        tells(site, who, "google", " ")
        why = ", which sends ' ' as a verified email address"
        browsers.append(comes_in_unless_refused(site, who, "google", look, why))
    should = (
        "Google sends ' ' as Bo's and as Dara's email address. Nothing is left of it, so they are two users."
    )
    other_users(site, browsers, should, look)
    (kept, *_) = site.database.rows("SELECT verified_email FROM users ORDER BY id")
    if kept["verified_email"] is not None:
        raise Missed(
            should="Google sends ' ' as Bo's email address, verified. users.verified_email stays NULL.",
            did=f"it is {kept['verified_email']!r}.",
            look=look,
        )


# Addresses that are not 'klaussi@example.org', and why somebody might take them for it.
LOOK_ALIKES = {
    "klau.ssi@example.org": "a dot is a letter like any other",
    "klaussi+news@example.org": "a plus is a letter like any other",
    "Ada <klaussi@example.org>": "parseaddr() reads what is between < and >, as in the header of a mail",
    "klaussi@example.org (Ada)": "parseaddr() leaves out what is between ( and ), as in the header of a mail",
    "klaussi@example.net": "the domain is another one",
    "klau ssi@example.org": "a space inside is part of the address",
    "kla_ssi@example.org": "LIKE and ILIKE take _ for any letter",
    "k%@example.org": "LIKE and ILIKE take % for any text",
    "\u212alaussi@example.org": "KELVIN SIGN (U+212A) is no K, though .lower() and NFKC make an ordinary letter of it",
    "klaußi@example.org": "ß is not ss, though .casefold() and .upper() say so",
    "\uff4blaussi@example.org": "FULLWIDTH LATIN SMALL LETTER K (U+FF4B) is no k, though NFKC makes a k of it",
    "\xa0klaussi@example.org": "NO-BREAK SPACE (U+00A0) is no space of ASCII's, though .strip() takes it off a text",
}


@exercise("7.5")
def test_no_more_than_that_is_made_equal(site: Site) -> None:
    tells(site, "bo", "google", "klaussi@example.org")
    one = comes_in(site, "bo", "google", COMPARABLE)
    for look_alike, why in LOOK_ALIKES.items():
        tells(site, "ada", "github", look_alike)
        other = comes_in(site, "ada", "github", COMPARABLE)
        should = (
            f"Bo has the address 'klaussi@example.org', and Ada {look_alike!a}. These are two addresses, and two "
            "people: what stands before the @ means something only to the server that takes the mail (RFC 5321 section "
            "2.3.11)."
        )
        look = (
            "comparable, and user_with: only the case of A to Z, and spaces around the address, are made equal, and "
            f"{why}."
        )
        other_users(site, [one, other], should, look)
        mine = site.database.rows(
            "SELECT user_id FROM identities WHERE subject = :subject",
            subject=site.providers.people["ada"].subject("github"),
        )
        for row in mine:  # so that the next address is a new user's again
            site.database.change("DELETE FROM users WHERE id = :id", id=row["user_id"])


@exercise("7.5")
def test_addresses_are_shown_as_they_were_told(site: Site) -> None:
    tells(site, "chen", "github", "Chen@Example.org")
    page = comes_in(site, "chen", "github", COMPARABLE).open("/welcome")
    if "Chen@Example.org" not in page.words:
        raise Missed(
            should="the address that a person sees, and that mail is sent to, is the one that the provider told: "
            "Chen@Example.org.",
            did=f"/welcome says: {page.words}",
            look="users.email keeps what was told. Only users.verified_email has the form for comparing.",
        )


# 7.6, 7.7 At the same moment

AGAIN = (
    "find_or_create: the database refuses the second of two equal rows with an IntegrityError. Then roll back, and "
    "look again: now there is something to find."
)


NOT_WRITTEN = (
    "find_or_create: everything before db.session.rollback() is undone. So after the rollback, call user_of again, and "
    "then db.session.commit(). Without this commit, no row of identities is written."
)


def race(
    open_site: SITE,
    who: str,
    providers: Sequence[str],
    should: str,
    look: str,
    *,
    known: str | None = None,
    first_alone: bool = False,
    other_words: bool = False,
) -> None:
    """Somebody comes by each of these providers at once, each time to another worker of the app, and is one user with
    one identity for each provider. Where `known`, they have come by that one before. With `other_words` SQLite refuses
    a second row in PostgreSQL's words."""
    site = open_site(workers=len(providers), watch_writes=True)
    if other_words:
        refuse_as_postgresql(site)
    if known:
        comes_in(site, who, known, look)
    browsers = [site.browser(worker) for worker in range(len(providers))]
    visits = [
        (browser, callback_for(site, browser, provider, who))
        for browser, provider in zip(browsers, providers, strict=True)
    ]
    pages = at_once(site, visits, first_alone=first_alone)
    try:
        for browser, page in zip(browsers, pages, strict=True):
            is_in(browser, page, should, look)
    except Missed as missed:
        raise with_app_error(missed, site, meant=REFUSED) from None
    same_user(site, browsers, should, look)
    wanted = {provider for provider in (known, *providers) if provider}
    rows = site.database.rows("SELECT id FROM identities")
    one = len(site.database.rows("SELECT id FROM users")) == 1
    if not one or len(rows) != len(wanted):
        missing = one and len(rows) < len(wanted)
        raise Missed(should=should, did=f"{users_in_words(site)}.", look=NOT_WRITTEN if missing else look)


def refuse_as_postgresql(site: Site) -> None:
    """From now on SQLite says of a second equal row what PostgreSQL says."""
    for table, rule, columns in (
        ("identities", "uq_identities_provider_subject", ("provider", "subject")),
        ("users", "ix_users_verified_email", ("verified_email",)),
    ):
        equal = " AND ".join(f"{column} = NEW.{column}" for column in columns)
        site.database.change(
            f"CREATE TRIGGER {rule}_in_other_words BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {equal}) BEGIN SELECT RAISE(ABORT, "
            f"'duplicate key value violates unique constraint \"{rule}\"'); END"
        )


# What an app looks for that goes by the words of one database.
WORDS_OF_SQLITE = re.compile(
    r"unique constraint failed|constraint failed|sqlite_error|sqlite_constraint", re.I
)


@exercise("7.6")
def test_a_refusal_in_the_words_of_another_database(
    open_site: SITE, folder: Path, database: Database
) -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in sorted((folder / "app").rglob("*.py")))
    if database.server is not None or not WORDS_OF_SQLITE.search(code):
        return  # an IntegrityError by itself is the same with every database
    should = (
        "Dara's first login with GitHub comes twice at the same moment, and the database refuses the second as "
        "PostgreSQL does: duplicate key value violates unique constraint. Both get in."
    )
    look = (
        "find_or_create: catch IntegrityError, and ask nothing of its text: each database has words of its own. "
        "PostgreSQL does not say UNIQUE constraint failed."
    )
    race(open_site, "dara", ["github", "github"], should, look, other_words=True)


@exercise("7.6")
@pytest.mark.parametrize("provider", ["twitter", "github"])
def test_two_first_logins_at_once(open_site: SITE, provider: str) -> None:
    should = (
        f"Dara's first login with {LABELS[provider]} comes twice at the same moment, as by a double click. Both get "
        "in, and Dara is one user with one way in."
    )
    race(open_site, "dara", [provider, provider], should, AGAIN)


# The errors of login_user(None), of a function that calls itself without an end, and of a name that has no value yet.
WITHOUT_A_USER = re.compile(
    r"'NoneType' object has no attribute '(is_active|get_id|id)'|^RecursionError|^UnboundLocalError"
)


@exercise("7.6")
def test_an_error_that_stays_is_raised(site: Site) -> None:
    """An IntegrityError of a different cause comes each time."""
    if site.database.server is not None:
        return  # the trigger is SQLite's, and the code is the same with every database
    site.database.change(
        "CREATE TRIGGER never BEFORE INSERT ON identities BEGIN SELECT RAISE(ABORT, 'a rule of the database'); END"
    )
    should = (
        "The database rejects the new row of identities each time. Then the login ends with this IntegrityError, "
        "after a fixed number of attempts."
    )
    look = "find_or_create: a loop with a fixed number of attempts. At the last attempt, raise the IntegrityError."
    try:
        page = tried(site, site.browser(), "github", "dara")
    except NoAnswer as error:
        raise Missed(should=should, did=f"{error}.", look=look, whole=True) from None
    raised = site.last_error() if page.status == 500 else None
    if raised is not None and WITHOUT_A_USER.search(raised.error):
        did = f"{page.path} returned status 500. It raised {raised.error}."
        raise Missed(should=should, did=did, look=look, whole=True)


# What stands in for attempts: a statement that locks, or that takes an equal row without an error.
NEEDS_NO_ATTEMPTS = re.compile(
    r"begin immediate|lock table|on_conflict|on conflict|or ignore|for_update", re.I
)


def is_rejected(site: Site, times: int, worker: int) -> Page | None:
    """The database rejects so many new identities on a connection, each after the row of its user. Dara logs in for the
    first time, in a process that has written nothing yet. The page where that ends if Dara is not logged in then."""
    # total_changes() counts what a connection has changed, also what it has undone since.
    site.database.change(
        f"CREATE TRIGGER at_first BEFORE INSERT ON identities WHEN total_changes() BETWEEN 1 AND {times} "
        "BEGIN SELECT RAISE(ABORT, 'a rule of the database'); END"
    )
    browser = site.browser(worker)
    page = browser.open(callback_for(site, browser, "github", "dara"))
    logged_in = page.status < 400 and browser.open("/welcome").path == "/welcome"
    site.database.change("DROP TRIGGER at_first")
    site.database.change("DELETE FROM identities")
    site.database.change("DELETE FROM users")
    return None if logged_in else page


@exercise("7.6")
def test_another_request_may_be_faster_twice(open_site: SITE, folder: Path, database: Database) -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in sorted((folder / "app").rglob("*.py")))
    if database.server is not None or NEEDS_NO_ATTEMPTS.search(code):
        return
    site = open_site(workers=2)
    if is_rejected(site, 1, 0):
        return  # it makes no second attempt, or finds its user in a different way
    page = is_rejected(site, 2, 1)
    if page is not None:
        raise Missed(
            should="Other requests can be faster twice, once with the email address and once with the identity. So at "
            "Dara's first login the database rejects the new rows twice. The third attempt logs Dara in.",
            did=f"after two attempts the login ended at {page.path} with status {page.status}.",
            look="find_or_create: make LOOKS attempts. LOOKS is 3, in app/people.py.",
            whole=True,
        )


@exercise("7.7")
@pytest.mark.parametrize(("first", "second"), [("google", "github"), ("github", "google")])
def test_two_providers_at_once(open_site: SITE, first: str, second: str) -> None:
    should = (
        f"Dara comes for the first time by {LABELS[first]} and by {LABELS[second]}, at the same moment. Both have "
        "verified the same address: both get in, and Dara is one user with two ways in."
    )
    look = (
        "two users cannot have one verified_email: the database refuses that, if it is in the row from the first write "
        "on. A look in between is too early or too late. And after the refusal look for everything again, the address "
        "as well."
    )
    race(open_site, "dara", [first, second], should, look, first_alone=True)


@exercise("7.7")
def test_a_known_person_twice_by_a_new_way(open_site: SITE) -> None:
    should = (
        "Ada is known by Google. Her first login with GitHub comes twice at the same moment: both get in, and she is "
        "one user with two ways in."
    )
    race(open_site, "ada", ["github", "github"], should, AGAIN, known="google")


# 7.8, 7.9 Questions


@exercise("7.8")
def test_associate_by_email(folder: Path) -> None:
    check_answer(
        folder,
        "associate_by_email",
        "c",
        {
            "a": "Its code asks nothing of the kind: it takes the address from the provider's answer, and looks for a "
            "user who has it.",
            "b": "Nobody is asked. The function gives the user back, and the pipeline logs that user in.",
            "d": "That is how it is by default. Here somebody has put the function into the pipeline.",
        },
    )


@exercise("7.9")
def test_what_google_vouches_for(folder: Path) -> None:
    check_answer(
        folder,
        "what_google_vouches_for",
        "b",
        {
            "a": "Google does not run that mail server. Whoever does can give the address to somebody else tomorrow, "
            "and Google does not hear of it.",
            "c": "Google has made sure of the address once, which is more than nothing.",
            "d": "The subject says who it is at Google, and goes on doing so. It says nothing about an address.",
        },
    )


# 7.10 What the steps before this one taught

KEPT = since_one_route()


@exercise("7.10")
@pytest.mark.parametrize("check", KEPT.values(), ids=KEPT)
def test_what_the_steps_before_taught(site: Site, check: Callable[[Site], None]) -> None:
    check(site)
