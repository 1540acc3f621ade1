"""Step 06: any provider. Who logs in with what the provider says, and what the app keeps of the email address."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from workbook.exercises.answers import check_answer
from workbook.exercises.any_provider import (
    NO_HELP,
    NOT_OURS,
    asked_of,
    callback_at,
    callback_for,
    came_to_nothing,
    identities,
    in_words,
    label,
    nobody_is_in,
    reads,
    refused_by,
    signed_in_at,
    start_of,
    tried,
)
from workbook.exercises.causes import with_app_error
from workbook.exercises.facebook_login import changed
from workbook.exercises.identities_table import takes_what_it_is_given
from workbook.exercises.kept import (
    check_a_refusal_harms_nothing,
    check_account_is_its_users,
    check_forged_callbacks,
    check_log_out,
    check_log_out_of_a_stranger,
    check_refusals,
    check_state_after_an_error,
    check_strangers,
    check_used_state,
)
from workbook.exercises.missed import Missed
from workbook.exercises.twitter_login import shortened
from workbook.flow.messages import APP, BROWSER
from workbook.lab.browser import Browser, Page
from workbook.lab.outside import Outside
from workbook.lab.running import AppFailed
from workbook.lab.site import Site
from workbook.providers.github.scopes import READS_EMAILS
from workbook.providers.people import GitHubEmail, person
from workbook.providers.server import ProvidersServer

SITE = Callable[..., Site]

exercise = pytest.mark.exercise
either = pytest.mark.parametrize("name", ["twitter", "facebook"])

CALLBACK_LOOK = "authorized in app/auth.py."
DENIED_LOOK = (
    "authorized: after a denial, Twitter sends denied, and a provider with OAuth 2 sends error=access_denied."
)


def the_identity(site: Site, name: str, look: str) -> dict[str, Any]:
    """The only identity at a provider; Missed if there are more, or none."""
    rows = identities(site, name)
    if len(rows) != 1:
        raise Missed(
            should=f"after one user has logged in with {label(site, name)}, identities has one row for this provider.",
            did=f"the rows with the provider {name!r} are: {in_words(rows)}.",
            look=look,
        )
    return rows[0]


def newest(site: Site, name: str) -> dict[str, Any]:
    """The newest identity at a provider; Missed if there is none."""
    rows = identities(site, name)
    if not rows:
        raise Missed(
            should=f"after a login with {label(site, name)}, identities has a row with the provider {name!r}.",
            did="there is no such row.",
            look="sign_in in app/auth.py is finished in the starter. Did you change it?",
        )
    return rows[-1]


def is_called(site: Site, name: str, wanted: str, look: str) -> None:
    """Missed if the newest user who has an identity at a provider has a different name."""
    found = site.database.rows(
        "SELECT users.name FROM users JOIN identities ON identities.user_id = users.id "
        "WHERE provider = :name ORDER BY identities.id",
        name=name,
    )
    if found and found[-1]["name"] != wanted:
        raise Missed(
            should=f"{label(site, name)} says that the user's name is {wanted}, and your app keeps this name.",
            did=f"the user's name is {found[-1]['name']!r}.",
            look=look,
        )


# 6.1 One login route and one callback for all


@exercise("6.1")
@either
def test_a_login_with_either(site: Site, name: str) -> None:
    for who in ("ada", "bo"):
        a_login(site, name, who)


def a_login(site: Site, name: str, who: str) -> None:
    browser = site.browser()
    page = signed_in_at(site, browser, name, who, look=CALLBACK_LOOK)
    one = person(who)
    if one.name not in page.words or label(site, name) not in page.words:
        raise Missed(
            should=f"/welcome greets {one.name}, and names {label(site, name)}.",
            did=f"/welcome says: {shortened(page.words)}",
            look="authorized in app/auth.py: sign_in(name, profile) gets the name from the URL, and the profile.",
        )
    rows = identities(site, name)
    every = site.database.rows("SELECT * FROM identities")
    if one.subject(name) not in [row["subject"] for row in rows]:
        raise Missed(
            should=f"{one.name}'s identity has the provider {name} and the subject {one.subject(name)}.",
            did=f"identities has no such row. The rows are: {in_words(rows or every)}.",
            look="authorized in app/auth.py: sign_in(name, profile) gets the name from the URL, and what "
            "provider.profile(…) gives, as it is.",
        )


@exercise("6.1")
def test_a_site_that_there_is_not(site: Site) -> None:
    name = secrets.token_hex(4)
    for path in (f"/login/{name}", f"/auth/{name}/callback?code=made-up&state=made-up"):
        page = site.browser().open(path)
        if page.status != 404:
            raise Missed(
                should=f"{path} names a provider that your app does not know. Then your app responds with status 404.",
                did=f"this URL led to {page.path} with status {page.status}: {shortened(page.words)}",
                look="providers.find(name) gives None then, and abort(404) ends the request.",
            )


@exercise("6.1")
def test_the_state_is_looked_at(site: Site) -> None:
    if not asked_of(site, site.browser(), "facebook").get("state"):
        raise Missed(
            should="a login with OAuth 2 sends a state (RFC 6749 section 10.12).",
            did="/login/facebook sent the browser to Facebook without a state.",
            look="login in app/auth.py: begin(name) makes a state, and remote.authorize(…) sends it.",
        )
    look = (
        'authorized in app/auth.py: finish(name, request.args.get("state", "")) looks for the state that login has '
        "made. If finish gives None, the callback logs no user in."
    )
    check_forged_callbacks(site, "facebook", look)


@exercise("6.1")
def test_a_state_that_was_used(site: Site) -> None:
    look = (
        "authorized: finish(name, state) takes the login out of the session. So call finish once, and first."
    )
    check_used_state(site, "facebook", look)
    check_state_after_an_error(site, "facebook", look)


@exercise("6.1")
def test_a_refusal_ends_nothing_else(site: Site) -> None:
    look = DENIED_LOOK
    check_a_refusal_harms_nothing(site, "twitter", "facebook", look)


@exercise("6.1")
def test_a_state_is_good_for_one_callback(site: Site) -> None:
    browser = site.browser()
    callback = callback_for(site, browser, "facebook")
    browser.open(callback)
    page = browser.open(callback)
    look = "authorized: if finish(name, state) gives None, return sorry(NOT_OURS)."
    reads(site, page, NOT_OURS, what="the browser opens the URL of the callback a second time", look=look)


@exercise("6.1")
def test_two_tabs(site: Site) -> None:
    browser = site.browser()
    callbacks = [callback_for(site, browser, "facebook") for _ in range(2)]
    for place, callback in zip(("first", "second"), callbacks, strict=True):
        page = browser.open(callback)
        if page.path != "/welcome" or page.status != 200:
            raise Missed(
                should="the user begins a login in one tab, and another login in a second tab. Both logins end well.",
                did=f"the {place} callback ended at {page.path} with status {page.status}: "
                f"{shortened(page.words)} {refused_by(site, 'facebook')}".strip(),
                look="authorized: swapped(remote) exchanges the code of each tab. remote.authorized_response() forgets "
                "the redirect URI after the first callback.",
            )


@exercise("6.1")
@either
def test_a_person_who_says_no(site: Site, name: str) -> None:
    look = DENIED_LOOK
    check_refusals(site, (name,), look)


@exercise("6.1")
@pytest.mark.parametrize("error", ["error=server_error", "error_code=1349126&error_message=App+not+set+up"])
def test_an_error_that_is_no_refusal(site: Site, error: str) -> None:
    browser = site.browser()
    state = asked_of(site, browser, "facebook").get("state", "")
    page = browser.open(f"{callback_at('facebook')}?{error}&state={state}")
    what = f"Facebook sends the browser back with {error}"
    look = (
        "authorized: only error=access_denied means that the user denied access (RFC 6749 section 4.1.2.1). For any "
        "other error there is no code, so swapped(remote) raises an exception."
    )
    nobody_is_in(browser, what=what, look=look)
    reads(site, page, NO_HELP.format("Facebook"), what=what, look=look)


TROUBLE = (
    ("twitter", "access_token", "error"),
    ("twitter", "verify_credentials", "error"),
    ("twitter", "verify_credentials", "broken_json"),
    ("facebook", "access_token", "down"),
    ("facebook", "access_token", "expired_code"),
    ("facebook", "me", "error"),
    ("facebook", "me", "cut"),
)


@exercise("6.1")
@either
def test_a_site_that_does_not_help(site: Site, name: str) -> None:
    for where, endpoint, kind in TROUBLE:
        if where == name:
            before, since = len(site.app.log()), len(site.messages())
            no_help_from(site, name, endpoint, kind)
            if len(site.app.log()) == before:
                raise Missed(
                    should=f"{label(site, name)} has a fault at {endpoint} ({kind}). Your app writes the error into "
                    "its log, so that you can find out why no user can log in.",
                    did="your app wrote nothing into its log.",
                    look="authorized in app/auth.py: except … as error, and current_app.logger.warning(…, error).",
                )
            given = getattr(site.providers, name).access_tokens
            if any(token in site.app.log()[before:] for token in given):
                raise Missed(
                    should="your app's log has the error, and holds no access token. Everybody who can read the log "
                    "could use this access token.",
                    did=f"{label(site, name)} had a fault at {endpoint} ({kind}), and your app wrote the user's "
                    "access token into its log.",
                    look="authorized in app/auth.py: current_app.logger.warning(…) gets the provider's label and the "
                    "error, and not the response with the access token.",
                )
            if response_in(site, site.app.log()[before:], since):
                raise Missed(
                    should="your app's log has the error, and holds no response. A response can contain an access "
                    "token, or data about the user.",
                    did=f"{label(site, name)} had a fault at {endpoint} ({kind}), and your app wrote the response into "
                    "its log.",
                    look="authorized in app/auth.py: log the exception itself, as with %r, and nothing else of it. An "
                    "OAuthException has the whole response in its data, and a JSONDecodeError in its doc.",
                )


def response_in(site: Site, log: str, since: int) -> bool:
    """Whether the app's log holds a response that a provider sent to the app after `since` messages, as JSON, as a
    dictionary or as it came. All have the same letters and digits, in the same order. A part of a response does not
    count, because the exceptions of some libraries, such as Authlib, name the error that a provider sent."""

    def letters(text: str) -> str:
        return "".join(filter(str.isalnum, text))

    written = letters(log)
    sent = (m for m in site.messages()[since:] if m.receiver == APP and not m.is_request)
    return any(len(body := letters(m.body)) >= 30 and body in written for m in sent if m.sender != BROWSER)


def no_help_from(site: Site, name: str, endpoint: str, kind: str) -> None:
    """A provider fails at one endpoint, after the user has come back from it."""
    browser = site.browser()
    callback = callback_for(site, browser, name)
    site.providers.faults.set(name, endpoint, kind)
    page = browser.open(callback)
    site.providers.faults.clear()
    what = f"{label(site, name)} has a fault at {endpoint} ({kind})"
    look = "authorized: provider.profile(…) and swapped(…) raise exceptions. Which exceptions do you catch?"
    nobody_is_in(browser, what=what, look=look)
    reads(site, page, NO_HELP.format(label(site, name)), what=what, look=look)


@exercise("6.1")
@either
def test_next_is_where_the_login_ends(site: Site, name: str) -> None:
    wanted = f"/account?word={secrets.token_hex(4)}"
    start = f"{start_of(name)}?next={wanted.replace('?', '%3F')}"
    page = tried(site, site.browser(), name, start=start)
    ended = page.path + (f"?{page.query}" if page.query else "")
    if ended != wanted or page.status != 200:
        raise Missed(
            should=f"a login that begins at {start_of(name)}?next={wanted} ends at {wanted}.",
            did=f"the login ended at {ended} with status {page.status}.",
            look='login in app/auth.py: session["next"] = request.args.get("next"). sign_in reads session["next"].',
        )


@exercise("6.1")
def test_who_is_logged_in_gets_one_more_way_in(site: Site) -> None:
    browser = site.browser()
    signed_in_at(site, browser, "twitter", look=CALLBACK_LOOK)
    tried(site, browser, "facebook")
    users = {row["user_id"] for name in ("twitter", "facebook") for row in identities(site, name)}
    if len(users) != 1:
        raise Missed(
            should="Ada is logged in with Twitter, and then logs in with Facebook. Then one user has two identities.",
            did=f"these identities belong to {len(users)} users: "
            f"{in_words(identities(site, 'twitter') + identities(site, 'facebook'))}.",
            look="sign_in in app/auth.py is finished in the starter. Did you change it?",
        )


BLAMED_LOOK = (
    "authorized in app/auth.py: which exceptions does your except clause catch? Catch only those in the chapter's "
    "table, and call sign_in after the try."
)


@exercise("6.1")
def test_the_apps_own_database_is_no_fault_of_the_provider(site: Site) -> None:
    browser = site.browser()
    callback = callback_for(site, browser, "twitter")
    site.database.change("ALTER TABLE identities RENAME TO identities_away")
    try:
        page = browser.open(callback)
    finally:
        site.database.change("ALTER TABLE identities_away RENAME TO identities")
    if NO_HELP.format("Twitter") in page.words:
        raise Missed(
            should="sign_in fails, because your app's database has no table identities. Then your app responds with an "
            "error, such as status 500, and does not say that Twitter failed.",
            did=f"{page.path} says: {NO_HELP.format('Twitter')} But Twitter had responded without an error.",
            look=BLAMED_LOOK,
        )


# 6.2 What a provider says about the email address

KEEP_LOOK = (
    "sign_in in app/auth.py: the identity gets email and email_verified from profile. None stays None."
)
# The documentation of the providers that do not say whether an email address is verified, in words.
SILENT = {
    "twitter": "Twitter gives an email address only if it is verified, but sends no field that says so (X's "
    "documentation of account/verify_credentials)",
    "facebook": "Facebook's Graph API has no field that says whether an email address is verified",
}


@exercise("6.2")
def test_the_address_is_kept_with_the_identity(site: Site) -> None:
    for name in ("twitter", "facebook"):
        signed_in_at(site, site.browser(), name, look=CALLBACK_LOOK)
        row = the_identity(site, name, KEEP_LOOK)
        email = person("ada").twitter.email
        if row["email"] != email:
            raise Missed(
                should=f"the identity has the email address that {label(site, name)} sent, {email}.",
                did=f"the row is: {in_words([row])}.",
                look=KEEP_LOOK,
            )


@exercise("6.2")
@either
def test_not_told_is_no_answer(site: Site, name: str) -> None:
    for who in ("ada", "chen" if name == "twitter" else "eve"):
        nothing_is_known(site, name, who)


def nothing_is_known(site: Site, name: str, who: str) -> None:
    """A user logs in with a provider that does not say whether an email address is verified."""
    signed_in_at(site, site.browser(), name, who, look=CALLBACK_LOOK)
    row = newest(site, name)
    if row["email_verified"] is not None:
        raise Missed(
            should=f"email_verified is NULL. {SILENT[name]}.",
            did=f"the row is: {in_words([row])}.",
            look="sign_in in app/auth.py keeps profile.email_verified as it is. None is neither False nor True. "
            f"app/providers/{name}.py is finished in the starter, and gives None.",
        )
    if who != "ada" and row["email"] is not None:
        raise Missed(
            should=f"{person(who).name} has no email address at {label(site, name)}, so email is NULL.",
            did=f"the row is: {in_words([row])}.",
            look=KEEP_LOOK,
        )


@exercise("6.2")
@either
def test_the_last_word_counts(site: Site, name: str) -> None:
    signed_in_at(site, site.browser(), name, look=CALLBACK_LOOK)
    own = site.database.rows("SELECT email FROM users")
    new = f"ada.{secrets.token_hex(4)}@example.org"
    # Yesterday the provider said something different about the email address, or nothing.
    for address, before in (
        (new, (None, None)),
        (None, ("old@example.org", True)),
        (new, ("old@example.org", False)),
        (new, (new, True)),
    ):
        site.providers.people.change("ada", **{name: {"email": address}})  # type: ignore[arg-type]
        site.database.change(
            "UPDATE identities SET email = :email, email_verified = :verified",
            email=before[0],
            verified=before[1],
        )
        signed_in_at(site, site.browser(), name, look=CALLBACK_LOOK)
        row = the_identity(site, name, KEEP_LOOK)
        if row["email"] != address:
            changed_how = (
                f"changes the email address at {label(site, name)} to {new}"
                if address
                else "removes the email address"
            )
            raise Missed(
                should=f"Ada {changed_how}, and logs in again. The identity has what the provider said last.",
                did=f"the row is: {in_words([row])}.",
                look="sign_in in app/auth.py: write email at each login, and not only if the identity is new."
                if address
                else "sign_in in app/auth.py: None replaces an email address, too, because the provider said it last.",
            )
        if row["email_verified"] is not None:
            raise Missed(
                should=f"{label(site, name)} does not say whether the email address is verified. So after the login "
                "email_verified is NULL, whatever was there before.",
                did=f"email_verified was {before[1]} before the login, and after it the row is: {in_words([row])}.",
                look="sign_in in app/auth.py: identity.email_verified = profile.email_verified, also if the value is "
                "None, and also if the email address is the same as before.",
            )
        users = site.database.rows("SELECT email FROM users")
        if users != own:
            raise Missed(
                should=f"users.email stays the email address of the first login, {own[0]['email']}.",
                did=f"after a later login, users.email is {users[0]['email']}.",
                look="sign_in in app/auth.py: a later login changes the email address of the identity, not the user's.",
            )


# 6.3 GitHub


def never_asked(site: Site, name: str, page: Page) -> str:
    """What the app did instead of the exchange, in words: the last request that a provider rejected."""
    refused = [
        m for m in site.messages() if (m.sender, m.receiver) == (name, "app") and (m.status or 0) >= 400
    ]
    if refused:
        last = refused[-1]
        return f"it sent a {last.method} to {last.path}, and the response had status {last.status}."
    return f"it sent no such request. The login ended at {page.path} with status {page.status}."


GITHUB_LOOK = "app/providers/github.py."


@exercise("6.3")
def test_github_is_a_provider(site: Site) -> None:
    asked_of(site, site.browser(), "github")
    page = site.browser().open(start_of("github"))
    if not site.at_provider(page) or page.status != 200:
        signed_in_at(site, site.browser(), "github", look=GITHUB_LOOK)


@exercise("6.3")
def test_the_code_is_exchanged_at_github(site: Site) -> None:
    since = len(site.messages())
    page = tried(site, site.browser(), "github")
    asked = [a for a in site.providers.github.attempts if a.endpoint == "access_token"]
    if not asked or asked[-1].error or asked[-1].status != 200:
        did = (
            f"GitHub responded with status {asked[-1].status} and {asked[-1].error}."
            if asked
            else never_asked(site, "github", page)
        )
        what = "consumer_key and consumer_secret" if asked else "access_token_url and access_token_method"
        raise Missed(
            should="your app exchanges the code at GitHub, with the client secret, for an access token.",
            did=did,
            look=f"settings() in app/providers/github.py: {what}.",
            flow=site.flow("Your app", since),
            expected="06_google_and_github.github",
        )


@exercise("6.3")
def test_github_says_who_it_is(site: Site) -> None:
    signed_in_at(site, site.browser(), "github", look="profile in app/providers/github.py.")
    row = the_identity(site, "github", GITHUB_LOOK)
    one = person("ada")
    is_called(site, "github", one.name, 'profile in app/providers/github.py: me["name"] or me["login"].')
    if row["subject"] != str(one.github.id):
        raise Missed(
            should=f"the subject of {one.name} is the ID of the account at GitHub, {one.github.id}.",
            did=f"the row is: {in_words([row])}.",
            look='profile in app/providers/github.py: str(me["id"]). A login name can change, and get a new owner.',
        )


@exercise("6.3")
def test_a_subject_is_a_string(open_site: SITE) -> None:
    """In a column of strings, SQLite makes a string of a number by itself. PostgreSQL does not."""
    site = open_site()
    takes_what_it_is_given(site.database)
    for _ in range(2):
        tried(site, site.browser(), "github")
    rows = identities(site, "github")
    if any(not isinstance(row["subject"], str) for row in rows):
        raise Missed(
            should="the subject is a string, like its column. SQLite makes a string of a number, and PostgreSQL "
            "raises an error.",
            did=f"your app wrote the number {rows[0]['subject']!r}. In this check, the column takes any type.",
            look='profile in app/providers/github.py: str(me["id"]).',
        )


@exercise("6.3")
def test_a_login_name_that_changes_hands(site: Site) -> None:
    first = site.browser()
    signed_in_at(site, first, "github", "ada", look="profile in app/providers/github.py.")
    old = person("ada").github.login
    site.providers.people.change("ada", github={"login": f"ada-{secrets.token_hex(3)}"})
    site.providers.people.change("bo", github={"login": old})
    signed_in_at(site, site.browser(), "github", "bo", look="profile in app/providers/github.py.")
    signed_in_at(site, site.browser(), "github", "ada", look="profile in app/providers/github.py.")
    rows = identities(site, "github")
    if len(rows) != 2 or len({row["user_id"] for row in rows}) != 2:
        raise Missed(
            should=f"Ada changes her login name at GitHub, and Bo takes her old one, {old}. They stay two users, and "
            "Ada logs in as before.",
            did=f"the identities are: {in_words(rows)}.",
            look='profile in app/providers/github.py: the subject is the ID of the account, me["id"].',
        )


@exercise("6.3")
def test_who_gives_no_name(site: Site) -> None:
    look = "profile in app/providers/github.py: GitHub sends null if the user has set no name."
    page = signed_in_at(site, site.browser(), "github", "chen", look=look)
    login = person("chen").github.login
    if login not in page.words or "None" in page.words:
        raise Missed(
            should=f"Chén Jìng has set no name at GitHub, so /welcome shows the login name, {login}.",
            did=f"/welcome says: {shortened(page.words)}",
            look='profile in app/providers/github.py: me["name"] or me["login"].',
        )


@exercise("6.3")
def test_github_refuses_with_200(site: Site) -> None:
    browser = site.browser()
    state = asked_of(site, browser, "github").get("state")
    page = browser.open(changed(callback_at("github"), state=state, code="made-up"))
    what = "the callback has a made-up code, and GitHub responds with bad_verification_code and status 200"
    look = "profile in app/providers/github.py: there is no access_token in that response."
    nobody_is_in(browser, what=what, look=look)
    reads(site, page, NO_HELP.format("GitHub"), what=what, look=look)


@exercise("6.3")
def test_github_does_not_help(site: Site) -> None:
    for kind in ("error", "broken_json", "down"):
        no_help_from(site, "github", "user", kind)


@exercise("6.3")
@pytest.mark.parametrize("unset", ["GITHUB_URL", "GITHUB_API_URL"])
def test_the_real_github_where_no_other_is_set(open_site: SITE, unset: str) -> None:
    """The local providers cannot be the real GitHub. So a proxy notes the hosts that the app asks for."""
    host = {"GITHUB_URL": "github.com", "GITHUB_API_URL": "api.github.com"}[unset]
    with Outside() as outside:
        site = open_site(environment={unset: None, **outside.environment}, may_fail=True)
        browser = site.browser()
        if unset == "GITHUB_API_URL":
            tried(site, browser, "github")
            hosts = list(outside.hosts)
        else:
            location = browser.open(start_of("github"), follow=False).answers[-1].header("Location") or ""
            to = urlsplit(location)
            hosts = [to.netloc]
            if to.netloc == host:
                state = dict(parse_qsl(to.query)).get("state")
                browser.open(changed(callback_at("github"), state=state, code="made-up"))
                hosts += outside.hosts
    if set(hosts) != {host}:
        raise Missed(
            should=f"if {unset} is not set, your app uses https://{host}.",
            did=f"the check started your app without {unset}. Then your app sent requests to "
            f"{', '.join(dict.fromkeys(filter(None, hosts))) or 'no other host'}.",
            look=f'settings() in app/providers/github.py: os.environ.get("{unset}", "https://{host}").',
        )


# 6.4 GitHub's email addresses

ADDRESS_LOOK = (
    "profile in app/providers/github.py: user/emails gives a list. One email address in the list is primary."
)
NO_PRIMARY_LOOK = (
    "profile in app/providers/github.py: no email address of the list is primary, or the list is empty. Then email and "
    "email_verified are None, and the user is logged in all the same."
)


def address_of(
    site: Site, who: str, should: str, address: str | None, verified: bool | None, look: str = ADDRESS_LOOK
) -> None:
    """A user logs in with GitHub; Missed if the app does not keep this email address."""
    scope = asked_of(site, site.browser(), "github").get("scope", "")
    signed_in_at(site, site.browser(), "github", who, look=look)
    row = newest(site, "github")
    if (row["email"], row["email_verified"]) == (address, verified):
        return
    asked = [a for a in site.providers.github.attempts if a.endpoint == "emails"]
    if not set(scope.replace(",", " ").split()) & set(READS_EMAILS):
        look = f"settings(): with the scope {scope!r} GitHub does not give the list. The right scope is user:email."
    elif not asked:
        look = f"{ADDRESS_LOOK} Your app did not ask for the list. GitHub's `user` has only the public email address."
    elif row["email"] == address:
        look = (
            "profile in app/providers/github.py: take `verified` of that email address, as GitHub sends it. sign_in in "
            "app/auth.py keeps the value as it is."
        )
    if not any(one.primary for one in site.providers.people[who].github.emails):
        look = NO_PRIMARY_LOOK
    emails = [
        f"{one.email}{' (primary)' if one.primary else ''}{'' if one.verified else ' (not verified)'}"
        for one in sorted(site.providers.people[who].github.emails, key=lambda one: not one.primary)
    ]
    listed = ", ".join(emails[:4]) + (f" and {len(emails) - 4} more" if len(emails) > 4 else "")
    raise Missed(
        should=should,
        did=f"the row is: {in_words([row])}. GitHub's list has {listed or 'no email address'}.",
        look=look,
    )


@exercise("6.4")
def test_one_of_many(site: Site) -> None:
    should = "Dara Haddad has several email addresses at GitHub. Your app keeps the primary one."
    address_of(site, "dara", should, "dara@example.org", verified=True)
    few = tuple(one for one in person("bo").github.emails if "+" not in one.email)
    site.providers.people.change("bo", github={"email": "bo@example.org", "emails": few})
    should = "Bo Lindqvist's public email address is not the primary one. Your app keeps the primary one."
    address_of(site, "bo", should, "bo-codes@example.net", verified=True)
    should = "Chén Jìng has no public email address. Your app keeps the primary one."
    address_of(site, "chen", should, "Chen@Example.org", verified=True)


@exercise("6.4")
def test_on_the_second_page(site: Site) -> None:
    should = (
        "Bo Lindqvist has 32 email addresses at GitHub. Your app keeps the primary one, the 31st of the list."
    )
    look = (
        "profile in app/providers/github.py: GitHub gives 30 email addresses on a page. "
        'Ask for 100 at once, with data={"per_page": 100}.'
    )
    address_of(site, "bo", should, "bo-codes@example.net", verified=True, look=look)
    others = tuple(GitHubEmail(f"dara+{n}@example.net", primary=False, verified=True) for n in range(99))
    last = GitHubEmail("dara@example.org", primary=True, verified=True, visibility="private")
    site.providers.people.change("dara", github={"emails": (*others, last)})
    should = "Dara Haddad has 100 email addresses at GitHub, as many as fit on one page. The primary one is the last."
    look = (
        "profile in app/providers/github.py: per_page may be up to 100. With a smaller number, there is a next page, "
        "and your app needs that page, too."
    )
    address_of(site, "dara", should, "dara@example.org", verified=True, look=look)


@exercise("6.4")
def test_not_verified(site: Site) -> None:
    should = (
        "Eve Novak's primary email address is Ada's, and Eve never confirmed it. So email_verified is false."
    )
    address_of(site, "eve", should, "ada@example.org", verified=False)


@exercise("6.4")
def test_no_address_at_all(site: Site) -> None:
    site.providers.people.change("ada", github={"email": None, "emails": ()})
    should = "GitHub's list is empty. The user is logged in all the same, without an email address."
    address_of(site, "ada", should, None, verified=None, look=NO_PRIMARY_LOOK)


@exercise("6.4")
@pytest.mark.parametrize("kind", ["error", "broken_json"])
def test_no_list_is_no_answer(site: Site, kind: str) -> None:
    """Ada has logged in before, and the app keeps her email address. GitHub does not give the list this time."""
    signed_in_at(site, site.browser(), "github", "ada", look=ADDRESS_LOOK)
    before = newest(site, "github")
    browser = site.browser()
    callback = callback_for(site, browser, "github", "ada")
    site.providers.faults.set("github", "emails", kind)
    page = browser.open(callback)
    site.providers.faults.clear()
    what = f"GitHub has a fault at user/emails ({kind}), when Ada logs in again"
    look = (
        "profile in app/providers/github.py: only a list says which email addresses there are. For anything else "
        "raise an error, because your app does not know whether Ada has an email address."
    )
    after = newest(site, "github")
    if (after["email"], after["email_verified"]) != (before["email"], before["email_verified"]):
        raise Missed(
            should=f"{what}. The email address that your app keeps for her stays as it was.",
            did=f"before, the row was {in_words([before])}. Now the row is {in_words([after])}.",
            look=look,
        )
    nobody_is_in(browser, what=what, look=look)
    reads(site, page, NO_HELP.format("GitHub"), what=what, look=look)


@exercise("6.4")
def test_none_is_primary(site: Site) -> None:
    emails = tuple(replace(one, primary=False) for one in person("dara").github.emails)
    site.providers.people.change("dara", github={"emails": emails})
    should = "none of Dara Haddad's email addresses is primary. Dara is logged in, without an email address."
    address_of(site, "dara", should, None, verified=None, look=NO_PRIMARY_LOOK)


@exercise("6.4")
def test_github_is_asked_for_no_more_than_is_needed(site: Site) -> None:
    scope = asked_of(site, site.browser(), "github").get("scope", "")
    more = set(scope.replace(",", " ").split()) - {"user:email", "read:user"}
    if more:
        raise Missed(
            should="your app asks GitHub only for the scope user:email. With it, an app can read a user's email "
            "addresses, and change nothing.",
            did=f"it asks for the scope {scope!r}. So GitHub asks the user to allow more than a login needs. With "
            "`user`, an app can change the user's profile.",
            look='settings() in app/providers/github.py: {"scope": "user:email"}.',
        )


@exercise("6.4")
def test_none_is_primary_and_one_is_public(site: Site) -> None:
    public = person("bo").github.emails[0].email
    emails = tuple(replace(one, primary=False) for one in person("bo").github.emails[:5])
    should = (
        "none of Bo's email addresses is primary. Then your app keeps none of them, not even the public one."
    )
    for listed in (emails, ()):
        site.providers.people.change("bo", github={"email": public, "emails": listed})
        look = (
            "profile in app/providers/github.py: without a primary email address, email and email_verified are None. "
            "GitHub's user/emails does not say that the public email of `user` is verified."
        )
        signed_in_at(site, site.browser(), "github", "bo", look=look)
        row = newest(site, "github")
        if row["email"] is not None:
            raise Missed(
                should=should,
                did=f"Bo's public email address is {public}. The row is: {in_words([row])}.",
                look=look,
            )


# 6.5 Google

GOOGLE_LOOK = "settings() in app/providers/google.py"


@exercise("6.5")
def test_what_google_is_asked_for(site: Site) -> None:
    asked = asked_of(site, site.browser(), "google")
    page = site.browser().open(start_of("google"))
    scopes = asked.get("scope", "").split()
    missing = [scope for scope in ("openid", "email", "profile") if scope not in scopes]
    if missing:
        raise Missed(
            should="your app asks Google for the scopes openid, email and profile.",
            did=f"it asks for {asked.get('scope')!r}.",
            look=f"{GOOGLE_LOOK}: request_token_params. Without openid, the request is plain OAuth (OpenID Connect "
            "Core section 3.1.2.1). Without email and profile, Google sends no email address and no name.",
        )
    if page.status != 200:
        signed_in_at(site, site.browser(), "google", look=f"{GOOGLE_LOOK}.")


def exchanged_at_google(site: Site) -> None:
    since = len(site.messages())
    page = tried(site, site.browser(), "google")
    asked = [a for a in site.providers.google.attempts if a.endpoint == "token"]
    if not asked or asked[-1].status != 200:
        did = (
            f"Google responded with status {asked[-1].status} and {asked[-1].error}."
            if asked
            else never_asked(site, "google", page)
        )
        what = "consumer_key and consumer_secret" if asked else "access_token_url and access_token_method"
        raise Missed(
            should="your app exchanges the code at Google's token endpoint, with the client secret.",
            did=did,
            look=f"{GOOGLE_LOOK}: {what}.",
            flow=site.flow("Your app", since),
            expected="06_google_and_github.google",
        )


@exercise("6.5")
def test_the_code_is_exchanged_at_google(site: Site) -> None:
    exchanged_at_google(site)


@exercise("6.5")
def test_the_endpoints_are_discovered(open_site: SITE) -> None:
    """In an app that has just started, because it may keep what it has read."""
    site = open_site()
    at = site.providers.google.issuer
    moved = {"authorization_endpoint": f"{at}/o/oauth2/auth", "token_endpoint": f"{at}/o/oauth2/token"}
    site.providers.google.moved = moved
    exchanged_at_google(site)
    asked = {m.url.partition("?")[0] for m in site.messages() if m.receiver == "google" and m.is_request}
    for what, url in moved.items():
        if url not in asked:
            raise Missed(
                should="Google may move its endpoints. Its discovery document says where they are. This time the "
                f"{what} is {urlsplit(url).path}.",
                did=f"your app sent requests to {', '.join(sorted(urlsplit(one).path for one in asked))}.",
                look=f'{GOOGLE_LOOK}: discovered()["{what}"]. The real Google has its endpoints on four hosts.',
            )


def google_is_down(providers: ProvidersServer) -> dict[str, str]:
    """Google does not respond when the app starts. No file is added."""
    providers.faults.set("google", "discovery", "down")
    return {}


@exercise("6.5")
def test_google_is_down_when_the_app_starts(open_site: SITE) -> None:
    look = (
        "app/providers/google.py: call discovered() inside settings() and verified(), so that your app calls it at a "
        "login. A call at the top of the module runs when Python imports the module."
    )
    should = (
        "Google does not respond when your app starts. Your app starts all the same, and users can log in with "
        "Twitter."
    )
    try:
        site = open_site(added=google_is_down, may_fail=True)
    except AppFailed as error:
        raise Missed(should=should, did=f"your app did not start: {error.error}.", look=look) from None
    page = site.browser().open("/")
    if page.status != 200:
        did = f"the front page responded with status {page.status}: {shortened(page.words)}"
        raise Missed(should=should, did=did, look=look, meant="Connection")
    page = tried(site, site.browser(), "twitter")
    if page.path != "/welcome" or page.status != 200:
        did = f"a login with Twitter ended at {page.path} with status {page.status}: {shortened(page.words)}"
        raise Missed(should=should, did=did, look=look, meant="Connection")
    site.browser().open(start_of("google"))
    site.providers.faults.clear()
    page = site.browser().open(start_of("google"))
    if not site.at_provider(page):
        raise Missed(
            should="Google did not respond for some time, and now it responds again. Then a login leads to Google.",
            did=f"{start_of('google')} led to {page.path} with status {page.status}: {shortened(page.words)}",
            look="app/providers/google.py: discovered() keeps good responses only. Where does your app keep an error?",
            meant="Connection",
        )


# 6.6 The ID token, verified

TOKEN_LOOK = "where app/providers/google.py verifies the ID token"


@exercise("6.6")
def test_a_good_id_token(site: Site) -> None:
    for who, verified in (("ada", True), ("eve", False)):
        a_good_id_token(site, who, verified)


def a_good_id_token(site: Site, who: str, verified: bool) -> None:
    """A user logs in with Google, and nothing is wrong."""
    honest_token(site, who)
    row = newest(site, "google")
    one = person(who).google
    is_called(site, "google", person(who).name, 'profile in app/providers/google.py: claims.get("name").')
    claims = {
        "subject": ("sub", one.sub),
        "email": ("email", one.email),
        "email_verified": ("email_verified", verified),
    }
    for column, (claim, told) in claims.items():
        if row[column] != told:
            raise Missed(
                should=f"in {person(who).name}'s ID token are sub {one.sub}, email {one.email}, email_verified "
                f"{verified}. Your app keeps these values.",
                did=f"the row is: {in_words([row])}.",
                look=f"profile in app/providers/google.py: {column} comes from the claim {claim} of the ID token. "
                "sign_in in app/auth.py keeps the values that it gets.",
            )


# Rules of the app that a correct token does not meet, by the claim that the app names in its log.
NOT_MET = {
    "iss": "The rule for iss is discovered()['issuer'], from the discovery document.",
    "aud": "The rule for aud is your client ID, os.environ['GOOGLE_KEY'].",
    "exp": "The rule for exp is a time in the future, in seconds since 1970.",
}


def honest_token(site: Site, who: str = "ada") -> None:
    """A user logs in with Google, and nothing is wrong with the ID token."""
    try:
        signed_in_at(site, site.browser(), "google", who, look=f"profile, and {TOKEN_LOOK}.")
    except Missed as missed:
        for claim, rule in NOT_MET.items():
            if f"claim: '{claim}'" in missed.did:
                missed.should = (
                    "Google sends a correct ID token. Then the user is logged in, and ends at /welcome."
                )
                missed.look = (
                    f"{TOKEN_LOOK}: your app rejected a correct token because of its {claim}. {rule}"
                )
        raise


@exercise("6.6")
def test_google_has_changed_its_keys(site: Site) -> None:
    look = (
        f"{TOKEN_LOOK}: ask for jwks_uri again, at the latest when no key has the token's kid, and take the key that "
        "has this kid. Do not wait before you ask again, or the first login with a new key fails."
    )
    honest_token(site)
    site.providers.google.keys.rotate()
    page = tried(site, site.browser(), "google")
    if page.path != "/welcome" or page.status != 200:
        raise Missed(
            should="Google changes its keys now and then. After such a change, users can log in as before.",
            did=f"the first login with a new key ended at {page.path} with status {page.status}: "
            f"{shortened(page.words)}",
            look=look,
        )


def _parts(token: str) -> list[bytes]:
    return [base64.urlsafe_b64decode(part + "==") for part in token.split(".")]


def _joined(*parts: bytes) -> str:
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def one_bit_of_the_claims(token: str) -> str:
    """Changes the lowest bit of the first digit of sub, so it is a different account."""
    header, claims, signature = _parts(token)
    at = claims.index(json.loads(claims)["sub"].encode())
    return _joined(header, claims[:at] + bytes([claims[at] ^ 1]) + claims[at + 1 :], signature)


def one_bit_of_the_signature(token: str) -> str:
    header, claims, signature = _parts(token)
    return _joined(header, claims, bytes([signature[0] ^ 1]) + signature[1:])


def not_signed(token: str) -> str:
    """The algorithm "none", and an empty signature (RFC 7519 section 6)."""
    return _joined(b'{"alg":"none","typ":"JWT"}', _parts(token)[1], b"")


def signed_with_the_public_key(site: Site) -> Callable[[str], str]:
    """HMAC, with Google's public key as the secret. Everybody has this key (RFC 8725 section 2.1)."""
    key = site.providers.google.keys.current

    def signed(token: str) -> str:
        header = json.dumps({"alg": "HS256", "kid": key.kid}).encode()
        to_sign = _joined(header, _parts(token)[1])
        digest = hmac.new(key.as_pem(private=False), to_sign.encode(), "sha256").digest()
        return _joined(header, _parts(token)[1], digest)

    return signed


def lasting_until(seconds: float) -> dict[str, Any]:
    now = int(time.time())
    return {"exp": now + int(seconds), "iat": now + int(seconds) - 3600}


def wrong_issuer(made: Callable[[str], str]) -> Callable[[Site], dict[str, Any]]:
    """An iss that is made of Google's own."""
    return lambda site: {"wrong_claims": {"iss": made(site.providers.google.issuer)}}


def wrong_audience(made: Callable[[str], str]) -> Callable[[Site], dict[str, Any]]:
    """An aud that is made of the app's client ID."""
    return lambda site: {"wrong_claims": dict.fromkeys(("aud", "azp"), made(site.providers.google.client_id))}


SIGNATURE = "check the signature with Google's keys, before you use a claim (RFC 7515 section 5.2)."
ALGORITHM = (
    'your app says which algorithm counts, not the token, with jwt.decode(…, algorithms=["RS256"]) '
    "(RFC 8725 section 3.1)."
)
NOT_TO_BE_BELIEVED: tuple[tuple[str, str, Callable[[Site], dict[str, Any]]], ...] = (
    (
        "one bit of its claims was changed after it was signed",
        SIGNATURE,
        lambda site: {"tampered": one_bit_of_the_claims},
    ),
    (
        "one bit of its signature was changed",
        SIGNATURE,
        lambda site: {"tampered": one_bit_of_the_signature},
    ),
    (
        "it was signed with a key that is not Google's",
        SIGNATURE,
        lambda site: {"signed_by_stranger": True},
    ),
    (
        "it is not signed at all (alg is none)",
        ALGORITHM,
        lambda site: {"tampered": not_signed},
    ),
    (
        "it was signed with HMAC, with Google's public key as the secret",
        ALGORITHM,
        lambda site: {"tampered": signed_with_the_public_key(site)},
    ),
    (
        "its iss is https://accounts.example.com, so a different provider made it",
        "iss must be the issuer of the discovery document (OpenID Connect Core section 3.1.3.7, 2).",
        lambda site: {"wrong_claims": {"iss": "https://accounts.example.com"}},
    ),
    *(
        (
            f"its iss is {words}, which is a different provider",
            "iss must be the issuer of the discovery document, all of it (OpenID Connect Core section 3.1.3.7, 2).",
            wrong_issuer(made),
        )
        for words, made in (
            ("Google's with .example.com at its end", lambda issuer: f"{issuer}.example.com"),
            ("Google's with /x at its end", lambda issuer: f"{issuer}/x"),
            ("Google's without its last character", lambda issuer: issuer[:-1]),
            ("only the beginning of Google's", lambda issuer: issuer.partition("://")[0]),
        )
    ),
    (
        "it has no iss",
        "iss must be there. The rule for this is essential.",
        lambda site: {"wrong_claims": {"iss": None}},
    ),
    (
        "its aud is a different app. The user logged in there, and the owner of that app sent the token here",
        "aud must be your client ID, GOOGLE_KEY (OpenID Connect Core section 3.1.3.7, 3).",
        lambda site: {"wrong_claims": dict.fromkeys(("aud", "azp"), f"other-{secrets.token_hex(4)}")},
    ),
    *(
        (
            f"its aud is {words}",
            "aud must be your client ID, GOOGLE_KEY, all of it (OpenID Connect Core section 3.1.3.7, 3).",
            wrong_audience(made),
        )
        for words, made in (
            ("your client ID with one more character", lambda client_id: f"{client_id}x"),
            ("the beginning of your client ID", lambda client_id: client_id[:8]),
        )
    ),
    (
        "it has no aud",
        "aud must be there. The rule for this is essential.",
        lambda site: {"wrong_claims": {"aud": None}},
    ),
    (
        "it expired an hour ago (exp)",
        "exp must be in the future, give or take a minute (OpenID Connect Core section 3.1.3.7, 9).",
        lambda site: {"wrong_claims": lasting_until(-3600)},
    ),
    (
        "it expired ten minutes ago (exp)",
        "exp must be in the future, give or take a minute (OpenID Connect Core section 3.1.3.7, 9).",
        lambda site: {"wrong_claims": lasting_until(-600)},
    ),
    (
        "it has no exp, so it would never expire",
        "exp must be there. The rule for this is essential.",
        lambda site: {"wrong_claims": {"exp": None}},
    ),
)


@exercise("6.6")
def test_an_id_token_that_is_not_to_be_believed(site: Site) -> None:
    google = site.providers.google
    for words, look, wrong in NOT_TO_BE_BELIEVED:
        browser = site.browser()
        callback = callback_for(site, browser, "google")
        google.tampered, google.signed_by_stranger, google.wrong_claims = None, False, {}
        for name, value in wrong(site).items():
            setattr(google, name, value)
        page = browser.open(callback)
        refused(site, browser, page, f"your app gets an ID token, and {words}", f"{TOKEN_LOOK}: {look}")


@exercise("6.6")
def test_a_string_for_true_and_false(site: Site) -> None:
    look = (
        'profile in app/providers/google.py: in Python every string that is not empty is true, also "false".'
    )
    for said, verified in (("false", False), ("true", True)):
        since = len(site.messages())
        site.providers.google.wrong_claims = {"email_verified": said}
        page = tried(site, site.browser(), "google")
        if page.status >= 400:
            raise came_to_nothing(site, page, "google", look, since)
        rows = identities(site, "google")
        if rows and rows[0]["email_verified"] != verified:
            raise Missed(
                should=f"Google sends email_verified as the string {said!r}, as it once did. Then keep {verified}.",
                did=f"the row is: {in_words(rows)}.",
                look="profile in app/providers/google.py: the strings 'true' and 'false' count, too."
                if rows[0]["email_verified"] is None
                else look,
            )


@exercise("6.6")
def test_a_value_that_says_nothing(site: Site) -> None:
    """In Python 1 == True, and a list cannot be a key of a dictionary."""
    look = (
        "profile in app/providers/google.py: True, False, and the strings 'true' and 'false' count. Anything else is "
        "None. In Python 1 == True, so a dictionary with the key True finds 1, too. And a list cannot be a key."
    )
    for said in (1, 1.0, 0, "yes", "True", "", [True], {"true": True}):
        since = len(site.messages())
        site.providers.google.wrong_claims = {"email_verified": said}
        should = (
            f"Google sends email_verified as {said!r}, which says nothing. Keep NULL, and log the user in."
        )
        page = tried(site, site.browser(), "google")
        if page.path != "/welcome" or page.status >= 400:
            missed = came_to_nothing(site, page, "google", look, since)
            missed.should, missed.look = should, look
            raise missed
        rows = identities(site, "google")
        if rows and rows[0]["email_verified"] is not None and said != "True":
            raise Missed(should=should, did=f"the row is: {in_words(rows)}.", look=look)


@exercise("6.6")
def test_no_address_told(site: Site) -> None:
    site.providers.faults.set("google", "token", "missing_email")
    look = 'profile in app/providers/google.py: claims.get("email") gives None if there is no such claim.'
    signed_in_at(site, site.browser(), "google", look=look)
    row = the_identity(site, "google", look)
    if row["email"] is not None or row["email_verified"] is not None:
        raise Missed(
            should="Google sends no email address this time. Then email and email_verified of the identity are NULL.",
            did=f"the row is: {in_words([row])}.",
            look=look,
        )


@exercise("6.6")
def test_no_name_told(site: Site) -> None:
    site.providers.google.wrong_claims = {"name": None}
    look = 'profile in app/providers/google.py: claims.get("name") or "Somebody".'
    page = tried(site, site.browser(), "google")
    if page.path != "/welcome" or page.status != 200:
        raise Missed(
            should="the ID token may have no name. Then the user is logged in all the same.",
            did=f"the login ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look=look,
        )


@exercise("6.6")
def test_an_empty_name(site: Site) -> None:
    site.providers.google.wrong_claims = {"name": ""}
    page = tried(site, site.browser(), "google")
    names = [row["name"] for row in site.database.rows("SELECT name FROM users")]
    if page.path != "/welcome" or names != ["Somebody"]:
        raise Missed(
            should="in an ID token, the claim name is an empty string. Then your app calls the user Somebody, as "
            "without the claim.",
            did=f"the login ended at {page.path} with status {page.status}. The names in users: "
            f"{', '.join(map(repr, names)) or 'none'}.",
            look='profile in app/providers/google.py: claims.get("name", "Somebody") uses the second argument only '
            'without the claim. claims.get("name") or "Somebody" uses it also for an empty string and for None.',
        )


def refused(site: Site, browser: Browser, page: Any, what: str, look: str) -> None:
    """Missed unless no user is logged in, and the page says that Google could not help."""
    nobody_is_in(browser, what=what, look=look)
    reads(site, page, NO_HELP.format("Google"), what=what, look=look)


# 6.7 The nonce


NONCE_LOOK = "login in app/auth.py sends the nonce that begin(name) made"


@exercise("6.7")
def test_a_nonce_goes_along(site: Site) -> None:
    browser = site.browser()
    nonces = [asked_of(site, each, "google").get("nonce") for each in (browser, browser, site.browser())]
    if not all(nonces):
        raise Missed(
            should="the authorization request to Google has a nonce (OpenID Connect Core section 3.1.2.1).",
            did="/login/google sent the browser to Google without a nonce.",
            look=f'{NONCE_LOOK}: remote.authorize(…, nonce=started["nonce"]).',
        )
    if len(set(nonces)) < len(nonces):
        raise Missed(
            should="each login has its own nonce.",
            did=f"three logins began, with the nonces {', '.join(map(str, nonces))}.",
            look=f"{NONCE_LOOK}. begin(name) makes a new nonce for each login.",
        )


@exercise("6.7")
def test_the_nonce_has_to_come_back(site: Site) -> None:
    look = (
        f"{TOKEN_LOOK}: the claim nonce must be there, and be the nonce of this login (OpenID Connect Core section "
        "3.1.3.7, 11)."
    )
    for nonce, words in (
        (
            secrets.token_urlsafe(),
            "with the nonce of another login, as in a replay by an attacker",
        ),
        (None, "without a nonce"),
    ):
        browser = site.browser()
        callback = callback_for(site, browser, "google")
        site.providers.google.wrong_claims = {"nonce": nonce}
        page = browser.open(callback)
        refused(site, browser, page, f"your app gets an ID token {words}", look)


@exercise("6.7")
def test_the_nonce_is_not_taken_from_the_url(site: Site) -> None:
    browser = site.browser()
    callback = callback_for(site, browser, "google")
    stolen = secrets.token_urlsafe()
    site.providers.google.wrong_claims = {"nonce": stolen}
    page = browser.open(changed(callback, nonce=stolen))
    refused(
        site,
        browser,
        page,
        "your app gets an ID token with the nonce of another login, and the URL of the callback has that nonce, too",
        "authorized in app/auth.py: finish(name, state) gives the nonce, from the session. An attacker can write any "
        "nonce into the URL.",
    )


@exercise("6.7")
def test_two_tabs_at_google(site: Site) -> None:
    for order in ((0, 1), (1, 0)):
        two_tabs_at_google(site, order)


def two_tabs_at_google(site: Site, order: tuple[int, int]) -> None:
    """Two logins begin in one browser, and their callbacks come in that order."""
    browser = site.browser()
    callbacks = [callback_for(site, browser, "google") for _ in range(2)]
    for tab in order:
        page = browser.open(callbacks[tab])
        if page.path != "/welcome" or page.status != 200:
            raise Missed(
                should="the user begins a login with Google in one tab, and one in a second tab. Both logins end well.",
                did=f"the tab that was opened {'first' if tab == 0 else 'last'} ended at {page.path} with status "
                f"{page.status}: {shortened(page.words)}",
                look="each login has its own nonce, and begin(name) keeps it beside its state.",
            )


# 6.8 A fifth provider

FIFTH = '''"""{label}: OAuth 2. This module was added to your app by the check."""

import os

from . import Profile

label = "{label}"


def settings():
    site = os.environ["{prefix}_URL"]
    return {{
        "consumer_key": os.environ["{prefix}_KEY"],
        "consumer_secret": os.environ["{prefix}_SECRET"],
        "request_token_params": {{"scope": "{scope}"}},
        "authorize_url": site + "{authorize}",
        "access_token_url": site + "{token}",
        "access_token_method": "POST",
        "base_url": site + "/",
    }}


def profile(remote, answer, nonce):
    me = remote.get("{me}", token=(answer["access_token"], "")).data
    return Profile(me["{subject}"], me.get("{email}"), me.get("{verified}"), me["{name}"])
'''
FIFTH_LOOK = "app/providers/__init__.py: names() gives all modules of the folder, whatever their names are."
ROUTES_LOOK = "login and authorized in app/auth.py: no line in them may have the name of a provider."


def fifth_module(providers: ProvidersServer) -> dict[str, str]:
    """The module that adds the fifth provider to the app."""
    fifth = providers.fifth
    assert fifth is not None
    text = FIFTH.format(
        label=fifth.label,
        prefix=fifth.name.upper(),
        scope=fifth.scope,
        authorize=fifth.authorize_path,
        token=fifth.token_path,
        me=fifth.me_path.lstrip("/"),
        subject=fifth.says_subject,
        email=fifth.says_email,
        verified=fifth.says_verified,
        name=fifth.says_name,
    )
    return {f"app/providers/{fifth.name}.py": text}


def fifth_with_openid(providers: ProvidersServer) -> dict[str, str]:
    """The same, with openid in the middle of the scope. The order of the parts of a scope does not matter (RFC 6749
    section 3.3)."""
    return {
        place: text.replace('{"scope": "', '{"scope": "email openid ')
        for place, text in fifth_module(providers).items()
    }


@exercise("6.7")
def test_a_nonce_goes_to_any_provider_with_openid(open_site: SITE) -> None:
    site = open_site(with_fifth=True, added=fifth_with_openid, may_fail=True)
    name = fifth_of(site)
    if site.browser().open(start_of(name), follow=False).status == 404:
        return  # names() is a list by hand: exercise 6.8 says so
    asked = asked_of(site, site.browser(), name)
    if not asked.get("nonce"):
        raise Missed(
            should=f"the check adds a module for {label(site, name)} with the scope {asked.get('scope')!r}. Then the "
            "authorization request has a nonce. The scope openid means OpenID Connect, for any provider.",
            did=f"{start_of(name)} sent the browser to {label(site, name)} without a nonce.",
            look="login in app/auth.py: the scope decides, not the name. openid can be anywhere in the scope (RFC 6749 "
            "section 3.3).",
        )


@pytest.fixture
def with_fifth(open_site: SITE) -> Site:
    """The app, with one more module."""
    return open_site(with_fifth=True, added=fifth_module, may_fail=True)


def fifth_of(site: Site) -> str:
    assert site.providers.fifth is not None
    return site.providers.fifth.name


@exercise("6.8")
def test_the_front_page_offers_it(with_fifth: Site) -> None:
    name = fifth_of(with_fifth)
    front = with_fifth.browser().open("/")
    links = [urlsplit(link).path for link in front.links()]
    if start_of(name) not in links or label(with_fifth, name) not in front.words:
        raise Missed(
            should=f"the check adds a file app/providers/{name}.py to your app, and nothing else. Then the front page "
            f"has a button for {label(with_fifth, name)}, which leads to {start_of(name)}.",
            did=f"the front page has status {front.status}, and links to {', '.join(links) or 'no page'}.",
            look=FIFTH_LOOK
            if with_fifth.browser().open(start_of(name), follow=False).status == 404
            else f"templates/index.html: {start_of(name)} works, so names() has the provider. The page needs a "
            "button for each name that it gets.",
        )


@exercise("6.8")
def test_a_login_with_the_fifth(with_fifth: Site) -> None:
    for who in ("ada", "eve", "bo", "chen"):
        a_login_with_the_fifth(with_fifth, who)


def a_login_with_the_fifth(site: Site, who: str) -> None:
    """A user logs in with a provider that is new to the app."""
    name = fifth_of(site)
    fifth = site.providers.fifth
    assert fifth is not None
    known = site.browser().open(start_of(name), follow=False).status != 404
    signed_in_at(site, site.browser(), name, who, look=ROUTES_LOOK if known else FIFTH_LOOK)
    row = newest(site, name)
    told = fifth.told_of(person(who))
    wanted = (fifth.subject(person(who)), told.get(fifth.says_email), told.get(fifth.says_verified))
    if (row["subject"], row["email"], row["email_verified"]) != wanted:
        raise Missed(
            should=f"the module's profile says of {person(who).name}: subject {wanted[0]}, email {wanted[1]}, "
            f"email_verified {wanted[2]}. Your app keeps these values.",
            did=f"the row is: {in_words([row])}.",
            look="sign_in in app/auth.py: keep email_verified as it is, for any provider, whether True, False or None.",
        )


@exercise("6.8")
def test_a_forged_callback_at_the_fifth(with_fifth: Site) -> None:
    site, name = with_fifth, fifth_of(with_fifth)
    victim = site.browser()
    asked_of(site, victim, name)
    page = victim.open(callback_for(site, site.browser(), name, "eve"))
    what = f"Eve sends Ada the URL of her callback from {label(site, name)}"
    look = "authorized in app/auth.py: call finish(name, state) for every provider with OAuth 2."
    nobody_is_in(victim, what=what, look=look)
    reads(site, page, NOT_OURS, what=what, look=look)


def fifth_without_scope(providers: ProvidersServer) -> dict[str, str]:
    """The same, for a provider without a scope. `scope` is optional (RFC 6749 section 4.1.1)."""
    return {
        place: "".join(line for line in text.splitlines(keepends=True) if '"scope"' not in line)
        for place, text in fifth_module(providers).items()
    }


@exercise("6.8")
def test_a_provider_without_a_scope(open_site: SITE) -> None:
    site = open_site(with_fifth=True, added=fifth_without_scope, may_fail=True)
    name = fifth_of(site)
    page = site.browser().open(start_of(name), follow=False)
    if page.status >= 500:
        raise with_app_error(
            Missed(
                should=f"the check adds a module for {label(site, name)}, whose settings() has no "
                "request_token_params. Its button leads to this provider all the same, because scope is optional (RFC "
                "6749 section 4.1.1).",
                did=f"{start_of(name)} responded with status {page.status}.",
                look='login in app/auth.py: request_token_params has no "scope" then. .get("scope", "") gives an empty '
                "string.",
                meant=r"KeyError",
            ),
            site,
        )


@exercise("6.8")
def test_trouble_at_the_fifth(with_fifth: Site) -> None:
    no_help_from(with_fifth, fifth_of(with_fifth), "me", "broken_json")


MOVES_AWAY = '''"""{name}. This module was added to your app by the check."""

import os


def __getattr__(attribute):
    if attribute != "label":
        raise AttributeError(attribute)
    os.chdir(os.path.abspath(os.sep))  # from now on, a relative path begins at a different folder
    return "{name}"


def settings():
    return {{}}


def profile(remote, answer, nonce):
    raise ValueError("no user has an account here")
'''


@exercise("6.8")
def test_any_name_and_any_current_folder(open_site: SITE) -> None:
    name = f"p{secrets.token_hex(3)}py"
    module = {f"app/providers/{name}.py": MOVES_AWAY.format(name=name)}
    site = open_site(added=lambda providers: module, may_fail=True)
    pages = [site.browser().open("/") for _ in range(2)]
    there = [start_of(name) in [urlsplit(link).path for link in page.links()] for page in pages]
    failed = site.last_error() if pages[-1].status == 500 else None
    if not all(there) and (there[0] or (failed is not None and "FileNotFoundError" in failed.error)):
        raise Missed(
            should="your app finds its providers also if the current folder is a different one, as with gunicorn or "
            "`flask --app PATH run`.",
            did=f"the check changed the current folder. Then the front page had status {pages[1].status}, and no "
            f"button for {start_of(name)}.",
            look="names() in app/providers/__init__.py: a relative path such as app/providers begins at the current "
            "folder. __path__ has the folder of this package, wherever your app runs.",
            meant="FileNotFoundError",
        )
    if not all(there):
        raise Missed(
            should=f"the check adds a file app/providers/{name}.py to your app. Then the front page has a button that "
            f"leads to {start_of(name)}.",
            did=f"the front page has status {pages[0].status}, and no such button. The name begins with p and ends in "
            "py.",
            look="names() in app/providers/__init__.py: a name is the file's name without .py at its end. strip and "
            "rstrip take out characters, and not an ending. removesuffix takes out an ending.",
            meant="ModuleNotFoundError",
        )


# 6.9 Which token says who is there


@exercise("6.9")
def test_which_token_says_who_is_there(folder: Path) -> None:
    check_answer(
        folder,
        "who_is_there",
        "b",
        {
            "a": "An access token opens an API for every app that has it. The provider may have made it for a "
            "different app, and your app cannot read in it who logged in (RFC 6749 section 1.4).",
            "c": "Look at both in the notebook. Only one of them has an aud, and a time.",
            "d": "The code works once, and your app has used it. What does the response to that request hold?",
        },
    )


# 6.10 and 6.11 The lessons of earlier steps

LOGOUT_KEPT = "logout in app/auth.py: session.clear(), and then logout_user()."
STRANGERS_KEPT = "app/pages.py: @login_required, between the route and the function."
DELETE_KEPT = "delete in app/pages.py: delete current_user, and read no user from the request."


@exercise("6.10")
def test_nothing_is_left_after_a_log_out(site: Site) -> None:
    check_log_out(site, "twitter", "facebook", LOGOUT_KEPT)


@exercise("6.10")
def test_nothing_is_left_after_a_log_out_in_an_old_page(site: Site) -> None:
    check_log_out_of_a_stranger(site, "twitter", "facebook", LOGOUT_KEPT)


@exercise("6.11")
def test_pages_that_strangers_do_not_get(site: Site) -> None:
    # Exercise 6.1 checks that a login ends where its next says.
    check_strangers(site, ("/welcome", "/account"), "twitter", STRANGERS_KEPT, ends_elsewhere=True)


@exercise("6.11")
def test_an_account_is_its_users(site: Site) -> None:
    guard = "@login_required is between the route and the function."
    check_account_is_its_users(site, DELETE_KEPT, guard)
