"""Step 07: linking by verified email. Which user a login leads to, and never leads to, also with two at once."""

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
    "user_of: look for (provider, subject) before anything else. If the identity is there, log its user in."
)


def tells(site: Site, who: str, provider: str, address: str, *, verified: bool = True) -> None:
    """From now on a provider sends this email address. Twitter and Facebook do not say whether it is verified."""
    changed: dict[str, object] = {"email": address}
    if provider == "google":
        changed["email_verified"] = verified
    if provider == "github":
        changed = {"emails": (GitHubEmail(address, primary=True, verified=verified, visibility="private"),)}
    site.providers.people.change(who, **{provider: changed})


def same_user(site: Site, browsers: Sequence[Browser], should: str, look: str) -> None:
    """Missed unless the same user is logged in in these browsers."""
    if len({user_in(site, browser) for browser in browsers}) != 1:
        raise Missed(should=should, did=f"{users_in_words(site)}.", look=look)


def other_users(site: Site, browsers: Sequence[Browser], should: str, look: str | Callable[[], str]) -> None:
    """Missed if one user is logged in in two of these browsers. `look` may be a function that finds out more."""
    if len({user_in(site, browser) for browser in browsers}) != len(browsers):
        did = f"{users_in_words(site)}."
        raise Missed(should=should, did=did, look=look if isinstance(look, str) else look())


# 7.1 The decision table

_KNOWN = {
    "link": "This identity has a user already. The table identities says which one.",
    "create": "This person has logged in with this identity before. A new user would have none of their data.",
}
_PROVES_NOTHING = {
    "log in": "No user has this identity yet. Only the email address would lead to the existing user.",
}
DECISIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    "row_1": ("the identity is known, and the email address is still its user's.", "log in", _KNOWN),
    "row_2": (
        "the identity is known, and its verified email address is now the verified one of another user.",
        "log in",
        {
            "link": "This identity has a user already. Your app would take the identity away from its own user, "
            "because of an email address.",
            "create": _KNOWN["create"],
        },
    ),
    "row_3": ("the identity is known, and this time the provider sends no email address.", "log in", _KNOWN),
    "row_4": (
        "the identity is new, its email address is verified, and it is the verified one of a user.",
        "link",
        {
            "log in": "Then your app writes no identity, and the next login depends on the email address again. After "
            "a change of the email address, the user would not find their account any more.",
            "create": "Two providers have both verified that the email address is this person's. A new user would "
            "make two users of one person.",
        },
    ),
    "row_5": (
        "the identity is new, its email address is verified, and a user has the same email address, not verified.",
        "create",
        {
            **_PROVES_NOTHING,
            "link": "An attacker can register your email address at a provider, and log in here first. Then you would "
            "get into the attacker's account (pre-hijacking).",
        },
    ),
    "row_6": (
        "the identity is new, its email address is verified, and no user has it.",
        "create",
        {"log in": "There is no user to log in yet.", "link": "There is no user to link the identity to."},
    ),
    "row_7": (
        "the identity is new, the provider says that its email address is not verified, and a user has it.",
        "create",
        {
            **_PROVES_NOTHING,
            "link": "Anybody can type another user's email address into a form. Eve has done so.",
        },
    ),
    "row_8": (
        "the identity is new, the provider does not say whether its email address is verified, and a user has it.",
        "create",
        {
            **_PROVES_NOTHING,
            "link": "None is not True. Facebook never says whether an email address is verified.",
        },
    ),
    "row_9": (
        "the identity is new, and there is no email address.",
        "create",
        {
            "log in": "As which user? The first of all users without an email address?",
            "link": "Without an email address your app cannot find a user. Two users without an email address are not "
            "the same user.",
        },
    ),
}


@exercise("7.1")
@pytest.mark.parametrize("row", DECISIONS)
def test_the_table(folder: Path, row: str) -> None:
    check_decision(folder, row, *DECISIONS[row])


# 7.2 A verified email address leads to the same user

LINK = "verified_address gives the email address that counts, or None, and current_or_linked finds its user."
NOT_NOTED = (
    "no user has a verified_email yet, so your app finds no user by it. verified_address gives the email address that "
    "counts, and keep_verified writes it into the user's row."
)
KEEP = (
    "keep_verified: a user's email address may be verified at a later login than the first. From then on it is in "
    "users.verified_email."
)
OVERWRITTEN = (
    "keep_verified: write an email address only if the user has no verified_email yet, and only if it equals "
    "comparable(user.email)."
)
TAKEN = (
    "keep_verified: user_with(address) says whether another user has that verified_email. Then write nothing."
)
STAYS = (
    "keep_verified: never remove a verified email address, whatever a provider says at a later login, or does not "
    "say."
)
CURRENT = "current_or_linked: first the user who is logged in. Look for an email address only if no user is logged in."


@exercise("7.2")
@pytest.mark.parametrize(("first", "second"), [("google", "github"), ("github", "google")])
def test_one_verified_address_is_one_user(site: Site, first: str, second: str) -> None:
    for who in ("ada", "dara"):
        one, other = comes_in(site, who, first, LINK), comes_in(site, who, second, LINK)
        should = (
            f"{site.providers.people[who].name} logs in with {LABELS[first]}, and in another browser with "
            f"{LABELS[second]}. Both providers have verified the same email address, so this is one user."
        )
        noted = site.database.rows("SELECT id FROM users WHERE verified_email IS NOT NULL")
        same_user(site, [one, other], should, LINK if noted else NOT_NOTED)
        ways = "SELECT provider FROM identities WHERE subject IN (:one, :other)"
        subjects = [site.providers.people[who].subject(provider) for provider in (first, second)]
        if len(site.database.rows(ways, one=subjects[0], other=subjects[1])) != 2:
            raise Missed(
                should=f"{should} This user then has two rows in identities.",
                did=f"{users_in_words(site)}.",
                look="user_of: write the linked identity into the table, too. If not, each login depends on the "
                "email address.",
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
        "Bo logs in with GitHub before he has confirmed his email address there, and again afterwards. From then on it "
        "is verified. A login with Google, which has verified the same email address, leads to the same user."
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
        "Google has verified Ada's email address. Ada is logged in, adds Facebook, and later logs in with Facebook, "
        "which does not say whether it is verified. The email address stays verified, so Ada's login with GitHub leads "
        "to the same user."
    )
    same_user(site, [one, other], should, STAYS)


# The email address that a user's second provider sends, after Google has verified the user's own.
SENDS_ELSE = {
    "twitter": "no email address",
    "facebook": "a different email address, and does not say whether it is verified",
    "github": "a different email address, which is not verified",
}


@exercise("7.2")
@pytest.mark.parametrize("provider", SENDS_ELSE)
def test_what_a_second_identity_says_takes_nothing_away(site: Site, provider: str) -> None:
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
        f"Google has verified {own}. Chén Jìng is logged in, and adds {LABELS[provider]}, which sends "
        f"{SENDS_ELSE[provider]}. {own} stays verified, so a second account at Google with {own} leads to the same "
        "user."
    )
    same_user(site, [one, second], should, STAYS)


@exercise("7.2")
def test_another_verified_address_takes_no_address_away(site: Site) -> None:
    """Bo has one email address at Google and a different one at GitHub, each of them verified. Chen's and Dara's
    accounts at the providers are second accounts of Bo's here."""
    own, other = "bo@example.net", "bo-codes@example.com"
    tells(site, "bo", "google", own)
    tells(site, "bo", "github", other)
    one = comes_in(site, "bo", "google", LINK)
    comes_in(site, "bo", "github", LINK, browser=one)
    comes_in(site, "bo", "github", LINK)
    tells(site, "chen", "google", own)
    tells(site, "dara", "github", other)
    story = (
        f"Bo's first login was with Google, which has verified {own}. Then Bo is logged in, and adds GitHub, which has "
        f"verified {other}."
    )
    second = comes_in(site, "chen", "google", LINK)
    should = f"{story} {own} stays verified, so a second account at Google with {own} leads to the same user."
    same_user(site, [one, second], should, OVERWRITTEN)
    third = comes_in(site, "dara", "github", LINK)
    should = f"{story} users.email of Bo is {own}, so {other} does not lead to Bo."
    other_users(site, [one, third], should, OVERWRITTEN)


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
    comes_in(site, "eve", "github", TAKEN, why=", which now calls Ada's email address verified")
    again = comes_in(site, "ada", "github", LINK)
    should = (
        "Eve logs in with GitHub, which sends Ada's email address, not verified. Then Ada logs in with Google, which "
        "has verified it. At Eve's next login GitHub calls it verified, too. The email address stays Ada's, so her "
        "login with GitHub leads to the same user as with Google."
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
        # Bytes for a string are 7.5's. Tests above and below try whether NULL does harm.
        if rows not in ([{"email": own, "verified_email": kept}] for kept in (own, own.encode(), None)):
            raise Missed(
                should=f"Bo logged in with Google, which sent {own}, and adds {LABELS[provider]}, which sends a "
                f"different email address. users.email and users.verified_email stay {own}.",
                did=f"the rows of users are: {'; '.join(str(row) for row in rows)}.",
                look="user_of: a login writes the provider's email address into the identity. users.email stays the "
                "email address of the first login, and verified_email stays, too.",
            )


@exercise("7.2")
def test_who_has_no_address_of_their_own_has_none_verified(site: Site) -> None:
    tells(site, "bo", "facebook", "bo@example.net")
    tells(site, "bo", "github", "bo-codes@example.com")
    tells(site, "chen", "google", "chen@example.org")
    try:
        bo = comes_in(site, "bo", "facebook", LINK)
        comes_in(site, "bo", "github", LINK, browser=bo)
        if site.database.rows("SELECT id FROM users WHERE verified_email IS NOT NULL"):
            return  # a different email address counts: 7.3 says so
        chen = comes_in(site, "chen", "twitter", LINK)
        comes_in(site, "chen", "google", LINK, browser=chen)
    except Missed:
        return  # users without an email address are 7.4's, and comparable(None) is 7.5's
    noted = site.database.rows("SELECT verified_email FROM users WHERE verified_email IS NOT NULL")
    if noted:
        raise Missed(
            should="Chén Jìng logs in with Twitter, which sends no email address, and adds Google, which has verified "
            "chen@example.org. users.email stays NULL, so chen@example.org is not Chén Jìng's own, and "
            "users.verified_email stays NULL, too.",
            did=f"users.verified_email is {noted[0]['verified_email']!r}.",
            look="keep_verified: write an email address only if it equals comparable(user.email). A user without an "
            "email address has none that a provider can verify.",
        )


# 7.3 What never links

UNVERIFIED = "verified_address: only an email address that the provider calls verified counts. True is not `not False`."
UNTOLD = (
    "verified_address: email_verified is None if the provider does not say. None does not count, so write `is "
    "True`."
)
OWN = (
    "current_or_linked: look for the user by users.verified_email, not by users.email. An attacker can register "
    "another user's email address at a provider."
)


def why_linked(site: Site, otherwise: str) -> str:
    """Where to look after an email address that does not count has led to a user: the module of a provider that does
    not say whether it is verified, verified_address, or the column in which the app looks. To find out, Dara logs in
    for the first time, with an email address that no provider has verified."""
    told = site.database.rows(
        "SELECT provider FROM identities WHERE provider IN ('twitter', 'facebook') AND email_verified"
    )
    if told:
        name = told[0]["provider"]
        return f"profile in app/providers/{name}.py: {LABELS[name]} does not say, so email_verified is None."
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
            f"Eve has registered Ada's email address at {LABELS[provider]}, which says that it is not verified. Eve "
            "logs in after Ada, and is a different user."
        )
        other_users(site, [ada, eve], should, lambda: why_linked(site, UNVERIFIED))


@exercise("7.3")
def test_nobody_is_led_to_an_unverified_address(site: Site) -> None:
    eves = [comes_in(site, "eve", provider, OWN) for provider in ("github", "google")]
    should = (
        "Eve has registered Ada's email address at GitHub and Google, not verified, and logs in first. Then Ada logs "
        "in with Google, which has verified it. Ada is a different user, and does not get into Eve's account."
    )
    ada = comes_in(site, "ada", "google", OWN)
    for eve in eves:
        other_users(site, [eve, ada], should, OWN)
    for provider in ("github", "google"):
        again = comes_in(site, "eve", provider, OWN)
        other_users(site, [ada, again], "Eve logs in again after that, and is still not Ada.", KNOWN_FIRST)


@exercise("7.3")
def test_an_untold_address_leads_to_nobody(site: Site) -> None:
    ada = comes_in(site, "ada", "google", UNTOLD)
    for provider in ("twitter", "facebook"):
        tells(site, "eve", provider, ADDRESS)
        eve = comes_in(site, "eve", provider, UNTOLD)
        should = (
            f"Eve logs in with {LABELS[provider]}, which sends Ada's email address, and does not say whether it is "
            "verified. Eve is a different user."
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
        "Eve logs in first, with Twitter and with Facebook. Both send Ada's email address, and do not say whether it "
        "is verified. Then Ada logs in with Google, which has verified it, and is a different user."
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
        "Eve logs in with GitHub, which sends Ada's email address, not verified. Then she adds Google, which has "
        "verified a different email address. This does not verify Ada's email address, so Ada's login with Google "
        "makes a different user."
    )
    look = (
        "keep_verified: a provider verifies only the email address that it sends, and no other of that user."
    )
    other_users(site, [eve, ada], should, look)


@exercise("7.3")
def test_a_verified_address_that_begins_or_ends_like_the_own_one_verifies_nothing(site: Site) -> None:
    """Facebook has not verified Bo's own email address. Each email address from GitHub begins or ends like Bo's own."""
    own = "bo@example.net"
    tells(site, "bo", "facebook", own)
    one = comes_in(site, "bo", "facebook", LINK)
    for number, different in enumerate(("bo@example.network", "not-bo@example.net")):
        site.providers.people.change("bo", github={"id": 9_000_000 + number})
        tells(site, "bo", "github", different)
        comes_in(site, "bo", "github", LINK, browser=one)
        told = site.database.rows("SELECT email, verified_email FROM users")
        if [row["email"] for row in told] != [own]:
            return  # 7.2 says so
        if told != [{"email": own, "verified_email": None}]:
            raise Missed(
                should=f"Bo logs in with Facebook, which sends {own}. Then Bo adds GitHub, which has verified "
                f"{different}. This is a different email address, so users.verified_email stays NULL.",
                did=f"now users.verified_email is {', '.join(repr(row['verified_email']) for row in told)}.",
                look="keep_verified: write only if the verified email address equals comparable(user.email).",
            )


# 7.4 The identity does not depend on the email address

LOGGED_IN = (
    "user_of: only an identity without a user goes to the user who is logged in (current_or_linked). A known identity "
    "keeps its user."
)


@exercise("7.4")
def test_users_without_an_address_are_users(site: Site) -> None:
    look = "user_of: make a user also without an email address, and do not look for a user by None."
    why = ", which sends no email address"
    chen = comes_in(site, "chen", "twitter", look, why=why)
    eve = comes_in(site, "eve", "facebook", look, why=why)
    should = "Chén Jìng logs in with Twitter and Eve with Facebook, both without an email address. They are two users."
    other_users(site, [chen, eve], should, look)
    again = comes_in(site, "chen", "twitter", look, why=why)
    same_user(
        site, [chen, again], "Chén Jìng logs in with Twitter a second time, and is the same user.", look
    )


@exercise("7.4")
def test_a_changed_address_changes_nothing(site: Site) -> None:
    for who, provider in zip(("ada", "bo", "chen", "dara"), LABELS, strict=True):
        before = comes_in(site, who, provider, KNOWN_FIRST)
        tells(site, who, provider, f"new-{who}@example.com")
        after = comes_in(site, who, provider, KNOWN_FIRST)
        name = site.providers.people[who].name
        should = (
            f"{name}'s email address at {LABELS[provider]} has changed since the first login, and {name} is the same "
            "user."
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
            f"{name} has logged in with {LABELS[provider]}. Later {LABELS[provider]} sends Ada's email address for "
            f"{name}, verified. {name} is still the same user, and not Ada."
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
            f"{name} has logged in with {LABELS[provider]}. Ada is logged in, and in her browser {name} logs in "
            f"with {LABELS[provider]}. Then {name} is logged in as before, and Ada does not get the identity."
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
        f"Google's subjects are {subjects['ada']!r} for Ada, {subjects['bo']!r} for Bo and {subjects['dara']!r} for "
        "Dara. A subject is case-sensitive (OpenID Connect Core section 2), so they are three users."
    )
    look = (
        "user_of: compare the subject as it is, with filter_by(provider=…, subject=…). lower() and ILIKE ignore letter "
        "case, and in LIKE _ and % match any characters."
    )
    other_users(site, browsers, should, look)


@exercise("7.4")
def test_one_subject_at_two_providers_is_two_identities(site: Site) -> None:
    """Every provider makes its own subjects. Those of Twitter and GitHub have digits only."""
    site.providers.people.change("bo", github={"id": int(site.providers.people["ada"].subject("twitter"))})
    ada = comes_in(site, "ada", "twitter", KNOWN_FIRST)
    bo = comes_in(site, "bo", "github", KNOWN_FIRST)
    should = (
        f"Ada's subject at Twitter is {site.providers.people['ada'].subject('twitter')}, and Bo's at GitHub has the "
        "same digits. These are two identities, so Ada and Bo are two users."
    )
    look = (
        "user_of: an identity is a pair, so filter_by(provider=provider, subject=profile.subject) has both."
    )
    other_users(site, [ada, bo], should, look)


# 7.5 Letter case and spaces

COMPARABLE = (
    "comparable: remove spaces at both ends, and make A to Z lower case. Call comparable wherever your app looks for "
    "an email address, keeps it as verified, or compares it."
)


# The error of a second equal row. If a check expects it, the check knows best where to look.
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
            f"Google has verified {first!r}, and GitHub {second!r}. Letter case (A to Z) and spaces at both ends do "
            f"not make a different email address, so {site.providers.people[who].name} is one user."
        )
        same_user(site, [one, other], should, COMPARABLE)
    kept = [row["verified_email"] for row in site.database.rows("SELECT verified_email FROM users")]
    if any(isinstance(value, bytes) for value in kept):
        raise Missed(
            should="users.verified_email holds the email address as a string.",
            did=f"users.verified_email holds {', '.join(repr(value) for value in kept)}.",
            look="comparable: the column holds strings, so decode() comes at the end.",
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
    look = f"in keep_verified, look for another user by user_with(address). {COMPARABLE}"
    tells(site, "eve", "github", "ADA@example.org", verified=False)
    eve = comes_in(site, "eve", "github", look)
    ada = comes_in(site, "ada", "google", look)
    if user_in(site, eve) == user_in(site, ada):
        return  # 7.3 says so
    tells(site, "eve", "github", "ADA@example.org")
    why = ", which now calls 'ADA@example.org' verified. Google has verified 'ada@example.org' for Ada. Eve logs in"
    again = comes_in_unless_refused(site, "eve", "github", look, why)
    should = "'ADA@example.org' at Eve's login and Ada's 'ada@example.org' are one email address, and it stays Ada's."
    other_users(site, [ada, again], should, look)
    same_user(site, [eve, again], should, look)


@exercise("7.5")
def test_no_address_has_no_spelling(site: Site) -> None:
    browser = site.browser()
    tried(site, browser, "twitter", "chen")
    if browser.open("/welcome").path != "/welcome":
        return  # an app that rejects users without an email address: 7.4 says so
    why = " after a login without an email address"
    tells(site, "chen", "google", "chen@example.org")
    look = "comparable: without an email address, the argument is None, which has no methods of a string."
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
            did=f"users.verified_email is {kept['verified_email']!r}.",
            look=look,
        )


# Email addresses that are not 'klaussi@example.org', and why an app might treat them as equal.
LOOK_ALIKES = {
    "klau.ssi@example.org": "a dot is a character like any other",
    "klaussi+news@example.org": "a plus is a character like any other",
    "Ada <klaussi@example.org>": "parseaddr() reads the part between < and >, as in a mail header",
    "klaussi@example.org (Ada)": "parseaddr() leaves out the part between ( and ), as in a mail header",
    "klaussi@example.net": "the domain is different",
    "klau ssi@example.org": "a space inside is part of the email address",
    "kla_ssi@example.org": "in LIKE and ILIKE _ matches any character",
    "k%@example.org": "in LIKE and ILIKE % matches any string",
    "\u212alaussi@example.org": "KELVIN SIGN (U+212A) is not K, but .lower() and NFKC make it an ordinary letter",
    "klaußi@example.org": "ß is not ss, but .casefold() gives ss, and .upper() gives SS",
    "\uff4blaussi@example.org": "FULLWIDTH LATIN SMALL LETTER K (U+FF4B) is not k, but NFKC makes it k",
    "\xa0klaussi@example.org": "NO-BREAK SPACE (U+00A0) is not an ASCII space, but .strip() of a string removes it",
}


@exercise("7.5")
def test_no_more_than_that_is_made_equal(site: Site) -> None:
    tells(site, "bo", "google", "klaussi@example.org")
    one = comes_in(site, "bo", "google", COMPARABLE)
    for look_alike, why in LOOK_ALIKES.items():
        tells(site, "ada", "github", look_alike)
        other = comes_in(site, "ada", "github", COMPARABLE)
        should = (
            f"Bo has the email address 'klaussi@example.org', and Ada {look_alike!a}. These are two email addresses, "
            "and two users. Only the server that receives the mail knows what the part before the @ means (RFC 5321 "
            "section 2.3.11)."
        )
        look = (
            "comparable, and user_with: ignore only the letter case of A to Z, and spaces around the email address. "
            f"Here {why}."
        )
        other_users(site, [one, other], should, look)
        mine = site.database.rows(
            "SELECT user_id FROM identities WHERE subject = :subject",
            subject=site.providers.people["ada"].subject("github"),
        )
        for row in mine:  # so that the next email address makes a new user again
            site.database.change("DELETE FROM users WHERE id = :id", id=row["user_id"])


@exercise("7.5")
def test_addresses_are_shown_as_they_were_told(site: Site) -> None:
    tells(site, "chen", "github", "Chen@Example.org")
    page = comes_in(site, "chen", "github", COMPARABLE).open("/welcome")
    if "Chen@Example.org" not in page.words:
        raise Missed(
            should="/welcome shows the email address that the provider sent, Chen@Example.org. Your app would also "
            "send mail to it.",
            did=f"/welcome says: {page.words}",
            look="users.email holds what the provider sent. Only users.verified_email has the form for comparing.",
        )


# 7.6, 7.7 At the same moment

AGAIN = (
    "find_or_create: the database rejects the second of two equal rows with an IntegrityError. Then roll back, and "
    "look again. Now your app finds the row."
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
    other_words: str | None = None,
) -> None:
    """A user logs in with each of these providers at once, each time at a different worker of the app, and is one user
    with one identity for each provider. With `known`, the user has logged in with that provider before. With
    `other_words` SQLite rejects a second row with this message."""
    site = open_site(workers=len(providers), watch_writes=True)
    if other_words:
        refuse_with(site, other_words)
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


def refuse_with(site: Site, message: str) -> None:
    """From now on SQLite rejects a second equal row with this message."""
    for table, rule, columns in (
        ("identities", "uq_identities_provider_subject", ("provider", "subject")),
        ("users", "ix_users_verified_email", ("verified_email",)),
    ):
        equal = " AND ".join(f"{column} = NEW.{column}" for column in columns)
        site.database.change(
            f"CREATE TRIGGER {rule}_in_other_words BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {equal}) BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


# What an app may have if it reads the error message of one database.
READS_THE_ERROR = re.compile(
    r"constraint failed|sqlite_(error|constraint)|\.orig\b|exc_info|"
    r"(Integrity|DBAPI|Database|Statement|SQLAlchemy)Error.* as ",
    re.I,
)
# The beginning of each database's message about a second equal row.
MESSAGES = {
    "PostgreSQL": "duplicate key value violates unique constraint",
    "MariaDB": "Duplicate entry",
}


@exercise("7.6")
@pytest.mark.parametrize("name", MESSAGES)
def test_a_refusal_in_the_words_of_another_database(
    open_site: SITE, folder: Path, database: Database, name: str
) -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in sorted((folder / "app").rglob("*.py")))
    if database.server is not None or not READS_THE_ERROR.search(code):
        return  # IntegrityError is the same class with every database
    should = (
        "Dara's first login with GitHub happens twice at the same moment, and the database rejects the second row with "
        f"{name}'s message, {MESSAGES[name]}. Both requests log Dara in."
    )
    look = (
        "find_or_create: catch IntegrityError, and do not read its message or its code, because each database has its "
        "own. Only SQLite says UNIQUE constraint failed."
    )
    race(open_site, "dara", ["github", "github"], should, look, other_words=MESSAGES[name])


@exercise("7.6")
@pytest.mark.parametrize("provider", ["twitter", "github"])
def test_two_first_logins_at_once(open_site: SITE, provider: str) -> None:
    should = (
        f"Dara's first login with {LABELS[provider]} happens twice at the same moment, as after a double click. Both "
        "requests log Dara in, and Dara is one user with one identity."
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
        "the database rejects the new row of identities each time. Then the login ends with this IntegrityError, "
        "after a fixed number of attempts."
    )
    look = "find_or_create: make a fixed number of attempts. At the last attempt, raise the IntegrityError."
    try:
        page = tried(site, site.browser(), "github", "dara")
    except NoAnswer as error:
        raise Missed(should=should, did=f"{error}.", look=look, whole=True) from None
    raised = site.last_error() if page.status == 500 else None
    if raised is not None and WITHOUT_A_USER.search(raised.error):
        did = f"{page.path} responded with status 500. It raised {raised.error}."
        raise Missed(should=should, did=did, look=look, whole=True)


# Statements that make attempts unnecessary: they lock, or they accept an equal row without an error.
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
            should="at Dara's first login the database rejects the new rows twice, because other requests were faster, "
            "once with the email address and once with the identity. The third attempt logs Dara in.",
            did=f"after the second rejection the login ended at {page.path} with status {page.status}.",
            look="find_or_create: make LOOKS attempts. LOOKS is 3, in app/people.py.",
            whole=True,
        )


@exercise("7.7")
@pytest.mark.parametrize(("first", "second"), [("google", "github"), ("github", "google")])
def test_two_providers_at_once(open_site: SITE, first: str, second: str) -> None:
    should = (
        f"Dara logs in for the first time with {LABELS[first]} and {LABELS[second]}, at the same moment. Both "
        "providers have verified the same email address. Both requests log Dara in, and Dara is one user with two "
        "identities."
    )
    look = (
        "two users cannot have the same verified_email. The database rejects the second user, if verified_email is in "
        "the row from the first write. A query in between is too early or too late. After the error, look for all "
        "again, also for the email address."
    )
    race(open_site, "dara", [first, second], should, look, first_alone=True)


@exercise("7.7")
def test_a_known_user_twice_with_a_new_provider(open_site: SITE) -> None:
    should = (
        "Ada has an identity at Google. Her first login with GitHub happens twice at the same moment. Both requests "
        "log her in, and she is one user with two identities."
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
            "a": "The function's code does not check that. It takes the email address from the provider's response, "
            "and looks for a user who has it.",
            "b": "The function asks no one. It returns the user, and the pipeline logs that user in.",
            "d": "This is the default. Here the developer has put the function into the pipeline.",
        },
    )


@exercise("7.9")
def test_what_google_vouches_for(folder: Path) -> None:
    check_answer(
        folder,
        "what_google_vouches_for",
        "b",
        {
            "a": "Google does not run that mail server. The firm can give the email address to another person "
            "tomorrow, and Google does not know.",
            "c": "Google has verified the email address once, which is more than nothing.",
            "d": "The subject always identifies the same account at Google. It says nothing about an email address.",
        },
    )


# 7.10 What the steps before this one taught

KEPT = since_one_route()


@exercise("7.10")
@pytest.mark.parametrize("check", KEPT.values(), ids=KEPT)
def test_what_the_steps_before_taught(site: Site, check: Callable[[Site], None]) -> None:
    check(site)
