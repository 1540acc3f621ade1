"""Step 03: sign in with Facebook, beside Twitter. Who is let in by which callback, and what people see otherwise."""

from __future__ import annotations

import json
import re
import secrets
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
    """Whose name stands on the front page."""
    words = browser.open("/").words
    return next((one.name for one in PEOPLE if one.name in words), None)


def facebook_asked(site: Site, endpoint: str) -> list[Attempt]:
    """What the app asked Facebook at one of its endpoints."""
    return [a for a in site.providers.facebook.attempts if a.endpoint == endpoint]


def own_login(site: Site, browser: Browser, who: str, look: str) -> None:
    """A login as it is meant to be, which has to go on working."""
    since = len(site.messages())
    page = signed_in_with_facebook(site, browser, who)
    if NOT_OURS in page.words:
        raise own_state_refused(site, since)
    if page.path != "/welcome" or page.status >= 400:
        raise Missed(
            should="a login that began in this browser ends on /welcome.",
            did=f"it ended at {page.path} with the status {page.status}: {shortened(page.words)}",
            look=" ".join(filter(None, [look, why_session_was_lost(site)])),
            flow=site.flow("Your app", since),
            expected=SIGN_IN,
        )


def own_state_refused(site: Site, since: int = 0) -> Missed:
    """The app does not know the state of its own login any more, which began after `since` messages."""
    asked = [m for m in site.messages()[since:] if m.is_request]
    went = [m.get("state") for m in asked if m.path.endswith("/dialog/oauth")]
    back = [m for m in asked if m.path.endswith("/facebook/callback")]
    came = [m.get("state") for m in back]
    if went[-1] and went[-1] in session_sent_with(back[-1]):
        look = (
            "the session that came with this callback held that state. Is the session emptied before is_ours looks? "
            "And does is_ours look under the name under which new_state has kept it, and give its answer back?"
        )
    else:
        look = (
            "the session that came with this callback did not hold that state: has new_state kept it there, under the "
            "name under which is_ours looks for it?"
        )
    return Missed(
        should="a login that began in this browser ends on /welcome.",
        did=f"it refused its own login: {NOT_OURS} The state went to Facebook as {went[-1]!r}, and came back as "
        f"{came[-1]!r}.",
        look=why_session_was_lost(site) or look,
        flow=site.flow("Your app", since),
        expected=SIGN_IN,
    )


def reads(page: Page, site: Site, message: str, *, what: str, look: str) -> None:
    """A person whose login came to nothing is on a page of the app, and reads why."""
    should = f"{what}: the person ends on the front page and reads there: {message}"
    if page.status >= 400:
        raise Missed(should=should, did=f"{page.path} answered with the status {page.status}.", look=look)
    if site.at_provider(page):
        raise Missed(
            should=should,
            did="it sent the person straight back to Facebook.",
            look=f"{look} Go to url_for('index'), a page that does not begin a login.",
        )
    if message not in page.words:
        if DENIED in page.words:
            look = (
                f"{look} That they denied it is true of error=access_denied alone (RFC 6749 section 4.1.2.1): nobody "
                "denied anything where another error comes, or none."
            )
        raise Missed(
            should=should, did=f"they ended at {page.path} and read: {shortened(page.words)}", look=look
        )


def nobody_is_in(browser: Browser, *, what: str, look: str) -> None:
    name = who_is_in(browser)
    welcome = browser.open("/welcome")
    if name or (welcome.path == "/welcome" and welcome.status == 200):
        raise Missed(
            should=f"{what}: nobody is signed in.",
            did=f"{name} is signed in." if name else f"/welcome says: {shortened(welcome.words)}",
            look=look,
        )


# 3.1 Register Facebook, and send the person there


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
            should="the app asks for a code: response_type=code (RFC 6749 section 4.1.1).",
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
            should="the app's secret goes from the app to Facebook, and never through a browser "
            "(RFC 6749 section 2.3.1).",
            did=f"the URL of Facebook's dialog has it, as {names[0]}: everybody who logs in sees it there.",
            look="remote_app(…): consumer_key is what everybody may see, consumer_secret is not.",
        )


@exercise("3.1")
def test_the_secret_is_in_no_url(site: Site) -> None:
    """Exercise 3.2 exchanges the code, by what 3.1 has registered. Until then nothing is exchanged here."""
    browser = site.browser()
    browser.open(callback_for(site, browser))
    site.app.begin_anew()  # 3.2 says what an app that fails at the callback has to learn
    secret = site.providers.facebook.app_secret
    asked = next((m for m in site.messages() if m.sender == APP and m.is_request and secret in m.url), None)
    if asked is not None:
        raise Missed(
            should="your app sends the client secret in the body of a POST request. URLs are kept in logs "
            "(RFC 6749 section 2.3.1).",
            did=f"it sent {asked.method} {asked.path}, with the client secret in the query string.",
            look='remote_app(…): access_token_method="POST".',
        )


# 3.2 Swap the code, and ask who it is


@exercise("3.2")
def test_the_code_is_swapped_for_a_token(site: Site) -> None:
    page = signed_in_with_facebook(site, site.browser())
    asked = facebook_asked(site, "access_token")
    should = "at the callback your app hands the code and its secret in, and gets an access token."
    if NOT_OURS in page.words:
        raise own_state_refused(site)
    if not asked:
        sent = [m for m in site.messages() if (m.sender, m.receiver, m.is_request) == (APP, "facebook", True)]
        instead = next((m for m in sent if not m.path.endswith("/me")), None)
        raise Missed(
            should=should,
            did=f"it asked Facebook for something else: {instead.method} {instead.path}."
            if instead
            else f"it never asked for one. The callback ended at {page.path} with the status {page.status}: "
            f"{shortened(page.words)}",
            look="remote_app(…): access_token_url is FACEBOOK_GRAPH_URL followed by /v25.0/oauth/access_token."
            if instead
            else f"facebook_authorized: facebook.authorized_response() does it. {why_session_was_lost(site)}".strip(),
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if not any(attempt.status == 200 for attempt in asked):
        did, look = why_facebook_refused(site, asked[-1])
        raise Missed(
            should=should,
            did=f"it asked, and Facebook refused: {did}",
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
            did=f"it asked for {len(swapped)} tokens, the last time {did}",
            look=look,
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if not asked:
        raise Missed(
            should="with the access token your app asks Facebook for `me`: whose token is it?",
            did=f"it did not ask. The callback ended at {page.path} with the status {page.status}.",
            look=why_me_was_not_asked(site),
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if asked[-1].status != 200:
        raise Missed(
            should="with the access token your app asks Facebook for `me`: whose token is it?",
            did=f"it asked, and Facebook said: {what_facebook_said(site)}",
            look='facebook_authorized: facebook.get("me", …, token=(token, "")), with the token that Facebook gave.',
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if page.path != "/welcome" or page.status >= 400:
        raise Missed(
            should="after the login the person is on /welcome.",
            did=f"they ended at {page.path} with the status {page.status}: {shortened(page.words)}",
            look="facebook_authorized: the last line gives back what sign_in(…) gives."
            if page.status < 500
            else "facebook_authorized: Facebook has answered both questions, and then something went wrong.",
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    paths = [m.path for m in site.messages() if m.sender == APP and m.is_request and m.receiver == "facebook"]
    if re.search(r"/v[0-9.]+/", paths[0]) and not re.search(r"/v[0-9.]+/", paths[-1]):
        raise Missed(
            should="your app asks for `me` at the version of Facebook's API at which it exchanged the code.",
            did=f"it exchanged the code at {paths[0]}, and asked for {paths[-1]}, which names no version.",
            look="remote_app(…): base_url ends in a slash. Without the slash `me` takes the place of its last part.",
        )
    front_page = browser.open("/")
    for shown in (page, front_page):
        if taken_as_markup(shown):
            raise Missed(
                should="a name is shown as text, whatever it is: anybody can choose one at Facebook.",
                did=f"somebody is called {one.name}, and {shown.path} took the name for markup.",
                look=f"templates/{'index' if shown.path == '/' else 'welcome'}.html. {ESCAPE}",
            )
    front = front_page.words
    if one.name not in front or "Facebook" not in front.partition("Log out")[0]:
        raise Missed(
            should=f"the session says who is there, and by which provider: signed in with Facebook, as {one.name}.",
            did=f"the front page says: {shortened(front)}",
            look='facebook_authorized: sign_in("Facebook", …) gets the provider, its number for the person, and name.',
        )
    welcome = browser.open("/welcome").words
    if one.facebook.id not in welcome:
        raise Missed(
            should=f"the person's subject is the number that Facebook has for them, {one.facebook.id}: it stays, and a "
            "name or an address may change.",
            did=f"/welcome says: {shortened(welcome)}",
            look='facebook_authorized: the second argument of sign_in is me["id"].',
        )
    tokens = list(site.providers.facebook.access_tokens)
    kept = [name for name, value in held_by(browser).items() if any(token in value for token in tokens)]
    if kept:
        raise Missed(
            should="the access token is not kept: your app asks once whose it is, and everybody who has a cookie can "
            "read it.",
            did=f"after the login the access token is in the cookie {kept[0]}.",
            look="facebook_authorized and sign_in: what else do they put into session?",
        )


def why_me_was_not_asked(site: Site) -> str:
    """Where to look if Facebook gave an access token, and was then not asked for `me`."""
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
            f"the app asked for {later[-1].path}. base_url in remote_app(…) is FACEBOOK_GRAPH_URL and /v25.0/, and "
            "what facebook.get is given is added to it."
        )
    return (
        'facebook_authorized: Facebook\'s answer to the exchange has the keys "access_token", "token_type" and '
        '"expires_in". The access token goes into facebook.get("me", …, token=(token, "")).'
    )


@exercise("3.2")
def test_what_the_callbacks_url_says_of_a_person_is_not_believed(site: Site) -> None:
    """Anybody can add something to a URL. Ada comes back with Eve's id and name in hers."""
    ada, eve = person("ada"), person("eve")
    browser = site.browser()
    said = {"id": eve.facebook.id, "user_id": eve.facebook.id, "subject": eve.facebook.id, "name": eve.name}
    browser.open(changed(callback_for(site, browser, "ada"), **said))
    pages = [browser.open("/").words, browser.open("/welcome").words]
    if any(eve.name in words or eve.facebook.id in words for words in pages):
        raise Missed(
            should="your app takes a person's id and name from Facebook's answer for `me`, and from nowhere else.",
            did=f"{ada.name} came back from Facebook, and somebody had added id={eve.facebook.id}&name={eve.name} to "
            f"the URL of the callback. She is signed in as: {shortened(pages[1])}",
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
                should="an access token counts only if Facebook gave it to your app, for a code. In an address anybody "
                "can put one that was given to them, or to another app, by somebody else.",
                did=f"a browser opened /auth/facebook/callback?access_token=…, and was signed in as {name}.",
                look="facebook_authorized: take the token from Facebook's answer, not from request.args.",
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
                should="your app does not keep the access token, also where a login comes to nothing.",
                did=f"Facebook gave an access token, and then answered `me` with {words}. The access token is in a "
                "cookie now, and everybody who has the cookie can read it.",
                look="facebook_authorized: the access token is needed for one request. Keep it in a local variable, "
                "and not in session.",
                whole=True,
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
            should="when Bo has signed in with Facebook, and then Ada with Twitter, the session says: Twitter, Ada.",
            did=f"the front page says: {shortened(front)}",
            look='sign_in: there is one session["user"], whoever told who it is.',
        )


@exercise("3.2")
def test_next_is_where_the_login_ends(site: Site) -> None:
    wanted = f"/?page={secrets.token_hex(4)}"
    page = signed_in_with_facebook(site, site.browser(), start=f"{START}?next={wanted.replace('?', '%3F')}")
    ended = page.path + (f"?{page.query}" if page.query else "")
    if ended != wanted or page.status >= 400:
        raise Missed(
            should=f"a login that begins at {START}?next={wanted} ends at {wanted}.",
            did=f"it ended at {ended} with the status {page.status}.",
            look="sign_in knows where to go on: give back what it gives.",
        )


# 3.3 Be the attacker


@exercise("3.3")
def test_what_a_forged_callback_does(folder: Path) -> None:
    check_answer(
        folder,
        "forged",
        "b",
        {
            "a": "Look at the front page in Ada's window: whose name is it? Eve's code is swapped for Eve's token.",
            "c": "No password was in any of these messages. A code is good for one exchange, by your app.",
            "d": "Ada never said yes at Facebook, so there is no token of Ada's. And a token goes to your app, not to "
            "Eve.",
        },
    )


# 3.4 Make a state


STATE_LOOK = "new_state: secrets.token_urlsafe() gives a new word at each call."


@exercise("3.4")
def test_each_login_has_a_state_of_its_own(site: Site) -> None:
    one, other = site.browser(), site.browser()
    states = []
    for browser in (one, other, one):
        state = asked_of_the_dialog(site, browser).get("state")
        if not state:
            raise Missed(
                should="the address of Facebook's dialog carries a state (RFC 6749 section 4.1.1).",
                did="it carries none." if state is None else "its state is empty.",
                look="new_state gives back the word that it has made, and facebook_login gives it to "
                "facebook.authorize(…, state=…).",
            )
        states.append(state)
    if states[0] == states[1]:
        raise Missed(
            should="each login has a state of its own.",
            did=f"two people were sent to Facebook with the same state, {states[0]!r}. An attacker gets it "
            "by beginning a login, too.",
            look=STATE_LOOK,
        )
    if states[0] == states[2]:
        raise Missed(
            should="each login has a state of its own, also in the same browser.",
            did=f"somebody who began twice was sent to Facebook with the same state, {states[0]!r}.",
            look=STATE_LOOK,
        )
    if min(map(len, states)) < 20:
        raise Missed(
            should="nobody can guess a state: it has at least 128 random bits (RFC 6749 section 10.10), 22 letters.",
            did=f"three logins had the states {', '.join(states)}.",
            look=STATE_LOOK,
        )
    if given_to(one) == given_to(other):
        raise Missed(
            should="new_state keeps the state in session: only there your app finds out later in which browser a login "
            "began.",
            did=f"two browsers were sent to Facebook with the states {states[2]} and {states[1]}, and afterwards both "
            f"hold the same: {shortened(', '.join(f'{name} {value}' for name, value in given_to(one).items()))}",
            look="new_state: put the state into session. A variable of the module is the same for all people, and each "
            "worker of a server has its own.",
        )


@exercise("3.4")
def test_a_state_follows_from_nothing(open_site: Callable[..., Site]) -> None:
    """Two processes that have all in common but the system's own randomness make two states."""
    now, key = time.time(), secrets.token_hex(20)

    def states(clock: float, seed: int, workers: int = 1) -> list[str | None]:
        site = open_site(alike=Alike(clock, seed), environment={"SECRET_KEY": key}, workers=workers)
        return [asked_of_the_dialog(site, site.browser(number)).get("state") for number in range(workers)]

    one, other = states(now, 1, workers=2)
    if one is None or one != other:
        return
    if states(now, 2) != [one]:
        source = "the module random. Its numbers follow from a few that somebody has seen"
    elif states(now + 1000, 1) != [one]:
        source = "the time, which everybody knows"
    else:
        source = "what is the same in both, such as SECRET_KEY or a counter"
    raise Missed(
        should="nobody can work a state out: it comes from the system's own randomness (RFC 6749 section 10.10).",
        did=f"two processes of your app, with the same clock, the same beginning of `random` and the same SECRET_KEY, "
        f"both made the state {one}. It follows from {source}.",
        look=STATE_LOOK,
    )


# 3.5 Compare it


COMPARE = "is_ours: is there a state in the session, and is it the one that came?"


def forged(site: Site, callback: str, victim: Browser, how: str, look: str, since: int | None = None) -> None:
    """The victim opens a callback with the attacker's code, and must not be signed in by it. `since` is the number of
    messages that were said before the victim's."""
    code = dict(parse_qsl(urlsplit(callback).query)).get("code")
    page = victim.open(callback)
    name = who_is_in(victim)
    if not name and any(attempt.code == code for attempt in facebook_asked(site, "access_token")):
        raise Missed(
            should="a callback that did not begin in this browser ends before your app asks Facebook for anything.",
            did=f"{how}. Your app handed the code of that callback in at Facebook, and refused the callback only "
            "afterwards.",
            look="facebook_authorized: where is_ours says no, return sorry(NOT_OURS) before the exchange.",
        )
    if name:
        raise Missed(
            should="a callback signs a person in only if their own browser began that login (RFC 6749 section 10.12).",
            did=f"{how}. The browser is signed in as {name} now.",
            look=look,
            flow=None if since is None else site.flow("Your app", since),
            expected=FORGED,
        )
    if 400 <= page.status < 500:
        # The app has refused the callback, so the comparison is right. The answer to it is not.
        look = "facebook_authorized: where is_ours says no, return sorry(NOT_OURS)."
    reads(page, site, NOT_OURS, what=f"{how}, and the app does nothing with it", look=look)


NEITHER = "Where neither has one, None == None and '' == '' are true."


@exercise("3.5")
def test_an_attackers_callback_is_refused(site: Site) -> None:
    # The victim has begun a login, too. Without one Flask-OAuthlib knows no redirect_uri, and the swap fails by chance.
    callback = callback_for(site, site.browser(), "eve")
    victim, since = site.browser(), len(site.messages())
    asked_of_the_dialog(site, victim)
    forged(
        site,
        callback,
        victim,
        "Eve sent a link with her code and her state to somebody who had just begun a login",
        f"{COMPARE} It has to be this browser's: that another state waits there, or that the app once made this one "
        "for somebody, is not enough.",
        since,
    )


@exercise("3.5")
def test_a_callback_without_state_is_refused(site: Site) -> None:
    for state in (None, ""):
        callback = callback_for(site, site.browser(), "eve")
        victim = site.browser()
        refuse(victim, start=START)
        site.app.begin_anew()  # an app that fails at a refusal has 3.10 to answer for it
        forged(
            site,
            changed(callback, state=state),
            victim,
            "Eve took the state out of the link before she sent it to somebody who had begun a login, and cancelled it",
            f"{COMPARE} {NEITHER}",
        )


@exercise("3.5")
def test_a_browser_that_began_nothing_is_refused(site: Site) -> None:
    callback = callback_for(site, site.browser(), "eve")
    for sent, how, look in (
        (callback, "her state", COMPARE),
        (changed(callback, state=None), "no state", f"{COMPARE} {NEITHER}"),
    ):
        what = f"Eve sent a link with her code and {how} to somebody who had begun no login"
        forged(site, sent, site.browser(), what, look)


@exercise("3.5")
def test_any_other_state_is_refused(site: Site) -> None:
    callback = callback_for(site, site.browser(), "eve")
    victim = site.browser()
    mine = asked_of_the_dialog(site, victim).get("state", "")
    for state, how in (
        (secrets.token_urlsafe(24), "Eve made a state up"),
        (mine[: len(mine) // 2], "The state was half of the right one"),
        ("é" + mine[1:], "The state had a letter in it that is not ASCII"),
    ):
        forged(site, changed(callback, state=state), victim, how, f"{COMPARE} Compare the whole, as bytes.")


@exercise("3.5")
def test_ones_own_login_goes_on(site: Site) -> None:
    own_login(site, site.browser(), "ada", f"{COMPARE} new_state has to put it there.")


# 3.6 Once


@exercise("3.6")
def test_a_state_is_good_for_one_callback(site: Site) -> None:
    victim = site.browser()
    used = callback_for(site, victim, "ada")
    victim.open(used)
    own, eve = who_is_in(victim), person("eve").name
    if own != person("ada").name:
        raise Missed(
            should="the first callback with a state signs the person in.",
            did=f"after it {own or 'nobody'} was signed in.",
            look=COMPARE,
        )
    state = dict(parse_qsl(urlsplit(used).query)).get("state")
    callback = changed(callback_for(site, site.browser(), "eve"), state=state)
    asked = len(facebook_asked(site, "access_token"))
    page = victim.open(callback)
    look = "is_ours: take the state out of the session when it has come. session.pop(…) does both."
    if who_is_in(victim) == eve or len(facebook_asked(site, "access_token")) > asked:
        raise Missed(
            should="a state is good for one callback. It stands in addresses, which histories and logs keep.",
            did=f"Ada had signed in with the state {state}. A second callback with the same state, and Eve's code, was "
            "taken too.",
            look=look,
        )
    reads(page, site, NOT_OURS, what="a state comes a second time", look=look)


@exercise("3.6")
def test_a_login_that_came_to_nothing_uses_its_state_up(site: Site) -> None:
    eve = person("eve").name
    for came, how in (
        ({"error": "access_denied"}, "cancelled at Facebook"),
        ({"error": "server_error"}, "came back with an error"),
        ({"code": "made-up"}, "came back with a code that Facebook did not take"),
    ):
        victim = site.browser()
        state = asked_of_the_dialog(site, victim).get("state")
        victim.open(changed(CALLBACK, state=state, **came))
        site.app.begin_anew()  # an app that fails at that has 3.10 and 3.11 to answer for it
        callback = changed(callback_for(site, site.browser(), "eve"), state=state)
        asked = len(facebook_asked(site, "access_token"))
        victim.open(callback)
        signed_in_as = who_is_in(victim)
        if signed_in_as == eve or len(facebook_asked(site, "access_token")) > asked:
            raise Missed(
                should="a state is good for one callback, also where the login comes to nothing.",
                did=f"Ada {how}. Then her browser opened a callback with the same state, {state}, and Eve's code, and "
                "your app took it." + (f" Ada is signed in as {eve} now." if signed_in_as == eve else ""),
                look="facebook_authorized asks is_ours first, before it looks for a code or an error. And is_ours "
                "takes the state out at once, and not when the login has come to its end.",
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
        what="somebody loads the address of the callback again",
        look="is_ours: the state was used up the first time, so the app need not ask Facebook.",
    )
    if who_is_in(browser) != person("ada").name:
        raise Missed(
            should="a user who has signed in and loads the callback's URL again stays signed in.",
            did="nobody is signed in any more.",
            look="facebook_authorized: refuse the callback, and leave session['user'] as it is.",
        )


# 3.7 Two tabs


def two_tabs(site: Site, browser: Browser, order: tuple[int, int]) -> tuple[list[str], list[Page]]:
    """Ada begins a login in one tab, and another one in a second. The URLs of the callbacks in the order in which they
    come back, and the pages where they end."""
    begun = [callback_for(site, browser, "ada"), callback_for(site, browser, "ada")]
    callbacks = [begun[tab] for tab in order]
    return callbacks, [browser.open(callback) for callback in callbacks]


def which_tab(order: tuple[int, int], place: int) -> str:
    opened, came = ("first", "last")[order[place]], ("first", "second")[place]
    return f"the tab that was opened {opened} came back {came}"


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
            should="a user begins a login in one tab, and another in a second. Each callback brings a state that your "
            "app made in this browser, and your app exchanges the code of each.",
            did=f"{which_tab(order, place)}, and your app did not exchange its code. The login ended at {page.path} "
            f"with the status {page.status}: {shortened(page.words)}",
            look=_why_a_state_was_lost(site, callbacks[1], since),
        )


def _keys(session: str) -> set[str]:
    """The keys of a session, as it was in a cookie; none where it cannot be read."""
    try:
        return set(json.loads(session))
    except (ValueError, TypeError):
        return set()


def _why_a_state_was_lost(site: Site, second: str, since: int) -> str:
    """Where to look if the state of one of two tabs was refused. `second` is the URL of the callback that came second;
    both came after `since` messages."""
    state = dict(parse_qsl(urlsplit(second).query)).get("state") or second
    sent = [
        session_sent_with(m) for m in site.messages()[since:] if m.is_request and m.url.startswith(CALLBACK)
    ]
    if len(sent) == 2 and state in sent[0] and state not in sent[1]:
        began = "the session held the states of both tabs when the first callback came, and afterwards none."
        if _keys(sent[0]) & _keys(sent[1]):
            return f"{began} is_ours takes out only the one that has come."
        return (
            f"{began} All else that waited there is gone, too: what calls session.clear(), or does the same?"
        )
    return (
        "new_state: with one place for all tabs, the second tab writes over the state of the first. And is_ours: it "
        "takes only the one that has come."
    )


@exercise("3.7")
def test_a_forged_callback_ends_no_other_login(site: Site) -> None:
    browser = site.browser()
    callback = callback_for(site, browser, "ada")
    browser.open(changed(callback, state="made-up", code="made-up"))
    if not any(_keys(held) for held in held_by(browser).values()):
        return  # all of the session is gone, and 3.6 is about that
    page = browser.open(callback)
    if page.path != "/welcome" or page.status != 200:
        raise Missed(
            should="a callback with a state that your app did not make leaves the states of this browser's tabs alone.",
            did="Ada began a login in one tab. In another tab she opened a callback with a made-up state, as a link of "
            f"Eve's would do. Then her own callback came, and ended at {page.path}: {shortened(page.words)}",
            look="is_ours: take out of session['states'] the state that has come, and leave the others.",
        )


@exercise("3.7")
def test_logins_that_were_never_finished(site: Site) -> None:
    browser = site.browser()
    for _ in range(100):
        asked_of_the_dialog(site, browser)
    page = signed_in_with_facebook(site, browser)
    if page.path != "/welcome" or page.status != 200:
        raise Missed(
            should="a user can log in, however many logins before were not finished.",
            did=f"somebody began a hundred, and the next one ended at {page.path} with the status {page.status}: "
            f"{shortened(page.words)}",
            look=f"new_state: keep only the last TABS of them. {why_session_was_lost(site)}",
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
        did, look = f"{which_tab(order, place)}, and ended at {page.path} with the status {page.status}.", ""
        if refused:
            why, look = why_facebook_refused(site, refused[-1])
            did = f"{did} Your app asked for an access token, and Facebook refused: {why}"
        raise Missed(
            should="a user begins a login in one tab, and another in a second. Both end on /welcome.",
            did=f"{did} The page says: {shortened(page.words)}",
            look=look
            or "facebook_authorized: what does the first callback change that the second one needs?",
        )


# 3.9 The address, and those who have none


@exercise("3.9")
def test_the_address_is_asked_for(site: Site) -> None:
    browser = site.browser()
    scope = asked_of_the_dialog(site, browser).get("scope", "")
    page = browser.open(changed(callback_for(site, browser, "ada"), email="eve@example.com"))
    address = person("ada").facebook.email or ""
    if "eve@example.com" in page.words:
        raise Missed(
            should="your app takes the email address from Facebook's answer for `me`, and from nowhere else.",
            did="Ada came back from Facebook, and somebody had added email=eve@example.com to the URL of the callback. "
            f"/welcome says: {shortened(page.words)}",
            look='facebook_authorized: me.get("email"), not request.args.',
        )
    if address in page.words:
        return
    fields = [a.fields for a in facebook_asked(site, "me")]
    if "email" not in scope.replace(",", " ").split():
        did = f"the dialog was opened with the scope {scope!r}: Ada was not asked for the address."
        look = (
            'remote_app(…): request_token_params={"scope": "email"}. Its name is odd: for OAuth 2 these go to the '
            "dialog."
        )
    elif not fields or "email" not in (fields[-1] or "").split(","):
        did = (
            f"Ada allowed it, and the app asked Facebook for `me` with the fields {(fields or [None])[-1]!r}."
        )
        look = 'facebook.get("me", data={"fields": "id,name,email"}, …). Without fields Facebook gives id and name.'
    else:
        did = f"Facebook told it, and /welcome says: {shortened(page.words)}"
        look = "facebook_authorized: the last argument of sign_in(…) is the email address."
    raise Missed(should=f"/welcome shows Ada's address at Facebook, {address}.", did=did, look=look)


def refused_the_address(browser: Browser) -> Page:
    """Ada unticks the address, and goes on."""
    page = browser.open(START)
    form = next(form for form in page.forms() if "decision" in form.buttons)
    return browser.submit(form, person="ada", decision="allow", permission="")


@exercise("3.9")
@pytest.mark.parametrize(
    ("who", "why", "visit"),
    [
        ("eve", "has no confirmed address at Facebook", lambda browser: sign_in(browser, "eve", start=START)),
        ("ada", "has unticked the address in Facebook's dialog", refused_the_address),
    ],
    ids=["no address", "scope refused"],
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
        should=f"{name} {why}, and is signed in and welcomed all the same.",
        did=f"the login ended at {page.path} with the status {page.status}: {shortened(page.words)} Facebook had "
        f"answered: {answer[-1].strip() if answer else 'nothing'}.",
        look='facebook_authorized: me.get("email") gives None, and your app made the word None of it. Hand it on '
        "as it is, without str(…)."
        if page.path == "/welcome" and "None" in page.words
        else 'facebook_authorized: Facebook leaves the key out where there is no address. me.get("email") gives None '
        'then, and me["email"] raises KeyError.',
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
            did=f"Ada had logged in with Twitter in this browser before. /welcome shows Ada's address, {address}.",
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
    look = 'facebook_authorized: Cancel brings error=access_denied, and no code. Ask for "code" in request.args first.'
    reads(page, site, DENIED, what="somebody clicks Cancel at Facebook", look=look)
    nobody_is_in(browser, what="after a refusal", look=look)
    own_login(site, browser, "ada", "what does a refusal leave behind in the session?")


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
    look = "facebook_authorized: without a code there is no login, whatever else the address says."
    for came in WITHOUT_CODE:
        browser = site.browser()
        state = asked_of_the_dialog(site, browser).get("state")
        page = browser.open(changed(CALLBACK, state=state, **came))
        said = "&".join(f"{name}={value}" for name, value in came.items()) or "nothing but the state"
        nobody_is_in(browser, what=f"Facebook sends somebody back with {said}", look=look)
        reads(page, site, NO_HELP, what=f"Facebook sends somebody back with {said}", look=look)
        if taken_as_markup(page):
            raise Missed(
                should="what the callback's URL says is shown as text, if at all: anybody can write that URL.",
                did=f"somebody came back with {said}, and {page.path} took it for markup.",
                look=f"facebook_authorized: what does it give to sorry(…)? {ESCAPE}",
            )


# 3.11 When Facebook does not help

FAULTS = (
    ("access_token", "error", "answers the swap with status 500 and an error"),
    ("access_token", "expired_code", "says that the code is too old"),
    ("access_token", "broken_json", "answers the swap with half of a JSON document"),
    ("access_token", "down", "closes the connection in the middle of the swap"),
    ("me", "error", "answers `me` with status 500 and an error"),
    ("me", "broken_json", "answers `me` with half of a JSON document"),
    ("me", "down", "closes the connection when it is asked for `me`"),
    ("me", "cut", "closes the connection in the middle of its answer for `me`"),
    ("access_token", "cut", "closes the connection in the middle of its answer to the exchange"),
    ("me", "null", "answers `me` with null"),
    ("access_token", "null", "answers the swap with null"),
)


@exercise("3.11")
def test_facebook_does_not_help(site: Site) -> None:
    look = "facebook_authorized: try … except around both questions to Facebook. What do you catch?"
    for endpoint, kind, words in FAULTS:
        browser = site.browser()
        callback = callback_for(site, browser, "ada")
        site.providers.faults.set("facebook", endpoint, kind)
        page = browser.open(callback)
        site.providers.faults.clear()
        if page.path == "/welcome" and page.status == 200:
            raise Missed(
                should=f"Facebook {words}: nobody is signed in.",
                did=f"somebody without an id was signed in. /welcome says: {shortened(page.words)}",
                look='facebook_authorized: read me["id"] and me["name"] inside of the try. An answer that is an error '
                'has neither: me["id"] raises KeyError then, and me.get("id") gives None.',
            )
        here = look if kind != "null" else f"{look} None has no keys: TypeError."
        nobody_is_in(browser, what=f"Facebook {words}", look=here)
        reads(page, site, NO_HELP, what=f"Facebook {words}", look=here)
    own_login(site, browser, "ada", "what does a login that failed leave behind?")


@exercise("3.11")
def test_a_code_that_facebook_does_not_know(site: Site) -> None:
    browser = site.browser()
    state = asked_of_the_dialog(site, browser).get("state")
    page = browser.open(changed(CALLBACK, state=state, code="made-up"))
    look = "facebook_authorized: Facebook's answer is an error then, and has no access_token."
    nobody_is_in(browser, what="somebody makes a code up", look=look)
    reads(page, site, NO_HELP, what="somebody makes a code up", look=look)


# 3.12 What protects the secret


@exercise("3.12")
def test_what_protects_the_secret(folder: Path) -> None:
    check_answer(
        folder,
        "protected_by",
        "c",
        {
            "a": "There is no signature in it: look for one in the message with client_secret.",
            "b": "The code is there to be swapped. Whoever reads this message has both, code and secret.",
            "d": "It stands there as it is: look at the message in the notebook.",
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
            should=f"{one.name} signs in with Twitter as before, and the front page says: signed in with Twitter.",
            did=f"the login ended at {page.path} with the status {page.status}. The front page says: "
            f"{shortened(front)}",
            look="twitter_authorized and sign_in were given. OAuth 1.0a has no state: its request token waits in the "
            "session, and plays that part.",
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
        what="somebody clicks Cancel at Twitter",
        look="twitter_authorized: it was given. Twitter's word for it is denied, and there is no state.",
    )
