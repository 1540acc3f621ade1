"""Step 09: attacks and defences. Each attack is carried out against the app, and what the app is for still works."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from selectolax.lexbor import LexborHTMLParser

from workbook.attacks.frames import (
    base_may_be,
    may_be_framed,
    may_load_script,
    may_load_style,
    may_send_forms,
    runs_inline_scripts,
    script_sources,
)
from workbook.attacks.outcomes import Outcome
from workbook.attacks.registry import Way
from workbook.attacks.server import BESIDE, EVIL
from workbook.exercises.account_page import (
    account,
    button,
    came_in,
    identities,
    is_signed_in,
    linked,
    owner_of,
    users,
    without_a_token,
)
from workbook.exercises.answers import check_answer
from workbook.exercises.any_provider import NO_HELP, NOT_OURS, asked_of
from workbook.exercises.attacked import check_withstood, outcome_of, ways
from workbook.exercises.kept import check_log_out, since_one_route
from workbook.exercises.missed import Missed
from workbook.exercises.twitter_login import shortened
from workbook.flow.drawn import PROVIDER_LABELS as LABELS
from workbook.flow.messages import Message
from workbook.lab.browser import HOME, Browser, NoAnswer, Page
from workbook.lab.site import Site
from workbook.lab.visits import ACCOUNT, NotAsked, form_to, issuer_of, sign_in, unused_callback
from workbook.providers.people import person

exercise = pytest.mark.exercise
SITE = Callable[..., Site]

ADA, BO = person("ada"), person("bo")
DATA, EVERYWHERE = f"{ACCOUNT}/data", f"{ACCOUNT}/logout-everywhere"
PAGES = ("/", "/welcome", ACCOUNT)


def each_way(*names: str) -> pytest.MarkDecorator:
    """Runs a test once for each way of these attacks."""
    found = ways(*names)
    return pytest.mark.parametrize(("attack", "way"), found.values(), ids=found)


# 9.1 Only pages of your own

OWN_PAGE_LOOK = (
    "own_page in app/redirects.py. A page of this app begins with one slash. Browsers read a backslash as a slash, and "
    "drop tabs and line breaks wherever they are."
)


def why_elsewhere(outcome: Outcome) -> str:
    """Where to look after an open redirect."""
    if "Referer" in outcome.because:
        return "sign_in in app/auth.py: the header Referer names the page before, which can be a page of any website."
    if f"redirected her browser to '{EVIL}/'" in outcome.because:
        return (
            'login in app/auth.py: session["next"] = own_page(request.args.get("next")). own_page in '
            "app/redirects.py gives None for the URL of a different website."
        )
    return OWN_PAGE_LOOK


@exercise("9.1")
@each_way("open-redirect")
def test_no_login_ends_elsewhere(site: Site, folder: Path, attack: str, way: Way) -> None:
    check_withstood(
        outcome_of(attack, way, folder, site),
        should="a login ends on a page of your own app, whatever the link to the login says.",
        look=why_elsewhere,
    )


@exercise("9.1")
@pytest.mark.parametrize("wanted", [ACCOUNT, "/?page={}", f"{ACCOUNT}?from=/welcome&page={{}}"])
def test_a_login_still_ends_at_a_page_of_the_app(site: Site, wanted: str) -> None:
    wanted = wanted.format(secrets.token_hex(4))
    page = came_in_at(site, site.browser(), wanted)
    ended = f"{page.path}{'?' if page.query else ''}{page.query}"
    if ended != wanted:
        raise Missed(
            should=f"a login that begins with next={wanted} ends there.",
            did=f"it ended at {ended}.",
            look="own_page in app/redirects.py: return `page` itself if it is a page of this app. A query string is "
            "part of it.",
        )


@exercise("9.1")
@pytest.mark.parametrize("wanted", [f"{EVIL}/", "//evil.example/", ""])
def test_a_login_with_a_bad_next_is_still_a_login(site: Site, wanted: str) -> None:
    browser = site.browser()
    page = came_in_at(site, browser, wanted)
    if page.path != "/welcome" or page.status != 200:
        raise Missed(
            should=f"a login that begins with next={wanted} logs the user in, and ends at /welcome.",
            did=f"it ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look="own_page in app/redirects.py: return None. Then sign_in sends the browser to /welcome.",
        )


def came_in_at(site: Site, browser: Browser, wanted: str) -> Page:
    """Ada logs in with GitHub, by a link with that `next`; Missed if she is not logged in then."""
    start = f"/login/github?next={quote(wanted, safe='')}"
    try:
        page = sign_in(browser, start=start)
        if is_signed_in(browser, ADA.name):
            return page
    except (NotAsked, NoAnswer) as error:
        did = f"it ended early: {error}."
    else:
        did = f"no user was logged in afterwards. It ended at {page.path}: {shortened(page.words)}"
    raise Missed(
        should=f"Ada opens {start}, and logs in.",
        did=did,
        look="login and sign_in in app/auth.py, and own_page in app/redirects.py.",
    )


# 9.2 and 9.5, the headers of a page


def answers_for(site: Site) -> list[Message]:
    """The app's pages for a stranger and for Ada, and the page for a callback that the app does not accept."""
    stranger, ada = site.browser(), site.browser()
    came_in(site, ada, "github")
    pages = [
        stranger.open("/"),
        stranger.open("/auth/facebook/callback?state=wrong"),
        stranger.open("/no/such/page"),
        *map(ada.open, PAGES),
    ]
    return [page.answers[-1] for page in pages]


FRAMES_LOOK = (
    'protect in app/headers.py: response.headers["X-Frame-Options"] = "DENY", for each response. If a '
    "Content-Security-Policy has frame-ancestors, browsers ignore X-Frame-Options."
)


@exercise("9.2")
@each_way("clickjacking")
def test_no_button_is_pressed_in_a_frame(site: Site, folder: Path, attack: str, way: Way) -> None:
    check_withstood(
        outcome_of(attack, way, folder, site),
        should="no page of a different website can show your app in a frame.",
        look=FRAMES_LOOK,
    )


@exercise("9.2")
@pytest.mark.parametrize("by", [BESIDE, EVIL])
def test_no_page_is_in_a_frame(site: Site, by: str) -> None:
    framed = [answer for answer in answers_for(site) if may_be_framed(answer, by=by)]
    if framed:
        raise Missed(
            should="no page of a different website can show your app in a frame.",
            did=f"Eve's page {by} can show {framed[0].path} (status {framed[0].status}) in a frame.",
            look=FRAMES_LOOK,
        )


# 9.3 Nothing for the back button

STORED_LOOK = (
    'protect in app/headers.py: response.headers["Cache-Control"] = "no-store". A browser may keep a page that came '
    "with no-cache, and shows it at the back button."
)


@exercise("9.3")
@each_way("back-button")
def test_the_back_button_shows_nothing(site: Site, folder: Path, attack: str, way: Way) -> None:
    check_withstood(
        outcome_of(attack, way, folder, site),
        should="after a logout, the back button shows no page of the user's.",
        look=STORED_LOOK,
    )


@exercise("9.3")
def test_the_browser_keeps_no_page_of_a_user(site: Site) -> None:
    ada = site.browser()
    came_in(site, ada, "github")
    linked(site, ada, "facebook")
    for page in (*map(ada.open, (*PAGES, DATA, f"{ACCOUNT}?page=2")),):
        controls = (page.answers[-1].header("Cache-Control") or "").lower()
        if page.status == 200 and "no-store" not in [one.strip() for one in controls.split(",")]:
            raise Missed(
                should="the browser keeps no page that the app made for a logged-in user.",
                did=f"{page.path} came with Cache-Control: {controls}"
                if controls
                else f"{page.path} came without Cache-Control.",
                look=STORED_LOOK,
            )


# 9.4 Words of others are text

TEXT_LOOK = (
    "failed in app/auth.py: Markup(…) says that a text is HTML. Markup(IT_SAYS).format(…) escapes the values that it "
    "puts in, and IT_SAYS.format(…) does not."
)
# Words that a provider could send, and what a user must read then.
SAID = {
    "a script": "<script>steal()</script>",
    "an element": "<img src=x onerror=steal()>",
    "an ampersand": "Tom & Jerry < 3 > 2 \"and\" 'so on'",
    "a character reference": "Tom &amp; Jerry &lt;b&gt;",
    "braces": "{0} {label} {} %s %(label)s",
    "other letters": "Chén Jìng: déjà vu, 登录失败",
}


@exercise("9.4")
@pytest.mark.parametrize("provider", ["facebook", "google", "github"])
@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_what_a_provider_says_is_text(site: Site, provider: str, said: str) -> None:
    label = LABELS[provider]
    browser = site.browser()
    sent = asked_of(site, browser, provider)
    back = {"error": "server_error", "error_description": said, "state": sent.get("state", "")}
    page = browser.open(with_iss(f"/auth/{provider}/callback?{urlencode(back)}", issuer_of(site, provider)))
    should = f"{label} ends a login with the error_description {said!r}. The user reads exactly this text."
    if page.status >= 400:
        raise Missed(
            should=should,
            did=f"your app responded with status {page.status}: {shortened(page.words)}",
            look=f"failed in app/auth.py. {TEXT_LOOK.partition(': ')[2]}",
        )
    if "<script>steal" in page.text or "<img src=x" in page.text:
        raise Missed(
            should=should,
            did="it is markup in the page: the browser makes an element of it, and a script in it runs.",
            look=TEXT_LOOK,
        )
    if " ".join(said.split()) not in page.words:
        raise Missed(
            should=should,
            did=f"the page says: {shortened(page.words)}",
            look=TEXT_LOOK,
        )
    bold = [node.text() for node in LexborHTMLParser(page.text).css("strong, b")]
    if label not in bold:
        raise Missed(
            should=f"the user reads the name {label} in bold, before the explanation.",
            did=f"the page says: {shortened(page.words)}",
            look=f"{TEXT_LOOK} A string without Markup(…) is escaped as a whole.",
        )
    if NO_HELP.format(label) not in page.words:
        raise Missed(
            should=f"after an error of {label} the page says: {NO_HELP.format(label)}",
            did=f"the page says: {shortened(page.words)}",
            look="failed in app/auth.py: return sorry(NO_HELP.format(provider.label), page).",
        )


# 9.5 A second wall

POLICY = "Content-Security-Policy"
POLICY_LOOK = f'protect in app/headers.py: response.headers["{POLICY}"], for each response.'


def policy_of(answer: Message) -> str:
    """The policies of a response, in words."""
    found = [value for name, value in answer.headers if name.lower() == POLICY.lower()]
    return f"the policy {' and '.join(found)}" if found else f"no {POLICY}"


def why_no_wall(answer: Message) -> tuple[str, str] | None:
    """What a page's policy still allows, and where to look; None if the policy is as the exercise asks."""
    if runs_inline_scripts(answer):
        return (
            "a script that is written in the page runs.",
            "'unsafe-inline' allows it, and so does no policy for scripts.",
        )
    for url in (
        f"{EVIL}/script.js",
        f"{BESIDE}/script.js",
        "https://evil.example/script.js",
        "data:,steal()",
    ):
        if may_load_script(answer, url):
            return (
                f"the page may load a script from {url}.",
                "default-src 'self' allows only what your own app serves.",
            )
    for source in script_sources(answer):
        if not source.startswith("'"):
            return f"scripts from {source} run.", "default-src 'self' allows only what your own app serves."
    if base_may_be(answer, f"{EVIL}/"):
        return (
            f'<base href="{EVIL}/"> in the page makes all its relative URLs lead there.',
            "base-uri has no default: default-src does not cover it.",
        )
    return None


@exercise("9.5")
def test_no_script_of_others_runs(site: Site) -> None:
    for answer in answers_for(site):
        missing = why_no_wall(answer)
        if missing:
            did, look = missing
            raise Missed(
                should="a page of your app runs no script that is written in the page, and loads no script from a "
                "different website, even if a template forgets to escape.",
                did=f"{answer.path} (status {answer.status}) has {policy_of(answer)}, and {did}",
                look=f"{POLICY_LOOK} {look}",
            )


@exercise("9.5")
def test_a_nonce_is_good_for_one_page(site: Site) -> None:
    browser = site.browser()
    first, second = (script_sources(browser.open("/").answers[-1]) for _ in range(2))
    again = [source for source in first if source.startswith("'nonce-") and source in second]
    if again:
        raise Missed(
            should="a nonce in the policy is a new random string in each response.",
            did=f"two responses have {again[0]}. Eve can read it in a page of her own, and write it into her script.",
            look=POLICY_LOOK,
        )


@exercise("9.5")
def test_the_pages_look_as_before(site: Site) -> None:
    for answer in answers_for(site):
        own = f"{HOME}/static/style.css"
        if own.removeprefix(HOME) in answer.body and not may_load_style(answer, own):
            raise Missed(
                should="the pages still have their style sheet, /static/style.css.",
                did=f"{answer.path} has {policy_of(answer)}, and the browser does not load it.",
                look=f"{POLICY_LOOK} 'self' stands for your own app.",
            )


@exercise("9.5")
def test_a_button_still_leads_to_a_provider(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "github")
    answer = account(browser).answers[-1]
    if not may_send_forms(answer, f"{site.providers.url}/facebook/"):
        raise Missed(
            should=f"the button Link Facebook on {ACCOUNT} leads to Facebook.",
            did=f"the page has {policy_of(answer)}. The response to the form redirects to Facebook, and Chromium stops "
            "there.",
            look=f"{POLICY_LOOK} In Chromium form-action counts for redirects, too. Leave it out: on this machine the "
            "providers have different URLs.",
        )


# 9.6 The guard below the route

GUARD_LOOK = (
    "data in app/account.py: @bp.route comes first, and @login_required below it. A route calls the function that is "
    "below it, without what is above."
)


@exercise("9.6")
@each_way("no-guard")
def test_a_stranger_sees_nothing(site: Site, folder: Path, attack: str, way: Way) -> None:
    check_withstood(
        outcome_of(attack, way, folder, site),
        should=f"the pages of a user, {DATA} among them, are for this user only.",
        look=lambda outcome: GUARD_LOOK if DATA in outcome.because else "the view of that page.",
    )


@exercise("9.6")
def test_a_stranger_is_sent_to_the_front_page(site: Site) -> None:
    came_in(site, site.browser(), "github")
    stranger = site.browser()
    page = stranger.open(DATA)
    if page.path != "/" or page.status != 200:
        raise Missed(
            should=f"a browser that is not logged in opens {DATA}, and the app sends it to the front page.",
            did=f"the status was {page.status}, at {page.path}: {shortened(page.words)}",
            look=GUARD_LOOK,
        )


@exercise("9.6")
def test_a_user_sees_what_the_app_keeps(site: Site) -> None:
    came_in(site, site.browser(), "github", "bo")
    ada = site.browser()
    came_in(site, ada, "twitter")
    page = ada.open(DATA)
    try:
        kept = json.loads(page.answers[-1].body)
    except ValueError:
        kept = None
    subjects = [one.get("subject") for one in (kept or {}).get("identities", [])]
    if page.path != DATA or subjects != [ADA.subject("twitter")]:
        raise Missed(
            should=f"Ada opens {DATA}, and gets her own data as JSON: her name, her email address and her identities.",
            did=f"the status was {page.status}, at {page.path}: {shortened(page.text)}",
            look="data in app/account.py.",
        )


# 9.7 A request token of this browser

TOKENS_LOOK = (
    "app/request_tokens.py: KEPT is one dictionary for all browsers. Keep the pairs in the session, so that take finds "
    "only those of this browser."
)


@exercise("9.7")
@each_way("login-csrf-oauth1", "token-swap")
def test_a_request_token_of_eves_is_good_for_eve_only(
    site: Site, folder: Path, attack: str, way: Way
) -> None:
    check_withstood(
        outcome_of(attack, way, folder, site),
        should="a callback with a request token that a different browser got logs no user in.",
        look=TOKENS_LOOK,
    )


@exercise("9.7")
def test_a_logout_forgets_the_request_tokens(site: Site) -> None:
    browser = site.browser()
    callback = unused_callback(browser, "ada", start="/login/twitter")
    came_in(site, browser, "github")
    log_out(browser)
    browser.open(callback)
    if is_signed_in(browser, ADA.name):
        raise Missed(
            should="Ada logs out while a login with Twitter is under way. Then this login is over, too.",
            did="its callback came, and Ada is logged in again.",
            look=f"{TOKENS_LOOK} session.clear() in logout then removes them.",
        )


@exercise("9.7")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first-tab-first", "second-tab-first"])
def test_two_tabs_log_in_with_twitter(site: Site, order: tuple[int, int]) -> None:
    browser = site.browser()
    tabs = [unused_callback(browser, "ada", start="/login/twitter") for _ in range(2)]
    for number in order:
        page = browser.open(tabs[number])
        if not is_signed_in(browser, ADA.name) or page.path != "/welcome":
            raise Missed(
                should="Ada begins a login with Twitter in each of two tabs. Each ends well, in any order.",
                did=f"the callback in tab {number + 1} ended at {page.path}: {shortened(page.words)}",
                look="keep and take in app/request_tokens.py: keep several pairs, and find one by its request token.",
            )


@exercise("9.7")
def test_the_five_newest_are_kept(site: Site) -> None:
    browser = site.browser()
    tabs = [unused_callback(browser, "ada", start="/login/twitter") for _ in range(7)]
    ended = []
    for number, callback in enumerate(tabs, start=1):
        browser.open(callback)
        if is_signed_in(browser, ADA.name):
            ended.append(number)
        else:
            continue
        break
    if ended != [3]:
        raise Missed(
            should="Ada begins a login with Twitter in seven tabs. Your app keeps the five newest request tokens. "
            "So the first of these logins that ends well is that in tab 3.",
            did=f"it is that in tab {ended[0]}." if ended else "none of them ended well.",
            look="keep in app/request_tokens.py: the list ends with the newest pair, and [-TABS:] is its last five."
            if ended
            else "take in app/request_tokens.py: remove only the pair that is taken.",
        )


@exercise("9.7")
def test_a_request_token_is_good_once(site: Site) -> None:
    browser = site.browser()
    callback = unused_callback(browser, "ada", start="/login/twitter")
    browser.open(callback)
    before = len(site.messages())
    browser.open(callback)
    asked = [message for message in site.messages()[before:] if message.receiver == "twitter"]
    if asked:
        raise Missed(
            should="a request token is good for one callback. At the second the app asks Twitter for nothing.",
            did=f"the same callback came twice, and at the second the app sent Twitter {len(asked)} requests.",
            look="take in app/request_tokens.py: remove the pair from the session.",
        )


@exercise("9.7")
def test_a_denial_in_one_tab_harms_no_other(site: Site) -> None:
    browser = site.browser()
    callback = unused_callback(browser, "ada", start="/login/twitter")
    browser.open("/auth/twitter/callback?denied=unknown")
    browser.open(callback)
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should="Ada begins a login with Twitter. A callback arrives with a `denied` that this browser did not get. "
            "Ada's own login still ends well.",
            did=f"the front page says: {shortened(browser.open('/').words)}",
            look="take in app/request_tokens.py: remove only the pair that is taken.",
        )


@exercise("9.7")
def test_every_process_knows_the_request_token(open_site: SITE) -> None:
    site = open_site(workers=2)
    browser = site.browser(0)
    callback = unused_callback(browser, "ada", start="/login/twitter")
    site.move(browser, 1)
    browser.open(callback)
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should="a server runs several processes of the app. A login that begins in one ends in another.",
            did="Ada is not logged in.",
            look="app/request_tokens.py: a variable of the program belongs to one process. The session is in the "
            "browser's cookie.",
        )


# 9.8 Which provider is it?

ISS_LOOK = (
    'authorized in app/auth.py: compare request.args.get("iss") with provider.issuer(), where `provider` is that '
    "of the callback's URL."
)


@exercise("9.8")
@each_way("mix-up")
def test_no_code_goes_to_another_provider(open_site: SITE, folder: Path, attack: str, way: Way) -> None:
    check_withstood(
        outcome_of(attack, way, folder, open_site=open_site),
        should="the app sends a code only to the provider that gave it.",
        look=ISS_LOOK,
    )


def with_iss(callback: str, iss: str | None) -> str:
    """A callback's URL with that `iss`; with None it has none."""
    parts = urlsplit(callback)
    sent = {name: values[0] for name, values in parse_qs(parts.query).items() if name != "iss"}
    named = {} if iss is None else {"iss": iss}
    return urlunsplit(parts._replace(query=urlencode(sent | named)))


# What a callback names as `iss`, by the provider whose URL it has.
WRONG_NAMES = [
    (provider, kind)
    for provider in ("github", "google", "facebook", "twitter")
    for kind in ("none", "another's", "longer", "shorter", "empty")
    if kind in ("another's", "empty") or provider in ("github", "google")
]


@exercise("9.8")
@pytest.mark.parametrize(("provider", "kind"), WRONG_NAMES)
def test_another_name_ends_the_login(site: Site, provider: str, kind: str) -> None:
    browser = site.browser()
    callback = unused_callback(browser, "ada", start=f"/login/{provider}")
    own = parse_qs(urlsplit(callback).query).get("iss", [""])[0]
    others = site.providers.github.issuer if provider == "google" else site.providers.google.issuer
    iss = {"another's": others, "longer": f"{own}/x", "shorter": own[:-1], "empty": "", "none": None}[kind]
    page = browser.open(with_iss(callback, iss))
    named = "has no `iss`" if iss is None else f"has the `iss` {iss!r}"
    if is_signed_in(browser, ADA.name):
        raise Missed(
            should=f"a callback at {LABELS[provider]}'s URL {named}. {LABELS[provider]} sends "
            f"{f'the `iss` {own!r}' if own else 'no `iss`'}. Your app ends this login.",
            did="it logged Ada in.",
            look=f"{ISS_LOOK} Compare the whole string (RFC 9207 section 2.4).",
        )
    if page.status >= 400:
        raise Missed(
            should="a callback with a wrong `iss` leads to the front page, with a message.",
            did=f"it returned status {page.status}: {shortened(page.words)}",
            look="authorized in app/auth.py: return sorry(NOT_OURS, page).",
        )


@exercise("9.8")
@pytest.mark.parametrize("error", ["access_denied", "server_error"])
@pytest.mark.parametrize(
    ("provider", "kind"), [("github", "another's"), ("google", "none"), ("facebook", "another's")]
)
def test_an_error_is_that_of_the_provider(site: Site, provider: str, kind: str, error: str) -> None:
    browser = site.browser()
    state = asked_of(site, browser, provider).get("state", "")
    iss = None if kind == "none" else issuer_of(site, "github" if provider == "google" else "google")
    back = {"error": error, "error_description": "An error of Eve's.", "state": state}
    page = browser.open(with_iss(f"/auth/{provider}/callback?{urlencode(back)}", iss))
    if NOT_OURS not in page.words:
        raise Missed(
            should=f"a callback with error={error} at {LABELS[provider]}'s URL "
            + ("has no `iss`" if iss is None else f"has the `iss` {iss!r}")
            + f". It is not {LABELS[provider]}'s, and the page says: {NOT_OURS}",
            did=f"the page says: {shortened(page.words)}",
            look=f"{ISS_LOOK} Do this before your code looks at `denied` and `error`.",
        )


@exercise("9.8")
@pytest.mark.parametrize("provider", ["facebook", "github", "google", "twitter"])
def test_each_provider_still_logs_in(site: Site, provider: str) -> None:
    browser = site.browser()
    page = sign_in(browser, start=f"/login/{provider}")
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should=f"Ada logs in with {LABELS[provider]}"
            + (", which sends no `iss`." if provider in ("facebook", "twitter") else "."),
            did=f"no user was logged in. The login ended at {page.path}: {shortened(page.words)}",
            look="authorized in app/auth.py: provider.issuer() is None for a provider that sends no `iss`. Then the "
            "query string must have none.",
        )


# 9.9 No token in the cookie


@exercise("9.9")
@each_way("token-in-the-cookie")
def test_no_cookie_has_a_token(site: Site, folder: Path, attack: str, way: Way) -> None:
    check_withstood(
        outcome_of(attack, way, folder, site),
        should="no cookie has an access token in it. The cookie is signed, and everybody who has it can read it.",
        look='sign_in in app/auth.py: session["token"]. The app does not use it. Do not keep what you do not need.',
    )


# 9.10 A logout ends the login

LOAD_LOOK = (
    'load_user in app/logins.py: a user is logged in as long as logins has the row with session["login"] as its ID, '
    "with this user's ID, and not older than LASTS."
)
END_LOOK = (
    'end_login in app/logins.py: delete the row with session["login"] as its ID, and commit. logout in app/auth.py '
    "calls it before session.clear()."
)


def signed_session(data: dict[str, object], key: str) -> str:
    """A session cookie with that data, as Flask signs it."""
    app = Flask(__name__)
    app.secret_key = key
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return str(signer.dumps(data))


def copy_of(site: Site, browser: Browser) -> Browser:
    """A browser of Eve's with a copy of the other one's cookies of the app."""
    eve = site.browser()
    for name, value in browser.cookies().items():
        eve.set_cookie(name, value)
    return eve


def why_still(site: Site, before: int) -> str:
    """Where to look if a copy still works: has the table fewer rows than before?"""
    return LOAD_LOOK if len(logins(site)) < before else END_LOOK


def logins(site: Site) -> list[dict[str, object]]:
    """The rows of the table logins as it is now."""
    return site.database.rows("SELECT * FROM logins ORDER BY at, id")


def log_out(browser: Browser) -> None:
    """Clicks on the front page's button that logs out; Missed if there is none."""
    form = form_to(browser.open("/"), "/logout")
    if form is None:
        raise Missed(
            should="for a logged-in user, the front page has a button that sends a POST to /logout.",
            did="there is no such form.",
            look="templates/index.html.",
        )
    browser.submit(form)


@exercise("9.10")
@each_way("copied-cookie")
def test_a_copy_of_the_cookie_is_logged_out(site: Site, folder: Path, attack: str, way: Way) -> None:
    check_withstood(
        outcome_of(attack, way, folder, site),
        should="Ada logs out, and a copy of her cookie from before is logged out, too.",
        look=lambda outcome: why_still(site, 1),
    )


@exercise("9.10")
@pytest.mark.parametrize("then", ["logs in again", "is logged in elsewhere"])
def test_a_copy_stays_logged_out(site: Site, then: str) -> None:
    ada = site.browser()
    if then == "is logged in elsewhere":
        came_in(site, site.browser(), "twitter")
    came_in(site, ada, "twitter")
    copy = copy_of(site, ada)
    before = len(logins(site))
    log_out(ada)
    if then == "logs in again":
        came_in(site, ada, "twitter")
        before += 1
    if is_signed_in(copy, ADA.name):
        raise Missed(
            should=f"Ada logs out in one browser, and {then}. The copy of the cookie from before is still logged out.",
            did="the copy is logged in as Ada.",
            look=f"{why_still(site, before)} Each login has a row of its own.",
        )


@exercise("9.10")
def test_a_logout_ends_no_other_login(site: Site) -> None:
    ada, elsewhere, bo = site.browser(), site.browser(), site.browser()
    came_in(site, ada, "twitter")
    came_in(site, elsewhere, "twitter")
    came_in(site, bo, "twitter", "bo")
    log_out(ada)
    for browser, who, name in ((elsewhere, "Ada's other browser", ADA.name), (bo, "Bo's browser", BO.name)):
        if not is_signed_in(browser, name):
            raise Missed(
                should="Ada logs out. That ends the login of this browser, and no other.",
                did=f"{who} is logged out, too.",
                look=END_LOOK,
            )


@exercise("9.10")
def test_a_login_does_not_last_for_ever(site: Site) -> None:
    ada = site.browser()
    came_in(site, ada, "twitter")
    for days, lasts in ((29, True), (31, False)):
        site.database.change(f"UPDATE logins SET at = at - {days * 86_400}")
        if is_signed_in(ada, ADA.name) is not lasts:
            raise Missed(
                should="a login lasts 30 days (LASTS).",
                did=f"after {days} days Ada is {'logged out' if lasts else 'still logged in'}.",
                look=LOAD_LOOK,
            )
        site.database.change(f"UPDATE logins SET at = at + {days * 86_400}")


@exercise("9.10")
@pytest.mark.parametrize("how", ["deleted", "another user's"])
def test_a_login_without_its_row_is_over(site: Site, how: str) -> None:
    ada = site.browser()
    came_in(site, site.browser(), "twitter", "bo")
    came_in(site, ada, "twitter")
    id, bo = owner_of(site, "twitter", ADA), owner_of(site, "twitter", BO)
    if how == "deleted":
        site.database.change("DELETE FROM logins WHERE user_id = :id", id=id)
    else:
        site.database.change("UPDATE logins SET user_id = :bo WHERE user_id = :id", bo=bo, id=id)
    page = ada.open("/")
    if page.status != 200 or is_signed_in(ada, ADA.name) or is_signed_in(ada, BO.name):
        raise Missed(
            should=f"the row of Ada's login is {how} now. Then no user is logged in in her browser.",
            did=f"the status was {page.status}, and the front page says: {shortened(ada.open('/').words)}",
            look=LOAD_LOOK,
        )


@exercise("9.10")
def test_a_session_of_before_is_over(open_site: SITE) -> None:
    """The cookie of step 08: the user's ID, and no login."""
    key = secrets.token_hex()
    site = open_site(environment={"SECRET_KEY": key})
    ada, old = site.browser(), site.browser()
    came_in(site, ada, "twitter")
    id = owner_of(site, "twitter", ADA)
    old.set_cookie(
        "session", signed_session({"_user_id": str(id), "_fresh": True, "provider": "twitter"}, key)
    )
    page = old.open("/")
    if page.status != 200 or is_signed_in(old, ADA.name):
        raise Missed(
            should="a browser has a session that began before step 09. It has the user's ID, and no `login`. Then no "
            "user is logged in there.",
            did=f"the status was {page.status}, and the front page says: {shortened(page.words)}",
            look='load_user in app/logins.py: session.get("login") is None for such a session.',
        )


@exercise("9.10")
def test_a_login_of_somebody_else_here_ends_the_one_before(site: Site) -> None:
    ada = site.browser()
    came_in(site, ada, "twitter")
    copy = copy_of(site, ada)
    came_in(site, ada, "google", "bo")
    if is_signed_in(copy, ADA.name):
        raise Missed(
            should="Bo logs in in Ada's browser. That ends Ada's login there, also for a copy of the cookie.",
            did="the copy is logged in as Ada.",
            look="sign_in in app/auth.py: end_login() comes before session.clear().",
        )


# 9.11 A removed identity

REMOVED_LOOK = (
    'unlink in app/account.py: delete the rows of logins with this identity_id, but not the row of session["login"], '
    "before db.session.delete(identity)."
)


def remove(site: Site, browser: Browser, provider: str, subject: str) -> Page:
    """The logged-in user removes an identity; Missed if there is no button for it."""
    rows = site.database.rows(
        "SELECT id FROM identities WHERE provider = :provider AND subject = :subject",
        provider=provider,
        subject=subject,
    )
    assert rows, f"nobody has {subject} at {provider}"
    path = f"{ACCOUNT}/unlink/{rows[0]['id']}"
    return browser.submit(button(browser, path, "a user can remove an identity.", "templates/account.html."))


def two_identities(site: Site) -> Browser:
    """Ada's browser: she came in with Twitter, and has linked Facebook."""
    ada = site.browser()
    came_in(site, ada, "twitter")
    linked(site, ada, "facebook")
    return ada


@exercise("9.11")
@each_way("removed-identity")
def test_a_removed_identity_ends_its_logins(site: Site, folder: Path, attack: str, way: Way) -> None:
    check_withstood(
        outcome_of(attack, way, folder, site),
        should="Ada removes an identity, and every other browser that logged in with it is logged out.",
        look=REMOVED_LOOK,
    )


@exercise("9.11")
@pytest.mark.parametrize("provider", ["twitter", "facebook"])
def test_the_browser_that_removes_it_stays_logged_in(site: Site, provider: str) -> None:
    ada = two_identities(site)
    page = remove(site, ada, provider, ADA.subject(provider))
    if page.path != ACCOUNT or not is_signed_in(ada, ADA.name):
        raise Missed(
            should=f"Ada, who logged in with Twitter, removes {LABELS[provider]}. Her own browser stays logged in.",
            did=f"it ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look=REMOVED_LOOK,
        )


@exercise("9.11")
def test_other_logins_stay(site: Site) -> None:
    ada = two_identities(site)
    by_twitter, bo = site.browser(), site.browser()
    came_in(site, by_twitter, "twitter")
    came_in(site, bo, "facebook", "bo")
    remove(site, ada, "facebook", ADA.subject("facebook"))
    for browser, who, name in (
        (by_twitter, "Ada's other browser, which logged in with Twitter", ADA.name),
        (bo, "Bo's browser, which logged in with Bo's Facebook identity", BO.name),
    ):
        if not is_signed_in(browser, name):
            raise Missed(
                should="Ada removes Facebook. That ends the logins with this identity, and no other.",
                did=f"{who}, is logged out.",
                look=REMOVED_LOOK,
            )


@exercise("9.11")
def test_a_login_whose_identity_is_gone_stays(site: Site) -> None:
    bo, ada = site.browser(), two_identities(site)
    came_in(site, bo, "twitter", "bo")
    linked(site, bo, "github", "bo")
    remove(site, bo, "twitter", BO.subject("twitter"))
    remove(site, ada, "facebook", ADA.subject("facebook"))
    if not is_signed_in(bo, BO.name):
        raise Missed(
            should="Bo has removed the identity of his own login, and stays logged in. Then Ada removes an identity of "
            "hers. Bo still stays logged in.",
            did="Bo is logged out.",
            look=f"{REMOVED_LOOK} After it, identity_id is NULL, as it is in Bo's row.",
        )


@exercise("9.11")
def test_the_last_identity_ends_no_login(site: Site) -> None:
    ada, elsewhere = site.browser(), site.browser()
    came_in(site, ada, "twitter")
    came_in(site, elsewhere, "twitter")
    remove(site, ada, "twitter", ADA.subject("twitter"))
    if not is_signed_in(elsewhere, ADA.name) or not is_signed_in(ada, ADA.name):
        raise Missed(
            should="Ada has one identity. The app does not remove it, so it ends no login.",
            did="a browser of Ada's is logged out.",
            look="unlink in app/account.py: no commit before the identities are counted. The rollback brings the rows "
            "of logins back, too.",
        )


# 9.12 Log out everywhere

EVERYWHERE_LOOK = (
    "logout_everywhere in app/account.py: delete all rows of logins with current_user.id as their user_id."
)


def everywhere(browser: Browser) -> Page:
    """The logged-in user logs out everywhere; Missed if there is no button."""
    look = f"templates/account.html: a form with method=post and action={EVERYWHERE}, with the hidden field csrf_token."
    return browser.submit(
        button(browser, EVERYWHERE, f"{ACCOUNT} has a button that logs out everywhere.", look)
    )


@exercise("9.12")
def test_every_browser_is_logged_out(site: Site) -> None:
    ada = two_identities(site)
    same, other, bo, phone = (site.browser() for _ in range(4))
    came_in(site, phone, "facebook")
    linked(site, phone, "google")
    remove(site, phone, "facebook", ADA.subject("facebook"))
    came_in(site, ada, "twitter")
    came_in(site, same, "twitter")
    came_in(site, bo, "twitter", "bo")
    copy = copy_of(site, ada)
    came_in(site, other, "google")
    page = everywhere(ada)
    should = (
        "Ada clicks on Log out everywhere. Then no browser is logged in as Ada, and all others are as before."
    )
    if page.status >= 400 or page.path != "/":
        raise Missed(
            should=f"{should} This browser ends at the front page.",
            did=f"it ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look="logout_everywhere in app/account.py, and the form's field csrf_token.",
        )
    for browser, who in (
        (ada, "the browser in which she clicked"),
        (same, "a different browser that logged in with Twitter"),
        (other, "a browser that logged in with Google"),
        (copy, "a copy of the cookie from before"),
        (phone, "a browser whose login began with an identity that she has removed since"),
    ):
        if is_signed_in(browser, ADA.name):
            raise Missed(should=should, did=f"{who} is still logged in.", look=EVERYWHERE_LOOK)
    if not is_signed_in(bo, BO.name):
        raise Missed(should=should, did="Bo's browser is logged out, too.", look=EVERYWHERE_LOOK)


@exercise("9.12")
def test_a_copy_that_is_logged_out_ends_no_login(site: Site) -> None:
    ada, elsewhere = site.browser(), site.browser()
    came_in(site, ada, "twitter")
    form = button(
        ada, EVERYWHERE, f"{ACCOUNT} has a button that logs out everywhere.", "templates/account.html."
    )
    copy = copy_of(site, ada)
    log_out(ada)
    came_in(site, elsewhere, "twitter")
    copy.open("/")
    copy.submit(form)
    if not is_signed_in(elsewhere, ADA.name):
        raise Missed(
            should="Eve has a copy of a cookie of Ada's, whose login is over. The button Log out everywhere does "
            "nothing there.",
            did="it logged Ada out in a different browser.",
            look="logout_everywhere in app/account.py: @login_required, and current_user.id. What is in the session "
            "alone may be of a login that is over.",
        )


@exercise("9.12")
def test_nothing_of_the_session_stays(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    callback = unused_callback(browser, "ada", start="/login/github")
    everywhere(browser)
    browser.open(callback)
    if is_signed_in(browser, ADA.name):
        raise Missed(
            should="Ada logs out everywhere while a login with GitHub is under way. Then this login is over, too.",
            did="its callback came, and Ada is logged in again.",
            look="logout_everywhere in app/account.py: session.clear(), and then logout_user().",
        )


@exercise("9.12")
def test_only_ada_logs_ada_out_everywhere(site: Site) -> None:
    ada, eve = site.browser(), site.browser()
    came_in(site, ada, "twitter")
    came_in(site, eve, "twitter", "eve")
    form = button(
        ada, EVERYWHERE, f"{ACCOUNT} has a button that logs out everywhere.", "templates/account.html."
    )
    id = owner_of(site, "twitter", ADA)
    tried = "opened its URL with a GET"
    ada.open(EVERYWHERE)
    if is_signed_in(ada, ADA.name):
        tried = "sent the form without a token"
        without_a_token(ada, EVERYWHERE)
    if is_signed_in(ada, ADA.name):
        tried = "sent the form from Eve's browser, with Ada's ID in it"
        eve.submit(
            button(eve, EVERYWHERE, "Eve has the button, too.", "templates/account.html."),
            id=str(id),
            user_id=str(id),
        )
        eve.open(f"{EVERYWHERE}?id={id}&user_id={id}")
    if not is_signed_in(ada, ADA.name):
        raise Missed(
            should="only the button on Ada's own page logs Ada out.",
            did=f"the check {tried}, and Ada was logged out.",
            look='logout_everywhere in app/account.py: methods=["POST"], and current_user.id says whose logins end.',
        )
    ada.submit(form)


# 9.13 to 9.16 Questions


@exercise("9.13")
def test_why_the_whole_redirect_uri_is_compared(folder: Path) -> None:
    check_answer(
        folder,
        "whole_redirect_uri",
        "b",
        {
            "a": "A redirect URI is no secret. Everybody can read it in the URL of the provider's page.",
            "c": "The provider sends the code there in any case. The question is which page of yours receives it.",
            "d": "The access token goes from the token endpoint to your app, and to no redirect URI.",
        },
    )


@exercise("9.14")
def test_why_there_is_no_session_fixation(folder: Path) -> None:
    check_answer(
        folder,
        "session_fixation",
        "d",
        {
            "a": "HttpOnly stops scripts that read the cookie. A page on the same site can still set one.",
            "b": "Ada's browser keeps a cookie that a page on the same site sets, also before it has opened your app.",
            "c": "The signature does not help: Eve has a cookie that your app has signed, her own.",
        },
    )


@exercise("9.15")
def test_what_pkce_adds(folder: Path) -> None:
    check_answer(
        folder,
        "pkce",
        "a",
        {
            "b": "A callback that Eve sends to Ada is what state stops already.",
            "c": "Both are in the redirect, which the browser sees. PKCE encrypts nothing.",
            "d": "The client secret is for that, and it stays.",
        },
    )


@exercise("9.16")
def test_why_same_site_is_not_enough(folder: Path) -> None:
    check_answer(
        folder,
        "same_site",
        "c",
        {
            "a": "Browsers apply SameSite to a POST, too. With Lax they send no cookie with a POST from another site.",
            "b": "All browsers of today know SameSite.",
            "d": "SameSite is about sending the cookie, and not about reading it.",
        },
    )


# 9.17 What the steps before taught

# Exercise 9.7 checks that a logout forgets the request tokens, too. So no login with Twitter is under way here.
KEPT = {subject: check for subject, check in since_one_route().items() if "logged out" not in subject} | {
    "logged out": partial(
        check_log_out,
        first="github",
        second="google",
        look="logout in app/auth.py, and end_login in app/logins.py.",
    ),
}
WITHSTOOD_BEFORE = ways(
    "forced-linking",
    "forged-form",
    "forged-form-same-site",
    "login-csrf-oauth2",
    "pre-hijacking",
    "reused-id",
)


@exercise("9.17")
@pytest.mark.parametrize("check", KEPT.values(), ids=KEPT)
def test_what_the_steps_before_taught(site: Site, check: Callable[[Site], None]) -> None:
    check(site)


@exercise("9.17")
@pytest.mark.parametrize(("attack", "way"), WITHSTOOD_BEFORE.values(), ids=WITHSTOOD_BEFORE)
def test_attacks_that_the_steps_before_stopped(site: Site, folder: Path, attack: str, way: Way) -> None:
    check_withstood(
        outcome_of(attack, way, folder, site),
        should=f"the app still withstands the attack {attack}, as that of step 08 does.",
        look="app/auth.py and app/account.py. What did you change there besides the marked lines?",
    )


@exercise("9.17")
@pytest.mark.parametrize(
    "path", ["/logout", f"{ACCOUNT}/link/facebook", f"{ACCOUNT}/unlink/1", f"{ACCOUNT}/delete"]
)
def test_a_form_needs_its_token(site: Site, path: str) -> None:
    browser = two_identities(site)
    before = identities(site)
    page = without_a_token(browser, path)
    if page.status != 400 or identities(site) != before or not is_signed_in(browser, ADA.name):
        raise Missed(
            should=f"your app rejects a POST to {path} without a CSRF token, with status 400, and nothing changes.",
            did=f"the status was {page.status}.",
            look="csrf in app/forms.py protects all views. Is this view exempt?",
        )


@exercise("9.17")
def test_deleting_an_account_ends_its_logins(site: Site) -> None:
    ada, elsewhere = two_identities(site), site.browser()
    came_in(site, elsewhere, "facebook")
    ada.submit(button(ada, f"{ACCOUNT}/delete", "Ada can delete her account.", "templates/account.html."))
    page = elsewhere.open("/")
    if users(site) or page.status != 200 or is_signed_in(elsewhere, ADA.name):
        raise Missed(
            should="Ada deletes her account. The user is gone, and no browser is logged in.",
            did=f"there are {len(users(site))} users, and the front page says: {shortened(page.words)}",
            look="delete in app/account.py.",
        )
