"""Step 03: log in with Facebook, beside Twitter. Which callback logs a user in, and what users see otherwise."""

from __future__ import annotations

import itertools
import json
import math
import re
import secrets
import string
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from workbook.exercises.answers import check_answer
from workbook.exercises.facebook_login import (
    CALLBACK,
    SIGN_IN,
    START,
    asked_of_the_dialog,
    callback_for,
    changed,
    not_at_facebook,
    signed_in_with_facebook,
    what_facebook_said,
    why_facebook_refused,
)
from workbook.exercises.markup import ESCAPE, MARKUP, taken_as_markup
from workbook.exercises.missed import Missed
from workbook.exercises.readable import given_to, held_by, session_sent_with
from workbook.exercises.session_lost import why_session_was_lost
from workbook.exercises.twitter_login import shortened, signed_in
from workbook.exercises.variables import ASKED_FOR_VARIABLES, variables_with
from workbook.flow.messages import APP
from workbook.lab.alike import Alike
from workbook.lab.browser import Browser, Page
from workbook.lab.site import Site
from workbook.lab.visits import NotAsked, refuse, sign_in
from workbook.providers.facebook.state import Attempt
from workbook.providers.people import PEOPLE, person

BOTH = "03_facebook_login.both"
FORGED = "03_facebook_login.forged"
DENIED = "You denied the request to sign in."
NOT_OURS = "This sign-in is over already, or did not begin here. Please try again."
NO_HELP = "Facebook could not sign you in. Please try again."

exercise = pytest.mark.exercise


def who_is_in(browser: Browser) -> str | None:
    """The person whose name is on the front page."""
    words = browser.open("/").words
    return next((one.name for one in PEOPLE if one.name in words), None)


def facebook_asked(site: Site, endpoint: str) -> list[Attempt]:
    """The app's requests to one of Facebook's endpoints."""
    return [a for a in site.providers.facebook.attempts if a.endpoint == endpoint]


def own_login(site: Site, browser: Browser, who: str, look: str) -> None:
    """A login that is right, and has to work."""
    since = len(site.messages())
    page = signed_in_with_facebook(site, browser, who)
    if NOT_OURS in page.words:
        raise own_state_refused(site, since)
    if page.path != "/welcome" or page.status >= 400:
        raise Missed(
            should="a login that began in this browser ends on /welcome.",
            did=f"it ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look=" ".join(filter(None, [look, why_session_was_lost(site)])),
            flow=site.flow("Your app", since),
            expected=SIGN_IN,
        )


def own_state_refused(site: Site, since: int = 0) -> Missed:
    """The app no longer knows the state of its own login, which began after `since` messages."""
    asked = [m for m in site.messages()[since:] if m.is_request]
    went = [m.get("state") for m in asked if m.path.endswith("/dialog/oauth")]
    back = [m for m in asked if m.path.endswith("/facebook/callback")]
    came = [m.get("state") for m in back]
    if went[-1] and went[-1] in session_sent_with(back[-1]):
        look = (
            "the session that came with this callback held that state. Does your app empty the session before is_ours "
            "looks? Does is_ours use the same key as new_state, and does it return its result?"
        )
    else:
        look = (
            "the session that came with this callback did not hold that state. Does new_state keep it there, under the "
            "key that is_ours uses?"
        )
    return Missed(
        should="a login that began in this browser ends on /welcome.",
        did=f"it rejected its own login: {NOT_OURS} The state went to Facebook as {went[-1]!r}, and came back as "
        f"{came[-1]!r}.",
        look=why_session_was_lost(site) or look,
        flow=site.flow("Your app", since),
        expected=SIGN_IN,
    )


def reads(page: Page, site: Site, message: str, *, what: str, look: str) -> None:
    """A person whose login failed is on a page of the app, and reads why."""
    should = f"{what}. Then the user is on the front page, and reads there: {message}"
    if page.status >= 400:
        raise Missed(should=should, did=f"{page.path} responded with status {page.status}.", look=look)
    if site.at_provider(page):
        raise Missed(
            should=should,
            did="it sent the user straight back to Facebook.",
            look=f"{look} Go to url_for('index'), a page that does not begin a login.",
        )
    if message not in page.words:
        if DENIED in page.words:
            look = (
                f"{look} Only error=access_denied means that the user denied access (RFC 6749 section 4.1.2.1). With "
                "another error, or none, use a different sentence."
            )
        raise Missed(
            should=should, did=f"the user ended at {page.path} and read: {shortened(page.words)}", look=look
        )


def nobody_is_in(browser: Browser, *, what: str, look: str) -> None:
    name = who_is_in(browser)
    welcome = browser.open("/welcome")
    if name or (welcome.path == "/welcome" and welcome.status == 200):
        raise Missed(
            should=f"{what}. Then no user is logged in.",
            did=f"it logged in {name}." if name else f"/welcome says: {shortened(welcome.words)}",
            look=look,
        )


# 3.1 Register Facebook, and send the user there


@exercise("3.1")
def test_login_leads_to_facebook(site: Site) -> None:
    browser = site.browser()
    page = browser.open(START)
    asked = dict(parse_qsl(urlsplit(page.url).query))
    right = site.at_provider(page) and page.path.endswith("/dialog/oauth") and page.status == 200
    if not right or asked.get("redirect_uri") != CALLBACK:
        raise not_at_facebook(site, page)
    if asked.get("response_type", "code") != "code":
        raise Missed(
            should="your app asks for a code, with response_type=code (RFC 6749 section 4.1.1).",
            did=f"it asks for {asked['response_type']!r}.",
            look="facebook.authorize(…) asks for a code by itself.",
        )


@exercise("3.1")
def test_the_secret_stays_at_home(site: Site) -> None:
    asked = asked_of_the_dialog(site, site.browser())
    secret = site.providers.facebook.app_secret
    names = [name for name, value in asked.items() if secret in value]
    if names:
        raise Missed(
            should="your app sends its client secret directly to Facebook, and never through a browser "
            "(RFC 6749 section 2.3.1).",
            did=f"it put the secret into the URL of Facebook's dialog, as {names[0]}. Every user can see it there.",
            look="remote_app(…): users may see consumer_key, but not consumer_secret.",
        )


@exercise("3.1")
def test_the_secret_is_in_no_url(site: Site) -> None:
    """Exercise 3.2 exchanges the code, with what 3.1 has registered. Until then this check sees no exchange."""
    browser = site.browser()
    browser.open(callback_for(site, browser))
    site.app.begin_anew()  # for an app that fails at the callback, 3.2 has the message
    secret = site.providers.facebook.app_secret
    asked = next((m for m in site.messages() if m.sender == APP and m.is_request and secret in m.url), None)
    if asked is not None:
        raise Missed(
            should="your app sends the client secret in the body of a POST request, because servers keep URLs in their "
            "logs (RFC 6749 section 2.3.1).",
            did=f"it sent {asked.method} {asked.path}, with the client secret in the query string.",
            look='remote_app(…): access_token_method="POST".',
        )


# 3.2 Exchange the code, and ask who the user is


@exercise("3.2")
def test_the_code_is_swapped_for_a_token(site: Site) -> None:
    page = signed_in_with_facebook(site, site.browser())
    asked = facebook_asked(site, "access_token")
    should = "at the callback your app exchanges the code, with its secret, for an access token."
    if NOT_OURS in page.words:
        raise own_state_refused(site)
    if not asked:
        sent = [m for m in site.messages() if (m.sender, m.receiver, m.is_request) == (APP, "facebook", True)]
        instead = next((m for m in sent if not m.path.endswith("/me")), None)
        raise Missed(
            should=should,
            did=f"it sent Facebook a different request: {instead.method} {instead.path}."
            if instead
            else f"it never asked for one. The callback ended at {page.path} with status {page.status}: "
            f"{shortened(page.words)}",
            look="remote_app(…): access_token_url is FACEBOOK_GRAPH_URL followed by /v25.0/oauth/access_token."
            if instead
            else "facebook_authorized: facebook.authorized_response() makes this exchange. "
            f"{why_session_was_lost(site)}".strip(),
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if not any(attempt.status == 200 for attempt in asked):
        did, look = why_facebook_refused(site, asked[-1])
        raise Missed(
            should=should,
            did=f"it asked, and Facebook rejected the exchange: {did}",
            look=look,
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )


@exercise("3.2")
@pytest.mark.parametrize("who", ["ada", "bo"])
def test_facebook_says_who_it_is(site: Site, who: str) -> None:
    browser = site.browser()
    if who == "bo":
        site.providers.people.change(who, name=f"Bo {MARKUP} Lindqvist")
    page = signed_in_with_facebook(site, browser, who)
    one = site.providers.people[who]
    asked = facebook_asked(site, "me")
    swapped = facebook_asked(site, "access_token")
    if swapped and swapped[-1].status != 200:
        did, look = why_facebook_refused(site, swapped[-1])
        raise Missed(
            should="your app asks Facebook for one access token, and then for `me`.",
            did=f"it asked for {len(swapped)} tokens. The last time {did}",
            look=look,
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if not asked:
        raise Missed(
            should="with the access token your app asks Facebook for `me`, the user of this token.",
            did=f"it did not ask. The callback ended at {page.path} with status {page.status}.",
            look=why_me_was_not_asked(site),
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if asked[-1].status != 200:
        raise Missed(
            should="with the access token your app asks Facebook for `me`, the user of this token.",
            did=f"it asked, and Facebook said: {what_facebook_said(site)}",
            look='facebook_authorized: facebook.get("me", …, token=(token, "")), with the token that Facebook gave.',
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if page.path != "/welcome" or page.status >= 400:
        raise Missed(
            should="after the login the user is on /welcome.",
            did=f"the login ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look="facebook_authorized: the last line returns the result of sign_in(…)."
            if page.status < 500
            else "facebook_authorized: Facebook responded to both requests, and then something went wrong.",
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    paths = [m.path for m in site.messages() if m.sender == APP and m.is_request and m.receiver == "facebook"]
    if re.search(r"/v[0-9.]+/", paths[0]) and not re.search(r"/v[0-9.]+/", paths[-1]):
        raise Missed(
            should="your app asks for `me` at the version of Facebook's API at which it exchanged the code.",
            did=f"it exchanged the code at {paths[0]}, and asked for {paths[-1]}, which names no version.",
            look="remote_app(…): base_url ends in a slash. Without the slash `me` replaces its last part.",
        )
    front_page = browser.open("/")
    for shown in (page, front_page):
        if taken_as_markup(shown):
            raise Missed(
                should="your app shows every name as text, because a user can choose any name at Facebook.",
                did=f"a user has the name {one.name}, and the browser read it as HTML at {shown.path}.",
                look=f"templates/{'index' if shown.path == '/' else 'welcome'}.html. {ESCAPE}",
            )
    front = front_page.words
    if one.name not in front or "Facebook" not in front.partition("Log out")[0]:
        raise Missed(
            should=f"the session has the user and the provider. The front page shows Facebook and {one.name}.",
            did=f"the front page says: {shortened(front)}",
            look='facebook_authorized: sign_in("Facebook", …) gets the provider, the subject, and the name.',
        )
    welcome = browser.open("/welcome").words
    if one.facebook.id not in welcome:
        raise Missed(
            should=f"the user's subject is their ID at Facebook, {one.facebook.id}. It stays the same. A name or an "
            "email address may change.",
            did=f"/welcome says: {shortened(welcome)}",
            look='facebook_authorized: the second argument of sign_in is me["id"].',
        )
    tokens = list(site.providers.facebook.access_tokens)
    kept = [name for name, value in held_by(browser).items() if any(token in value for token in tokens)]
    if kept:
        raise Missed(
            should="your app does not keep the access token. It needs the token once, and anybody who has the cookie "
            "can read it.",
            did=f"after the login the access token is in the cookie {kept[0]}.",
            look="facebook_authorized and sign_in: what else do they put into session?",
        )


def why_me_was_not_asked(site: Site) -> str:
    """Where to look if Facebook gave an access token, and the app did not ask for `me`."""
    exchange = max(
        n for n, m in enumerate(site.messages()) if m.is_request and m.path.endswith("/oauth/access_token")
    )
    later = [
        m
        for m in site.messages()[exchange + 1 :]
        if m.sender == APP and m.is_request and m.receiver == "facebook"
    ]
    if later:
        return (
            f"the app asked for {later[-1].path}. base_url in remote_app(…) is FACEBOOK_GRAPH_URL followed by /v25.0/. "
            "Flask-OAuthlib joins the path in facebook.get(…) to it."
        )
    return (
        'facebook_authorized: Facebook\'s response to the exchange has the keys "access_token", "token_type" and '
        '"expires_in". The access token goes into facebook.get("me", …, token=(token, "")).'
    )


@exercise("3.2")
def test_what_the_callbacks_url_says_of_a_person_is_not_believed(site: Site) -> None:
    """Anybody can add parameters to a URL. Ada comes back with Eve's id and name in the callback's URL."""
    ada, eve = person("ada"), person("eve")
    browser = site.browser()
    said = {"id": eve.facebook.id, "user_id": eve.facebook.id, "subject": eve.facebook.id, "name": eve.name}
    browser.open(changed(callback_for(site, browser, "ada"), **said))
    pages = [browser.open("/").words, browser.open("/welcome").words]
    if any(eve.name in words or eve.facebook.id in words for words in pages):
        raise Missed(
            should="your app takes the user's id and name from Facebook's response for `me`, and from nowhere else.",
            did=f"{ada.name} came back from Facebook, and the callback's URL also had id={eve.facebook.id}&name="
            f"{eve.name}. She is logged in as: {shortened(pages[1])}",
            look='facebook_authorized: me["id"] and me["name"], not request.args.',
        )


@exercise("3.2")
def test_no_token_is_taken_from_the_address(site: Site) -> None:
    token = site.providers.facebook.new_access_token(person("bo")).token
    site.providers.facebook.decide(person("bo"), {"public_profile": True, "email": True})
    for code in (None, "made-up"):
        browser = site.browser()
        state = asked_of_the_dialog(site, browser).get("state")
        browser.open(changed(CALLBACK, access_token=token, state=state, code=code))
        name = who_is_in(browser)
        if name:
            raise Missed(
                should="your app uses an access token only if Facebook gave it to your app, for a code. A token in a "
                "URL may be that of another user, or of another app.",
                did=f"a browser opened /auth/facebook/callback?access_token=…, and your app logged in {name}.",
                look="facebook_authorized: take the token from Facebook's response, not from request.args.",
            )


@exercise("3.2")
def test_a_login_that_failed_leaves_no_token(site: Site) -> None:
    for kind, words in (("error", "an error"), ("null", "null"), ("down", "nothing")):
        browser = site.browser()
        callback = callback_for(site, browser)
        site.providers.faults.set("facebook", "me", kind)
        browser.open(callback)
        site.providers.faults.clear()
        held = "".join(given_to(browser).values())
        if any(token in held for token in site.providers.facebook.access_tokens):
            raise Missed(
                should="your app does not keep the access token, also if a login fails.",
                did=f"Facebook gave an access token, and then responded to `me` with {words}. The access token is in "
                "a cookie now, and anybody who has the cookie can read it.",
                look="facebook_authorized: your app needs the access token for one request. Keep it in a local "
                "variable, and not in session.",
                whole=True,
            )


@exercise("3.2")
def test_no_variable_of_the_module_has_the_token(open_site: Callable[..., Site]) -> None:
    site = open_site(may_fail=True, **ASKED_FOR_VARIABLES)
    signed_in_with_facebook(site, site.browser(), "ada")
    for token in site.providers.facebook.access_tokens:
        for name in variables_with(site, token):
            raise Missed(
                should="your app does not keep the access token. At a login, the token is in a local variable. Two "
                "users may log in at the same moment. With one variable for both, your app may log Ada in as Bo.",
                did=f"after the login, the variable {name} holds the access token. This variable exists once, for all "
                "users.",
                look='facebook_authorized: give the token to facebook.get("me", …, token=(token, "")), in the same '
                "function, and keep it nowhere. You need no tokengetter for Facebook.",
            )


@exercise("3.2")
def test_one_provider_after_the_other(site: Site) -> None:
    browser = site.browser()
    signed_in_with_facebook(site, browser, "bo")
    try:
        page = signed_in(site, browser, "ada", start="/login/twitter")
    except Missed:
        return  # exercise 3.13 says what is wrong with Twitter
    if page.path != "/welcome":
        return
    front = browser.open("/").words
    if person("ada").name not in front or person("bo").name in front or "with Twitter" not in front:
        raise Missed(
            should="Bo logs in with Facebook, and then Ada with Twitter. Then the session has Twitter and Ada.",
            did=f"the front page says: {shortened(front)}",
            look='sign_in: there is one session["user"], for both providers.',
        )


@exercise("3.2")
def test_next_is_where_the_login_ends(site: Site) -> None:
    wanted = f"/?page={secrets.token_hex(4)}"
    page = signed_in_with_facebook(site, site.browser(), start=f"{START}?next={wanted.replace('?', '%3F')}")
    ended = page.path + (f"?{page.query}" if page.query else "")
    if ended != wanted or page.status >= 400:
        raise Missed(
            should=f"a login that begins at {START}?next={wanted} ends at {wanted}.",
            did=f"it ended at {ended} with status {page.status}.",
            look="sign_in knows the next page. Return the result of sign_in.",
        )


# 3.3 Be the attacker


@exercise("3.3")
def test_what_a_forged_callback_does(folder: Path) -> None:
    check_answer(
        folder,
        "forged",
        "b",
        {
            "a": "Look at the front page in Ada's window. Whose name is it? Your app exchanges Eve's code for Eve's "
            "token.",
            "c": "No password was in any of these messages. A code is good for one exchange, by your app.",
            "d": "Ada never allowed access at Facebook, so there is no token of Ada's. And Facebook gives a token to "
            "your app, not to Eve.",
        },
    )


# 3.4 Make a state


STATE_LOOK = "new_state: secrets.token_urlsafe() gives a new random string at each call."


@exercise("3.4")
def test_each_login_has_a_state_of_its_own(site: Site) -> None:
    one, other = site.browser(), site.browser()
    states = []
    for browser in (one, other, one):
        state = asked_of_the_dialog(site, browser).get("state")
        if not state:
            raise Missed(
                should="the URL of Facebook's dialog has a state (RFC 6749 section 4.1.1).",
                did="it sent no state." if state is None else "it sent an empty state.",
                look="new_state returns the random string that it has made, and facebook_login gives it to "
                "facebook.authorize(…, state=…).",
            )
        states.append(state)
    if states[0] == states[1]:
        raise Missed(
            should="each login has a state of its own.",
            did=f"it sent two users to Facebook with the same state, {states[0]!r}. An attacker who begins a login "
            "gets it, too.",
            look=STATE_LOOK,
        )
    if states[0] == states[2]:
        raise Missed(
            should="each login has a state of its own, also in the same browser.",
            did=f"it sent both logins of one user to Facebook with the same state, {states[0]!r}.",
            look=STATE_LOOK,
        )
    if min(map(len, states)) < 20:
        raise Missed(
            should="an attacker cannot guess a state. It has at least 128 random bits (RFC 6749 section 10.10), so 22 "
            "characters.",
            did=f"three logins had the states {', '.join(states)}.",
            look=STATE_LOOK,
        )
    if given_to(one) == given_to(other):
        raise Missed(
            should="new_state keeps the state in session. Only the session shows your app later in which browser a "
            "login began.",
            did=f"it sent two browsers to Facebook with the states {states[2]} and {states[1]}. Afterwards both hold "
            f"the same cookies: {shortened(', '.join(f'{name} {value}' for name, value in given_to(one).items()))}",
            look="new_state: put the state into session. A variable of the module is the same for all users, and each "
            "worker of a server has its own.",
        )


@exercise("3.4")
def test_a_state_follows_from_nothing(open_site: Callable[..., Site]) -> None:
    """Two processes that share everything except the system's own randomness make two states."""
    now, key = time.time(), secrets.token_hex(20)

    def states(clock: float, seed: int, workers: int = 1) -> list[str | None]:
        site = open_site(alike=Alike(clock, seed), environment={"SECRET_KEY": key}, workers=workers)
        return [asked_of_the_dialog(site, site.browser(number)).get("state") for number in range(workers)]

    one, other = states(now, 1, workers=2)
    if one is None or one != other:
        return
    if states(now, 2) != [one]:
        source = "the module random. An attacker who has seen a few of its numbers can compute the others"
    elif states(now + 1000, 1) != [one]:
        source = "the time, which an attacker knows"
    else:
        source = "a value that both share, such as SECRET_KEY or a counter"
    raise Missed(
        should="an attacker cannot compute a state. It comes from the system's own randomness (RFC 6749 section "
        "10.10).",
        did=f"two processes of your app had the same clock, the same seed of `random` and the same SECRET_KEY. Both "
        f"made the state {one}. It follows from {source}.",
        look=STATE_LOOK,
    )


# Alphabets of random strings, from the smallest to the largest.
HEXADECIMAL = string.digits + "abcdef"
ALPHABETS = (string.digits, HEXADECIMAL, HEXADECIMAL.upper(), string.ascii_letters + string.digits + "-_")
# So many random bits a state needs (RFC 6749 section 10.10), and so many logins show where it has them.
BITS, LOGINS = 128, 20


def most_bits(states: list[str]) -> float:
    """At most so many random bits are in strings of one kind. Each character that is not the same in all is one of an
    alphabet. If so many strings have two to four characters at one place, there are four for this place."""
    # A string that ends earlier has a character of its own there.
    places = [set(place) for place in itertools.zip_longest(*states, fillvalue="")]
    used = set().union(*(place for place in places if len(place) > 1)) - {""}
    size = next((len(alphabet) for alphabet in ALPHABETS if used <= set(alphabet)), 256) + 1
    return sum(math.log2(size if len(place) > 4 else 4) for place in places if len(place) > 1)


@exercise("3.4")
def test_a_state_is_random_enough(site: Site) -> None:
    browser = site.browser()
    states = [asked_of_the_dialog(site, browser).get("state", "") for _ in range(LOGINS)]
    bits = most_bits(states)
    if bits < BITS:
        version_4 = all(
            re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", s.replace("-", "")) for s in states
        )
        raise Missed(
            should=f"an attacker cannot guess a state. It has at least {BITS} random bits (RFC 6749 section 10.10).",
            did=f"it made states such as {states[-1]!r}. "
            + (
                "That is a UUID of version 4. It has only 122 random bits, because 6 of its 128 bits are the same in "
                "all UUIDs of this version."
                if version_4
                else f"Of its {len(states[-1])} characters, some or all are of a small alphabet, or the same in all of "
                f"{LOGINS} logins. So it has at most {bits:.0f} random bits."
            ),
            look=STATE_LOOK,
        )


# 3.5 Compare it


COMPARE = "is_ours: is there a state in the session, and is it the state of this callback?"


def forged(site: Site, callback: str, victim: Browser, how: str, look: str, since: int | None = None) -> None:
    """The victim opens a callback with the attacker's code, and the app must not log the victim in. `since` is the
    number of messages before the victim's."""
    code = dict(parse_qsl(urlsplit(callback).query)).get("code")
    page = victim.open(callback)
    name = who_is_in(victim)
    if not name and any(attempt.code == code for attempt in facebook_asked(site, "access_token")):
        raise Missed(
            should="your app rejects a callback of a different browser before it asks Facebook for anything.",
            did=f"{how}. Your app exchanged the code of this callback at Facebook, and rejected the callback only "
            "afterwards.",
            look="facebook_authorized: if is_ours gives False, return sorry(NOT_OURS) before the exchange.",
        )
    if name:
        raise Missed(
            should="a callback logs a user in only if their own browser began that login (RFC 6749 section 10.12).",
            did=f"{how}. The victim is now logged in as {name}.",
            look=look,
            flow=None if since is None else site.flow("Your app", since),
            expected=FORGED,
        )
    if 400 <= page.status < 500:
        # The app has rejected the callback, so the comparison is right. Its response is not.
        look = "facebook_authorized: if is_ours gives False, return sorry(NOT_OURS)."
    reads(page, site, NOT_OURS, what=f"{how}. Your app rejects this callback", look=look)


NEITHER = "If both states are missing, None == None and '' == '' are true."


@exercise("3.5")
def test_an_attackers_callback_is_refused(site: Site) -> None:
    # The victim has begun a login, too. Else Flask-OAuthlib knows no redirect_uri, and the exchange fails by chance.
    callback = callback_for(site, site.browser(), "eve")
    victim, since = site.browser(), len(site.messages())
    asked_of_the_dialog(site, victim)
    forged(
        site,
        callback,
        victim,
        "Eve sent a link with her code and her state to a user who had just begun a login",
        f"{COMPARE} It has to be the state of this browser. Some other state in the session is not enough, nor is "
        "a state that your app made for another browser.",
        since,
    )


@exercise("3.5")
def test_a_callback_without_state_is_refused(site: Site) -> None:
    for state in (None, ""):
        callback = callback_for(site, site.browser(), "eve")
        victim = site.browser()
        refuse(victim, start=START)
        site.app.begin_anew()  # for an app that fails at a denial, 3.10 has the message
        forged(
            site,
            changed(callback, state=state),
            victim,
            "Eve took the state out of her link, and sent it to a user who had begun a login and denied access",
            f"{COMPARE} {NEITHER}",
        )


@exercise("3.5")
def test_a_browser_that_began_nothing_is_refused(site: Site) -> None:
    callback = callback_for(site, site.browser(), "eve")
    for sent, how, look in (
        (callback, "her state", COMPARE),
        (changed(callback, state=None), "no state", f"{COMPARE} {NEITHER}"),
    ):
        what = f"Eve sent a link with her code and {how} to a user who had begun no login"
        forged(site, sent, site.browser(), what, look)


@exercise("3.5")
def test_any_other_state_is_refused(site: Site) -> None:
    callback = callback_for(site, site.browser(), "eve")
    victim = site.browser()
    mine = asked_of_the_dialog(site, victim).get("state", "")
    for state, how in (
        (secrets.token_urlsafe(24), "a callback came with Eve's code and an invented state"),
        (mine[: len(mine) // 2], "a callback came with Eve's code and half of the right state"),
        ("é" + mine[1:], "a callback came with Eve's code and a state that is not ASCII"),
    ):
        forged(
            site, changed(callback, state=state), victim, how, f"{COMPARE} Compare the whole state, as bytes."
        )


@exercise("3.5")
def test_ones_own_login_goes_on(site: Site) -> None:
    own_login(site, site.browser(), "ada", f"{COMPARE} new_state has to put the state there.")


# 3.6 Once


@exercise("3.6")
def test_a_state_is_good_for_one_callback(site: Site) -> None:
    victim = site.browser()
    used = callback_for(site, victim, "ada")
    victim.open(used)
    own, eve = who_is_in(victim), person("eve").name
    if own != person("ada").name:
        raise Missed(
            should="the first callback with a state logs the user in.",
            did=f"after this callback {own or 'no user'} was logged in.",
            look=COMPARE,
        )
    state = dict(parse_qsl(urlsplit(used).query)).get("state")
    callback = changed(callback_for(site, site.browser(), "eve"), state=state)
    asked = len(facebook_asked(site, "access_token"))
    page = victim.open(callback)
    look = "is_ours: read the state of the session, and take it out. session.pop(…) does both."
    if who_is_in(victim) == eve or len(facebook_asked(site, "access_token")) > asked:
        raise Missed(
            should="a state is good for one callback. The state is in URLs, which browsers and logs keep.",
            did=f"Ada logged in with the state {state}. Your app also accepted a second callback with the same state "
            "and Eve's code.",
            look=look,
        )
    reads(page, site, NOT_OURS, what="a callback comes with a used state", look=look)


@exercise("3.6")
def test_a_login_that_came_to_nothing_uses_its_state_up(site: Site) -> None:
    eve = person("eve").name
    for came, how in (
        ({"error": "access_denied"}, "denied access at Facebook"),
        ({"error": "server_error"}, "came back with an error"),
        ({"code": "made-up"}, "came back with a code that Facebook rejected"),
    ):
        victim = site.browser()
        state = asked_of_the_dialog(site, victim).get("state")
        victim.open(changed(CALLBACK, state=state, **came))
        site.app.begin_anew()  # for an app that fails here, 3.10 and 3.11 have the message
        callback = changed(callback_for(site, site.browser(), "eve"), state=state)
        asked = len(facebook_asked(site, "access_token"))
        victim.open(callback)
        signed_in_as = who_is_in(victim)
        if signed_in_as == eve or len(facebook_asked(site, "access_token")) > asked:
            raise Missed(
                should="a state is good for one callback, also if the login fails.",
                did=f"Ada {how}. Then her browser opened a callback with the same state, {state}, and Eve's code. Your "
                "app accepted it." + (f" Ada is logged in as {eve} now." if signed_in_as == eve else ""),
                look="facebook_authorized calls is_ours first, before it looks for a code or an error. And is_ours "
                "takes the state out at once, not at the end of the login.",
            )


@exercise("3.6")
def test_a_callback_that_is_loaded_again(site: Site) -> None:
    browser = site.browser()
    callback = callback_for(site, browser, "ada")
    browser.open(callback)
    page = browser.open(callback)
    reads(
        page,
        site,
        NOT_OURS,
        what="a user loads the URL of the callback again",
        look="is_ours: the first callback used the state up. Your app need not ask Facebook.",
    )
    if who_is_in(browser) != person("ada").name:
        raise Missed(
            should="a logged-in user who loads the callback's URL again stays logged in.",
            did="it logged the user out.",
            look="facebook_authorized: reject the callback, and leave session['user'] as it is.",
        )


# 3.7 Two tabs


def two_tabs(site: Site, browser: Browser, order: tuple[int, int]) -> tuple[list[str], list[Page]]:
    """Ada begins a login in one tab, and another login in a second tab. Gives the callbacks' URLs in the order in which
    they come back, and the pages where they end."""
    begun = [callback_for(site, browser, "ada"), callback_for(site, browser, "ada")]
    callbacks = [begun[tab] for tab in order]
    return callbacks, [browser.open(callback) for callback in callbacks]


def which_tab(order: tuple[int, int], place: int) -> str:
    opened, came = ("first", "second")[order[place]], ("first", "second")[place]
    return f"the {opened} tab came back {came}"


BOTH_ORDERS = pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first tab first", "second tab first"])


@exercise("3.7")
@BOTH_ORDERS
def test_the_states_of_two_tabs(site: Site, order: tuple[int, int]) -> None:
    browser, since = site.browser(), len(site.messages())
    callbacks, pages = two_tabs(site, browser, order)
    exchanged = [a.code for a in facebook_asked(site, "access_token")]
    for place, (callback, page) in enumerate(zip(callbacks, pages, strict=True)):
        if dict(parse_qsl(urlsplit(callback).query)).get("code") in exchanged:
            continue
        raise Missed(
            should="a user begins a login in each of two tabs. Your app made both states in this browser, so it "
            "exchanges both codes.",
            did=f"{which_tab(order, place)}, and your app did not exchange its code. The login ended at {page.path} "
            f"with status {page.status}: {shortened(page.words)}",
            look=_why_a_state_was_lost(site, callbacks[1], since),
        )


def _keys(session: str) -> set[str]:
    """The keys of a session, as it was in a cookie; none if it cannot be read."""
    try:
        return set(json.loads(session))
    except (ValueError, TypeError):
        return set()


def _why_a_state_was_lost(site: Site, second: str, since: int) -> str:
    """Where to look if the app rejected the state of one of two tabs. `second` is the URL of the second callback. Both
    came after `since` messages."""
    state = dict(parse_qsl(urlsplit(second).query)).get("state") or second
    sent = [
        session_sent_with(m) for m in site.messages()[since:] if m.is_request and m.url.startswith(CALLBACK)
    ]
    if len(sent) == 2 and state in sent[0] and state not in sent[1]:
        began = (
            "the session held the states of both tabs when the first callback came, and no state afterwards."
        )
        if _keys(sent[0]) & _keys(sent[1]):
            return f"{began} is_ours takes out only the state of this callback."
        return f"{began} All else in the session is gone, too. What calls session.clear(), or does the same?"
    return (
        "new_state: with one place for all tabs, the second tab replaces the state of the first tab. And is_ours: take "
        "out only the state of this callback."
    )


@exercise("3.7")
def test_a_forged_callback_ends_no_other_login(site: Site) -> None:
    browser = site.browser()
    callback = callback_for(site, browser, "ada")
    browser.open(changed(callback, state="made-up", code="made-up"))
    if not any(_keys(held) for held in held_by(browser).values()):
        return  # the whole session is gone, and 3.6 is about that
    page = browser.open(callback)
    if page.path != "/welcome" or page.status != 200:
        raise Missed(
            should="a callback with a state that your app did not make leaves the states of this browser's tabs alone.",
            did="Ada began a login in one tab. In another tab she opened a callback with a made-up state, for example "
            f"from Eve's link. Then her own callback came, and ended at {page.path}: {shortened(page.words)}",
            look="is_ours: take the state of this callback out of session['states'], and leave the others.",
        )


@exercise("3.7")
def test_logins_that_were_never_finished(site: Site) -> None:
    browser = site.browser()
    for _ in range(100):
        asked_of_the_dialog(site, browser)
    page = signed_in_with_facebook(site, browser)
    if page.path != "/welcome" or page.status != 200:
        raise Missed(
            should="a user can log in, however many logins they began before and did not finish.",
            did=f"a user began a hundred logins, and the next login ended at {page.path} with status {page.status}: "
            f"{shortened(page.words)}",
            look=f"new_state: keep only the last TABS states. {why_session_was_lost(site)}",
        )


# So many unfinished logins a browser may have: TABS in app.py, which was given.
TABS = 5


@exercise("3.7")
def test_the_newest_logins_are_kept(site: Site) -> None:
    browser = site.browser()
    # Many, so that an app that does not keep the order of its states loses one of the newest for certain.
    for _ in range(40):
        asked_of_the_dialog(site, browser)
    callbacks = [callback_for(site, browser, "ada") for _ in range(TABS)]
    exchanged = 0
    for callback in callbacks:
        browser.open(callback)
        code = dict(parse_qsl(urlsplit(callback).query)).get("code")
        exchanged += code in [a.code for a in facebook_asked(site, "access_token")]
    if exchanged < TABS:
        raise Missed(
            should=f"of a browser's unfinished logins, your app keeps the newest {TABS} (TABS). When their callbacks "
            f"come, it exchanges {TABS} codes.",
            did=f"a user began 40 logins in one browser, and then {TABS} more. Of the last {TABS} logins, your app "
            f"exchanged the code of {exchanged}.",
            look=why_session_was_lost(site)
            or "new_state: keep the states in a list, and drop the first one of the list. Flask sorts the keys of a "
            "dictionary when it writes the session cookie, so the first key is not the oldest.",
        )


# 3.8 A callback for each tab


@exercise("3.8")
@BOTH_ORDERS
def test_logins_in_two_tabs(site: Site, order: tuple[int, int]) -> None:
    _, pages = two_tabs(site, site.browser(), order)
    for place, page in enumerate(pages):
        if page.path == "/welcome" and page.status == 200:
            continue
        refused = [a for a in facebook_asked(site, "access_token") if a.status != 200]
        did, look = f"{which_tab(order, place)}, and ended at {page.path} with status {page.status}.", ""
        if refused:
            why, look = why_facebook_refused(site, refused[-1])
            did = f"{did} Your app asked for an access token, and Facebook rejected the exchange: {why}"
        raise Missed(
            should="a user begins a login in each of two tabs. Both logins end on /welcome.",
            did=f"{did} The page says: {shortened(page.words)}",
            look=look
            or "facebook_authorized: what does the first callback change that the second callback needs?",
        )


@exercise("3.8")
@BOTH_ORDERS
def test_two_tabs_that_began_on_two_pages(site: Site, order: tuple[int, int]) -> None:
    browser = site.browser()
    begun = [callback_for(site, browser, "ada", f"{START}?next=%2F%3Ftab%3D{tab}") for tab in ("1", "2")]
    for place, tab in enumerate(order):
        page = browser.open(begun[tab])
        refused = [a for a in facebook_asked(site, "access_token") if a.status != 200]
        if refused:
            why, look = why_facebook_refused(site, refused[-1])
            raise Missed(
                should=f"a user begins a login at {START}?next=/?tab=1, and in a second tab a login at "
                f"{START}?next=/?tab=2. Facebook gives your app an access token for both.",
                did=f"{which_tab(order, place)}, and ended at {page.path} with status {page.status}. Your app asked "
                f"for an access token, and Facebook rejected the exchange: {why}",
                look=look
                if refused[-1].redirect_uri is None
                else "facebook_login: the session has one place for the redirect URI, so the redirect URI has to be "
                "the same for all tabs. Keep next in the session, and not in the redirect URI.",
            )


# 3.9 The email address, and users who have none


@exercise("3.9")
def test_the_address_is_asked_for(site: Site) -> None:
    browser = site.browser()
    scope = asked_of_the_dialog(site, browser).get("scope", "")
    page = browser.open(changed(callback_for(site, browser, "ada"), email="eve@example.com"))
    address = person("ada").facebook.email or ""
    if "eve@example.com" in page.words:
        raise Missed(
            should="your app takes the email address from Facebook's response for `me`, and from nowhere else.",
            did="Ada came back from Facebook, and the callback's URL also had email=eve@example.com. "
            f"/welcome says: {shortened(page.words)}",
            look='facebook_authorized: me.get("email"), not request.args.',
        )
    if address in page.words:
        return
    fields = [a.fields for a in facebook_asked(site, "me")]
    if "email" not in scope.replace(",", " ").split():
        did = f"it opened the dialog with the scope {scope!r}, so Facebook did not ask Ada for the email address."
        look = 'remote_app(…): request_token_params={"scope": "email"}. For OAuth 2 these parameters go to the dialog.'
    elif not fields or "email" not in (fields[-1] or "").split(","):
        did = f"Ada allowed it, and your app asked Facebook for `me` with the fields {(fields or [None])[-1]!r}."
        look = 'facebook.get("me", data={"fields": "id,name,email"}, …). Without fields, Facebook gives id and name.'
    else:
        did = f"it got the email address from Facebook, and /welcome says: {shortened(page.words)}"
        look = "facebook_authorized: the last argument of sign_in(…) is the email address."
    raise Missed(should=f"/welcome shows Ada's email address at Facebook, {address}.", did=did, look=look)


def refused_the_address(browser: Browser) -> Page:
    """Ada unticks the email address, and goes on."""
    page = browser.open(START)
    form = next(form for form in page.forms() if "decision" in form.buttons)
    return browser.submit(form, person="ada", decision="allow", permission="")


@exercise("3.9")
@pytest.mark.parametrize(
    ("who", "why", "visit"),
    [
        (
            "eve",
            "has no confirmed email address at Facebook",
            lambda browser: sign_in(browser, "eve", start=START),
        ),
        ("ada", "has unticked the email address in Facebook's dialog", refused_the_address),
    ],
    ids=["no email address", "scope denied"],
)
def test_without_an_address(site: Site, who: str, why: str, visit: Callable[[Browser], Page]) -> None:
    browser = site.browser()
    asked_of_the_dialog(site, browser)
    page = visit(browser)
    name = person(who).name
    if page.path == "/welcome" and page.status == 200 and name in page.words and "None" not in page.words:
        return
    answer = [m.body for m in site.messages() if m.sender == "facebook" and "/me" in m.path and m.status]
    raise Missed(
        should=f"{name} {why}. Your app logs this user in, and /welcome greets them.",
        did=f"the login ended at {page.path} with status {page.status}: {shortened(page.words)} Facebook's response "
        f"was: {answer[-1].strip() if answer else 'nothing'}.",
        look='facebook_authorized: me.get("email") gives None, and your app made the string "None" of it. Give it to '
        "sign_in without str(…)."
        if page.path == "/welcome" and "None" in page.words
        else 'facebook_authorized: without an email address, the response has no such key. Then me.get("email") gives '
        'None, and me["email"] raises KeyError.',
    )


@exercise("3.9")
def test_an_address_of_the_login_before_is_not_shown(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser, "ada", start="/login/twitter")
    page = signed_in_with_facebook(site, browser, "eve")
    address = person("ada").twitter.email or ""
    if address in page.words:
        raise Missed(
            should=f"{person('eve').name} has no email address at Facebook, and /welcome shows none.",
            did=f"Ada logged in with Twitter in this browser before. /welcome shows Ada's email address, {address}.",
            look="sign_in: session['user'] gets the four values of this login, and keeps none of the login before.",
        )


# 3.10 Without a code


@exercise("3.10")
def test_a_person_who_says_no(site: Site) -> None:
    browser = site.browser()
    try:
        page = refuse(browser, start=START)
    except NotAsked as error:
        raise not_at_facebook(site, error.page) from None
    look = 'facebook_authorized: Cancel brings error=access_denied, and no code. First look for "code" in request.args.'
    reads(page, site, DENIED, what="a user clicks Cancel at Facebook", look=look)
    nobody_is_in(browser, what="a user clicks Cancel at Facebook", look=look)
    own_login(site, browser, "ada", "what does a denial leave in the session?")


WITHOUT_CODE = (
    {
        "error": "server_error",
        "error_description": f"Something went {MARKUP} wrong",
    },  # RFC 6749 section 4.1.2.1
    {"error": "temporarily_unavailable"},
    # Facebook has errors without `error` (jaredhanson/passport-facebook, test/strategy.test.js).
    {"error_code": "901", "error_message": "This app is in sandbox mode."},
    {},
)


@exercise("3.10")
def test_any_other_callback_without_a_code(site: Site) -> None:
    look = "facebook_authorized: without a code there is no login, whatever else the URL says."
    for came in WITHOUT_CODE:
        browser = site.browser()
        state = asked_of_the_dialog(site, browser).get("state")
        page = browser.open(changed(CALLBACK, state=state, **came))
        said = "&".join(f"{name}={value}" for name, value in came.items()) or "only the state"
        nobody_is_in(browser, what=f"Facebook sends a user back with {said}", look=look)
        reads(page, site, NO_HELP, what=f"Facebook sends a user back with {said}", look=look)
        if taken_as_markup(page):
            raise Missed(
                should="your app shows parameters of the callback's URL only as text, because anybody can write such a "
                "URL.",
                did=f"a user came back with {said}, and the browser read it as HTML at {page.path}.",
                look=f"facebook_authorized: what does it give to sorry(…)? {ESCAPE}",
            )


# 3.11 When Facebook does not help

FAULTS = (
    ("access_token", "error", "responds to the exchange with status 500 and an error"),
    ("access_token", "expired_code", "says that the code is too old"),
    ("access_token", "broken_json", "responds to the exchange with half of a JSON document"),
    ("access_token", "down", "closes the connection in the middle of the exchange"),
    ("me", "error", "responds to `me` with status 500 and an error"),
    ("me", "broken_json", "responds to `me` with half of a JSON document"),
    ("me", "down", "closes the connection when your app asks for `me`"),
    ("me", "cut", "closes the connection in the middle of its response for `me`"),
    ("access_token", "cut", "closes the connection in the middle of its response to the exchange"),
    ("me", "null", "responds to `me` with null"),
    ("access_token", "null", "responds to the exchange with null"),
)


@exercise("3.11")
def test_facebook_does_not_help(site: Site) -> None:
    look = (
        "facebook_authorized: try … except around both requests to Facebook. Which exceptions do you catch?"
    )
    for endpoint, kind, words in FAULTS:
        browser = site.browser()
        callback = callback_for(site, browser, "ada")
        site.providers.faults.set("facebook", endpoint, kind)
        page = browser.open(callback)
        site.providers.faults.clear()
        if page.path == "/welcome" and page.status == 200:
            raise Missed(
                should=f"Facebook {words}. Then no user is logged in.",
                did=f"it logged in a user without an id. /welcome says: {shortened(page.words)}",
                look='facebook_authorized: read me["id"] and me["name"] inside the try. An error has neither. Then '
                'me["id"] raises KeyError, and me.get("id") gives None.',
            )
        here = look if kind != "null" else f"{look} None has no keys, and raises TypeError."
        nobody_is_in(browser, what=f"Facebook {words}", look=here)
        reads(page, site, NO_HELP, what=f"Facebook {words}", look=here)
    own_login(site, browser, "ada", "what does a failed login leave in the session?")


@exercise("3.11")
def test_a_code_that_facebook_does_not_know(site: Site) -> None:
    browser = site.browser()
    state = asked_of_the_dialog(site, browser).get("state")
    page = browser.open(changed(CALLBACK, state=state, code="made-up"))
    look = "facebook_authorized: then Facebook's response is an error, and has no access_token."
    nobody_is_in(browser, what="the code in the callback's URL is made up", look=look)
    reads(page, site, NO_HELP, what="the code in the callback's URL is made up", look=look)


# How long a request to Facebook may take in the check below (seconds).
PATIENCE = 0.2
# A module beside the app's own, which loads the app as Flask does. The app's requests to Facebook end after that time,
# as with socket.setdefaulttimeout, which the chapter advises.
IMPATIENT = f"""
import http.client

from flask.cli import ScriptInfo

connect = http.client.HTTPConnection.connect


def connect_and_wait(connection):
    connect(connection)
    connection.sock.settimeout({PATIENCE})


http.client.HTTPConnection.connect = connect_and_wait
app = ScriptInfo(app_import_path="app", set_debug_flag=False).load_app()
"""


@exercise("3.11")
def test_facebook_does_not_respond(open_site: Callable[..., Site]) -> None:
    site = open_site(
        may_fail=True,
        environment={"FLASK_APP": "impatient_app"},
        added=lambda providers: {"impatient_app.py": IMPATIENT},
    )
    browser = site.browser()
    callback = callback_for(site, browser, "ada")
    site.providers.faults.set("facebook", "access_token", "silent")
    # An app with a library of its own may wait for ever. Then Facebook responds with an error in the end.
    in_the_end = threading.Timer(10 * PATIENCE, site.providers.faults.clear)
    in_the_end.start()
    page = browser.open(callback)
    in_the_end.cancel()
    what = (
        "Facebook accepts the request for the exchange and does not respond, and your app stops waiting, as with "
        "socket.setdefaulttimeout"
    )
    look = (
        "facebook_authorized: then the request raises TimeoutError. It is an OSError, and neither a URLError nor a "
        "ConnectionError. The except has to name OSError."
    )
    reads(page, site, NO_HELP, what=what, look=look)
    nobody_is_in(browser, what=what, look=look)


# 3.12 What protects the secret


@exercise("3.12")
def test_what_protects_the_secret(folder: Path) -> None:
    check_answer(
        folder,
        "protected_by",
        "c",
        {
            "a": "There is no signature. Look for one in the request with client_secret.",
            "b": "Your app sends the code in the same request. An attacker who reads it has both, code and secret.",
            "d": "The request has the secret itself. Look at the request in the notebook.",
        },
    )


# 3.13 Twitter as before


@exercise("3.13")
@pytest.mark.parametrize("who", ["ada", "chen"])
def test_twitter_as_before(site: Site, who: str) -> None:
    browser = site.browser()
    page = signed_in(site, browser, who, start="/login/twitter", expected=BOTH)
    one = person(who)
    front = browser.open("/").words
    if page.path != "/welcome" or page.status != 200 or one.name not in front or "with Twitter" not in front:
        raise Missed(
            should=f"{one.name} logs in with Twitter as before, and the front page says: signed in with Twitter.",
            did=f"the login ended at {page.path} with status {page.status}. The front page says: "
            f"{shortened(front)}",
            look="twitter_authorized and sign_in were given. OAuth 1.0a has no state, and uses the request token in "
            "the session instead.",
            flow=site.flow("Your app"),
            expected=BOTH,
        )


@exercise("3.13")
def test_a_refusal_at_twitter_as_before(site: Site) -> None:
    page = refuse(site.browser(), start="/login/twitter")
    reads(
        page,
        site,
        DENIED,
        what="a user clicks Cancel at Twitter",
        look="twitter_authorized: it was given. After a denial, Twitter's callback has denied=…, and no state.",
    )
