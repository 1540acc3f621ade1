"""Step 01: log in with Twitter. The checks use what the browser received, and what Twitter received."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

from workbook.exercises.missed import Missed
from workbook.exercises.people import session_of
from workbook.exercises.twitter_login import (
    CALLBACK,
    SIGN_IN,
    not_at_twitter,
    shortened,
    signed_in,
    without_access,
)
from workbook.lab.browser import HOME, Browser, Page
from workbook.lab.site import Site
from workbook.lab.visits import NotAsked, arrive, decide_on, log_out_at, refuse, unused_callback
from workbook.providers.people import person

REFUSAL = "01_twitter_login.refusal"
DENIED = "You denied the request to sign in."

exercise = pytest.mark.exercise


def asked_instead(site: Site, beside: tuple[str, ...] = ()) -> str | None:
    """The app's first request to Twitter, in words, if it was a wrong one. Requests whose path begins with `beside` are
    not meant."""
    for message in site.messages():
        path = message.path.removeprefix("/twitter")
        if message.sender == "twitter" and message.receiver == "app" and not path.startswith(beside):
            known = "" if message.status != 404 else ", and Twitter has no such URL"
            return f"it sent Twitter a different request: {message.method} {path}{known}."
    return None


def came_to_welcome(page: Page) -> bool:
    """Whether a login led to /welcome. The checks of 1.5 and 1.6 look at the response of /welcome."""
    return any(answer.path == "/welcome" for answer in page.answers)


@exercise("1.1")
def test_asks_twitter_with_its_key(site: Site) -> None:
    page = site.browser().open("/login")
    asked = [a for a in site.providers.twitter.attempts if a.endpoint == "request_token"]
    should = (
        "when a user opens /login, your app asks Twitter for a request token, signed with its key and secret."
    )
    if not asked and site.at_provider(page):
        raise Missed(
            should=should,
            did="it sent the browser to Twitter without a request token, and never asked Twitter for one.",
            look="login: twitter.authorize(…) asks Twitter for the request token, and gives you the redirect that "
            "carries this token.",
        )
    if not asked:
        raise Missed(
            should=should,
            did=asked_instead(site)
            or f"it sent the local Twitter no request. /login responded with {page.status}: {shortened(page.words)}",
            look="remote_app(…): request_token_url must be TWITTER_URL followed by /oauth/request_token.",
        )
    first = asked[0]
    if first.consumer_key == site.providers.twitter.consumer_secret:
        raise Missed(
            should=should,
            did="it sent its secret as the key. Anybody who reads the request knows the secret now.",
            look="remote_app(…): consumer_key is TWITTER_KEY, and consumer_secret is TWITTER_SECRET.",
        )
    if not first.key_known:
        raise Missed(
            should=should,
            did=f"it signed with the key {first.consumer_key!r}, which Twitter does not know.",
            look="remote_app(…): consumer_key is TWITTER_KEY, as the environment has it.",
        )
    if not first.signature_valid:
        raise Missed(
            should=should,
            did="it sent the right key, but the signature does not fit. Your app made it with a different secret.",
            look="remote_app(…): consumer_secret is TWITTER_SECRET, as the environment has it.",
        )
    if first.method != "POST":
        raise Missed(
            should="your app asks Twitter for the request token with POST (RFC 5849 section 2.1).",
            did=f"it asked with {first.method}. All else was right.",
            look="remote_app(…): request_token_method. Without it, Flask-OAuthlib asks with GET.",
        )


@exercise("1.2")
def test_login_leads_to_twitter(site: Site) -> None:
    browser = site.browser()
    page = browser.open("/login")
    if not site.at_provider(page):
        raise not_at_twitter(site, page)
    token = parse_qs(urlsplit(page.url).query).get("oauth_token", [""])[0]
    given = [a for a in site.providers.twitter.attempts if a.endpoint == "request_token" and a.status == 200]
    if (
        page.path.removeprefix("/twitter") not in ("/oauth/authenticate", "/oauth/authorize")
        or page.status != 200
    ):
        raise Missed(
            should="/login sends the browser to Twitter's page for logging in, /oauth/authenticate.",
            did=f"it sent the browser to {page.path}, which responded with {page.status}: {shortened(page.words)}",
            look="remote_app(…): authorize_url is TWITTER_URL followed by /oauth/authenticate.",
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if not given or not token:
        raise Missed(
            should="the URL of Twitter's page carries a request token that Twitter has just given.",
            did=f"it sent the browser to Twitter with oauth_token={token!r}.",
            look="login: twitter.authorize(…) puts the request token into the URL.",
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    callback = urlsplit(given[-1].oauth_callback or "")
    if callback.netloc != urlsplit(HOME).netloc:
        raise Missed(
            should=f"your app gives Twitter a callback URL on the host where the login began, {CALLBACK}.",
            did=f"the login began at {HOME}, and the callback URL was {given[-1].oauth_callback}. These are two hosts, "
            "and the browser does not send the cookie of one to the other.",
            look="login: url_for('oauth_authorized', _external=True) keeps the host under which the user opened the "
            "app.",
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )


@exercise("1.2")
def test_every_login_has_a_request_token_of_its_own(site: Site) -> None:
    tokens = []
    for _ in range(2):
        page = site.browser().open("/login")
        if not site.at_provider(page):
            raise not_at_twitter(site, page)
        tokens.append(parse_qs(urlsplit(page.url).query).get("oauth_token", [""])[0])
    if tokens[0] == tokens[1]:
        raise Missed(
            should="your app asks for a new request token at each login. A request token belongs to one login.",
            did="it sent two users to Twitter with the same request token.",
            look="login: ask Twitter for the request token inside this function, at each login, and not once when the "
            "app starts.",
        )


@exercise("1.3")
def test_access_token_is_fetched(site: Site) -> None:
    browser = site.browser()
    page = signed_in(site, browser)
    asked = [a for a in site.providers.twitter.attempts if a.endpoint == "access_token"]
    should = "at the callback your app exchanges the request token and the verifier for an access token."
    if not asked:
        raise Missed(
            should=should,
            did=asked_instead(site, beside=("/oauth/request_token", "/1.1/"))
            or f"it never asked for one. The callback ended at {page.path} with status {page.status}.",
            look="remote_app(…): access_token_url must be TWITTER_URL followed by /oauth/access_token."
            if asked_instead(site, beside=("/oauth/request_token", "/1.1/"))
            else "oauth_authorized: twitter.authorized_response() makes this exchange.",
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if not any(a.status == 200 for a in asked):
        raise Missed(
            should=should,
            did=f"it asked, and Twitter rejected the request with status {asked[-1].status}.",
            look="your app must sign this request with the request token's own secret, and send the verifier.",
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )


@exercise("1.3")
def test_the_person_arrives_at_the_welcome_page(site: Site) -> None:
    browser = site.browser()
    page = signed_in(site, browser)
    token = next(iter(site.providers.twitter.access_tokens), "")
    if came_to_welcome(page) and page.path != "/welcome" and token not in session_of(browser):
        raise Missed(
            should="your app keeps the access token and its secret in session['twitter_token'], for /welcome.",
            did=f"the user came to /welcome, and /welcome redirected to {page.path}. The session has no access token.",
            look="oauth_authorized: which line puts the access token and its secret into session['twitter_token'], and "
            "does a later line take them out?",
        )
    if not came_to_welcome(page):
        did = f"the login ended at {page.path} with status {page.status}."
        look = "the last line of oauth_authorized: a redirect to url_for('welcome')."
        if page.status >= 500:
            look = (
                "oauth_authorized: it fails before it redirects to url_for('welcome'). Twitter's response has the "
                "names oauth_token, oauth_token_secret, user_id and screen_name."
            )
        raise Missed(
            should="after the login the user is on /welcome.",
            did=did,
            look=look,
            flow=site.flow("Your app"),
            expected=SIGN_IN,
            meant=r"^KeyError: '(?![A-Z])",
        )


@exercise("1.3")
@pytest.mark.parametrize("who", ["ada", "bo"])
def test_the_front_page_says_who_is_signed_in(site: Site, who: str) -> None:
    browser = site.browser()
    signed_in(site, browser, who)
    name = person(who).twitter.screen_name
    front = browser.open("/")
    if f"@{name}" not in front.words:
        raise Missed(
            should=f"after {name} has logged in, the front page says: signed in as @{name}.",
            did=f"the front page says: {shortened(front.words)}",
            look="oauth_authorized: session['twitter_user'] is the screen_name in Twitter's response.",
        )


@exercise("1.3")
def test_nobody_becomes_somebody_by_an_address(site: Site) -> None:
    stranger = site.browser()
    stranger.open(
        "/auth/twitter/callback?screen_name=somebody_else&user_id=1&oauth_token=made-up&oauth_verifier=made-up"
    )
    front = stranger.open("/")
    look = "oauth_authorized: take the screen name from Twitter's response, not from request.args."
    if "somebody_else" in front.words:
        raise Missed(
            should="a URL with a screen name in it logs in no user, because anybody can type such a URL.",
            did="it logged in a browser that only opened /auth/twitter/callback?screen_name=somebody_else…",
            look=look,
            whole=True,
        )
    # The same with a login that is right. Users can change the callback's URL in their own browser.
    ada = site.browser()
    try:
        callback = unused_callback(ada, "ada", start="/login")
    except NotAsked as error:
        raise not_at_twitter(site, error.page) from None
    others = "".join(
        f"&{name}=somebody_else" for name in ("screen_name", "user_id", "user", "username", "name")
    )
    ada.open(callback + others)
    front = ada.open("/")
    if "somebody_else" in front.words:
        raise Missed(
            should="your app takes the screen name from Twitter's response, whatever the callback's URL says.",
            did="Ada logged in, and added &screen_name=somebody_else to the callback's URL. The front page says: "
            f"{shortened(front.words)}",
            look=look,
            whole=True,
        )


@exercise("1.3")
def test_the_front_page_says_who_signed_in_last(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser, "ada")
    log_out_at(site, browser, "twitter")
    signed_in(site, browser, "bo")
    name = person("bo").twitter.screen_name
    front = browser.open("/")
    if f"@{name}" not in front.words:
        raise Missed(
            should=f"Ada logs in, and then Bo logs in, in the same browser. The front page says: signed in as @{name}.",
            did=f"the front page says: {shortened(front.words)}",
            look="oauth_authorized: each callback is a login of its own, also if the session has a token already. "
            "Exchange its request token, and replace session['twitter_token'] and session['twitter_user'].",
        )


@exercise("1.4")
def test_a_refusal_is_met_kindly(site: Site) -> None:
    browser = site.browser()
    try:
        page = refuse(browser)
    except NotAsked as error:
        raise not_at_twitter(site, error.page) from None
    should = f"a user who clicks Cancel at Twitter ends on the front page and reads there: {DENIED}"
    if page.status >= 400:
        raise Missed(
            should=should,
            did=f"it responded at {page.path} with status {page.status}.",
            look="oauth_authorized: after a denial twitter.authorized_response() gives None. Look for None first.",
            flow=site.flow("Your app"),
            expected=REFUSAL,
        )
    if site.at_provider(page):
        raise Missed(
            should=should,
            did="it sent the user straight back to Twitter, where they had just denied access.",
            look="oauth_authorized: redirect to url_for('index'), a page that does not begin a login.",
            flow=site.flow("Your app"),
            expected=REFUSAL,
        )
    if DENIED not in page.words:
        nearly = DENIED.lower().rstrip(".") in page.words.lower()
        raise Missed(
            should=should,
            did=f"the user ended at {page.path} and read: {shortened(page.words)}",
            look="the sentence in flash(…) is nearly right. Compare the capital letters, and the full stop at its end."
            if nearly
            else f"oauth_authorized: flash({DENIED!r}) before the redirect.",
            flow=site.flow("Your app"),
            expected=REFUSAL,
        )
    if page.path != "/":
        raise Missed(
            should=should,
            did=f"the user ended at {page.path}.",
            look="oauth_authorized: redirect to url_for('index').",
            flow=site.flow("Your app"),
            expected=REFUSAL,
        )


@exercise("1.4")
def test_nobody_is_signed_in_after_a_refusal(site: Site) -> None:
    browser = site.browser()
    wanted = f"/?page={secrets.token_hex(4)}"
    try:
        page = refuse(browser, start=f"/login?next={quote(wanted, safe='')}")
    except NotAsked as error:
        raise not_at_twitter(site, error.page) from None
    if f"{page.path}?{page.query}" == wanted:
        raise Missed(
            should=f"after a denial the user is on the front page, /, also if the login began at /login?next={wanted}.",
            did=f"it sent the user to {wanted} after a denial. This page is for logged-in users.",
            look="oauth_authorized: after a denial redirect to url_for('index'), and do not use next.",
        )
    front = browser.open("/")
    if f"@{person('ada').twitter.screen_name}" in front.words or "signed in as" in front.words:
        raise Missed(
            should="after a denial no user is logged in.",
            did=f"the front page says: {shortened(front.words)}",
            look="oauth_authorized: return before you put anything into the session.",
        )


@exercise("1.4")
def test_after_a_refusal_one_can_still_sign_in(site: Site) -> None:
    browser = site.browser()
    try:
        refuse(browser)
    except NotAsked as error:
        raise not_at_twitter(site, error.page) from None
    page = signed_in(site, browser)
    if not came_to_welcome(page):
        raise Missed(
            should="a user who denied access once can log in afterwards.",
            did=f"the second login ended at {page.path} with status {page.status}.",
            look="oauth_authorized: what does a denial leave in the session?",
        )
    if DENIED in page.words:
        raise Missed(
            should="a user who allowed access does not read that they denied the request.",
            did=f"after a successful login, /welcome says: {shortened(page.words)}",
            look="oauth_authorized: when do you call flash(…), and when not?",
        )


@exercise("1.4")
def test_a_failure_of_twitters_is_no_refusal(site: Site) -> None:
    for kind, words in (
        ("error", "responded to the exchange with an error"),
        ("expired_code", "said that the request token is too old"),
    ):
        browser = site.browser()
        try:
            callback = unused_callback(browser, "ada", start="/login")
        except NotAsked as error:
            raise not_at_twitter(site, error.page) from None
        site.providers.faults.set("twitter", "access_token", kind)
        page = browser.open(callback)
        site.providers.faults.clear()
        if DENIED in page.words or DENIED in browser.open("/").words:
            raise Missed(
                should="only a user who denied access at Twitter reads that they denied the request.",
                did=f"Ada allowed access, and Twitter {words}. She read: {DENIED}",
                look="oauth_authorized: if resp is None, the user denied access. An OAuthException is no denial. "
                "Leave it to the view refused, which was given.",
            )


@exercise("1.4")
def test_a_refusal_in_the_older_of_two_tabs(site: Site) -> None:
    browser = site.browser()
    older = arrived(site, browser, "/login")
    arrived(site, browser, "/login")
    page = decide_on(browser, older, "ada", "refuse")
    back = [link for link in page.links() if "denied=" in link]
    page = browser.click(back[0]) if back else page
    if DENIED not in page.words:
        raise Missed(
            should=f"a user who clicks Cancel at Twitter reads: {DENIED} This is so in each tab.",
            did=f"Ada began a login in one tab, and then another login in a second tab. She clicked Cancel in the "
            f"first tab. {page.path} responded with status {page.status}: {shortened(page.words)}",
            look="oauth_authorized: a denial is a denial, whichever request token the callback names in denied. The "
            "session has only the request token of the newest login. twitter.authorized_response() gives None after "
            "each denial.",
        )


@exercise("1.4")
def test_a_refusal_logs_nobody_out(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    before = browser.open("/welcome")
    log_out_at(site, browser, "twitter")
    try:
        page = refuse(browser, "bo")
    except NotAsked as error:
        raise not_at_twitter(site, error.page) from None
    front, after = browser.open("/"), browser.open("/welcome")
    name = person("ada").twitter.screen_name
    should = "a user who is logged in in your app begins one more login, and clicks Cancel at Twitter."
    if DENIED not in page.words:
        raise Missed(
            should=f"{should} The front page says: {DENIED}",
            did=f"{page.path} says: {shortened(page.words)}",
            look="oauth_authorized: a denial is a denial, also if the session has a token already.",
        )
    if f"@{name}" not in front.words or (before.path, before.status) != (after.path, after.status):
        raise Missed(
            should=f"{should} The user is still logged in.",
            did=f"Ada was logged in. Afterwards the front page says: {shortened(front.words)} And /welcome, which had "
            f"status {before.status} before, ended at {after.path} with status {after.status}.",
            look="oauth_authorized: after a denial, leave twitter_token and twitter_user in the session as they are.",
        )


@exercise("1.5")
@pytest.mark.parametrize("who", ["ada", "bo"])
def test_asks_twitter_for_the_person(site: Site, who: str) -> None:
    browser = site.browser()
    signed_in(site, browser, who)
    page = browser.open("/welcome")
    should = (
        "for /welcome your app asks Twitter for account/verify_credentials.json with the user's access token."
    )
    asked = [a for a in site.providers.twitter.attempts if a.endpoint == "verify_credentials"]
    if not asked:
        did = f"it did not ask Twitter. /welcome responded with status {page.status}."
        look = "welcome: twitter.get(…) asks Twitter for a path, account/verify_credentials.json."
        if page.path != "/welcome":
            did = f"it did not ask Twitter. /welcome redirected the logged-in user to {page.path}."
            look = "welcome: when does it redirect? A logged-in user stays there."
        elif instead := asked_instead(site, beside=("/oauth/",)):
            did = instead
            look = (
                "remote_app(…): base_url is TWITTER_URL followed by /1.1/, with the slash at the end. Flask-OAuthlib "
                "joins the path in twitter.get(…) to base_url."
            )
        raise Missed(
            should=should,
            did=did,
            look=look,
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    last = asked[-1]
    if last.status != 200:
        raise Missed(
            should=should,
            did=f"it asked, and Twitter rejected the request with status {last.status} and error {last.error_code}.",
            look="get_twitter_token: return a pair, the access token and its secret, in this order.",
            flow=site.flow("Your app"),
            expected=SIGN_IN,
        )
    if last.screen_name != person(who).twitter.screen_name:
        raise Missed(
            should=should,
            did=f"{person(who).twitter.screen_name} was logged in, and it asked with the token of {last.screen_name}.",
            look="get_twitter_token: keep each user's token in the session of their browser.",
        )
    failed = site.last_error() if page.status == 500 else None
    # An error in the template belongs to 1.6.
    if failed is not None and not failed.traceback.strip().split("\n")[-1].startswith("templates"):
        raise Missed(
            should="welcome puts the data of Twitter's response into profile.",
            did="Twitter responded, and then /welcome responded with status 500.",
            look="welcome: the response that twitter.get(…) gives is an object, and its data is a dictionary.",
        )


def last_asked_for(site: Site) -> str | None:
    """The screen name of the account with whose token the app last asked Twitter for the user; None if it never did."""
    asked = [a for a in site.providers.twitter.attempts if a.endpoint == "verify_credentials"]
    return asked[-1].screen_name if asked else None


@exercise("1.5")
def test_two_people_keep_their_own_tokens(site: Site) -> None:
    first, second = site.browser(), site.browser()
    signed_in(site, first, "ada")
    signed_in(site, second, "bo")
    asked = len(site.providers.twitter.attempts)
    page = first.open("/welcome")
    if len(site.providers.twitter.attempts) == asked and page.path == "/welcome":
        raise Missed(
            should="your app asks Twitter for the user's profile each time when a user opens /welcome.",
            did="ada opened /welcome after her login, and your app did not ask Twitter. /welcome responded with status "
            f"{page.status}: {shortened(page.words)}",
            look="welcome: call twitter.get(…) at each request. A profile that your app kept from an earlier request "
            "may be old by now.",
        )
    whose = last_asked_for(site)
    if whose != person("ada").twitter.screen_name:
        raise Missed(
            should="your app asks Twitter with each user's own token, also after another user has logged in.",
            did=f"ada opened /welcome, and your app asked Twitter with the token of {whose or 'no user'}.",
            look="get_twitter_token: keep the token in session, not in a variable of the module.",
        )


@exercise("1.5")
def test_a_second_person_in_the_same_browser(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser, "ada")
    log_out_at(site, browser, "twitter")
    signed_in(site, browser, "bo")
    browser.open("/welcome")
    whose = last_asked_for(site)
    if whose != person("bo").twitter.screen_name:
        raise Missed(
            should="after a second login in the same browser, your app asks Twitter with the new user's token.",
            did=f"ada logged in, and then bo, in one browser. Your app asked with the token of {whose or 'no user'}.",
            look="oauth_authorized: replace session['twitter_token'] at each login.",
        )


@exercise("1.5")
def test_twitter_does_not_say_who_it_is(site: Site) -> None:
    look = (
        "welcome: the response that twitter.get(…) gives has a status, too. If it is not 200, data holds Twitter's "
        "errors, and no profile. Raise OAuthException(…) before you read data."
    )
    without_access(site, look)


@exercise("1.6")
@pytest.mark.parametrize("who", ["ada", "bo"])
def test_greets_by_name(site: Site, who: str) -> None:
    browser = site.browser()
    name, plain = person(who).name, ""
    if who == "bo":
        # At Twitter a user can choose any name.
        name, plain = "Bo <i>Lindqvist</i> & Søn", "Bo Lindqvist & Søn"
        site.providers.people.change(who, name=name)
    signed_in(site, browser, who)
    page = browser.open("/welcome")
    if page.status != 200 or name not in page.words:
        look = "templates/welcome.html: {{ profile.name }}. And welcome: profile is the data of Twitter's response."
        if page.status == 200 and plain and plain in page.words:
            look = (
                "templates/welcome.html: the browser read the name as HTML. Jinja escapes what {{ … }} writes, unless "
                "the filter safe, Markup or autoescape switches that off."
            )
        raise Missed(
            should=f"/welcome greets {name} by the name that Twitter gives.",
            did=f"/welcome responded with status {page.status} and says: {shortened(page.words)}",
            look=look,
        )
    if person(who).twitter.screen_name not in page.words:
        raise Missed(
            should=f"/welcome also shows the screen name, {person(who).twitter.screen_name}.",
            did=f"/welcome says: {shortened(page.words)}",
            look="templates/welcome.html: profile has the screen name as screen_name.",
        )


@exercise("1.6")
def test_a_second_person_is_greeted_by_their_own_name(site: Site) -> None:
    browser = site.browser()
    for who in ("ada", "bo"):
        signed_in(site, browser, who)
        page = browser.open("/welcome")
        log_out_at(site, browser, "twitter")
    name = person("bo").name
    if page.status != 200 or name not in page.words:
        raise Missed(
            should=f"Ada logs in, and then {name} logs in, in the same browser. /welcome greets {name}.",
            did=f"/welcome responded with status {page.status} and says: {shortened(page.words)}",
            look="welcome: use the profile in Twitter's response to this request. A profile in the session belongs to "
            "the user who logged in before.",
        )


@exercise("1.6")
def test_strangers_go_to_the_front_page(site: Site) -> None:
    page = site.browser().open("/welcome")
    status = page.answers[0].status
    if status in (301, 308):
        raise Missed(
            should="/welcome redirects a logged-out user temporarily, with status 302, because later they may be "
            "logged in.",
            did=f"it redirected with status {status}, a permanent redirect. A browser may store it (RFC 9110 section "
            "15.4.2). Then it never requests /welcome again, also after a login.",
            look="welcome: redirect(url_for('index')) without a code gives status 302.",
        )
    if page.path == "/" and page.status == 200:
        return
    if site.at_provider(page) or page.path == "/login":
        return  # asking a logged-out user to log in is right, too
    raise Missed(
        should="if a user opens /welcome and is not logged in, your app redirects them to the front page.",
        did=f"it responded at {page.path} with status {page.status}: {shortened(page.words)}",
        look="welcome: first, is there a token in the session? If not, redirect to url_for('index').",
    )


@exercise("1.6")
def test_a_stranger_who_has_begun_a_login_goes_to_the_front_page(site: Site) -> None:
    browser = site.browser()
    arrived(site, browser, "/login")
    page = browser.open("/welcome")
    if page.status == 200 and (page.path in ("/", "/login") or site.at_provider(page)):
        return
    raise Missed(
        should="a user who began a login and did not finish it is not logged in. If they open /welcome, your app "
        "redirects them to the front page.",
        did=f"it responded at {page.path} with status {page.status}: {shortened(page.words)}",
        look="welcome: is the access token in the session, as twitter_token? A login that has begun leaves other keys "
        "in the session, such as its request token.",
    )


@exercise("1.7")
def test_next_is_where_the_login_ends(site: Site) -> None:
    wanted = f"/?page={secrets.token_hex(4)}&sort=a%2Bb"
    page = signed_in(site, site.browser(), start=f"/login?next={quote(wanted, safe='')}")
    ended = end_of(page)
    if ended != wanted or page.status >= 400:
        look = (
            "login must keep next, and oauth_authorized must use it. "
            "They are two requests, so next has to travel in the callback URL, or wait in the session."
        )
        if ended == unquote(wanted):
            look = (
                "your app decodes next twice. request.args has decoded it already, so a second time makes %2B a +. "
                "Take the value as request.args gives it."
            )
        elif ended != "/" and wanted.startswith(ended):
            look = (
                "a part of next was lost on the way. In the query string of the callback URL, & ends a value. So next "
                "needs percent-encoding there, as url_for(…, next=…) does it."
            )
        raise Missed(
            should=f"a login that begins at /login?next={quote(wanted, safe='')} ends at {wanted}.",
            did=f"it ended at {ended} with status {page.status}.",
            look=look,
        )


def end_of(page: Page) -> str:
    """The URL of the app's last redirect for a browser: path, query string and fragment."""
    led = [location for answer in page.answers if (location := answer.header("Location"))]
    return led[-1].removeprefix(HOME) if led else page.path


@exercise("1.7")
def test_two_logins_at_once_have_a_next_each(site: Site) -> None:
    first, second = site.browser(), site.browser()
    wanted = f"/?page={secrets.token_hex(4)}#here"
    # Ada begins, then Bo begins and ends, and then Ada goes on.
    at_twitter = arrived(site, first, f"/login?next={quote(wanted, safe='')}")
    without = decide_on(second, arrived(site, second, "/login"), "bo", "allow")
    ended = end_of(decide_on(first, at_twitter, "ada", "allow"))
    if ended != wanted and ended == wanted.partition("#")[0] and came_to_welcome(without):
        raise Missed(
            should=f"a login that begins at /login?next={quote(wanted, safe='')} ends at {wanted}.",
            did=f"it ended at {ended}. The part from # on, the fragment, was lost.",
            look="oauth_authorized: redirect to next as it is. If your app takes next apart, it has to put back every "
            "part, the fragment, too.",
        )
    if ended != wanted or end_of(without) == wanted:
        raise Missed(
            should=f"Ada's login begins at /login?next={wanted} and ends at {wanted}. Bo's login begins at /login "
            "meanwhile, and ends at /welcome.",
            did=f"Ada's login ended at {ended}, and Bo's at {end_of(without)}.",
            look="next belongs to one login of one browser. Put it into the callback URL, or keep it in session. A "
            "variable of the module is there only once, for all browsers.",
        )
    for page in (without, signed_in(site, first)):
        if not came_to_welcome(page):
            raise Missed(
                should="a login that begins at /login, without next, ends at /welcome.",
                did=f"it ended at {end_of(page)} with status {page.status}.",
                look="oauth_authorized: use url_for('welcome') if there is no next, and no next left over from before.",
            )


@exercise("1.7")
def test_next_reaches_another_process(open_site: Callable[..., Site]) -> None:
    site = open_site(workers=2)
    browser = site.browser()
    wanted = f"/?page={secrets.token_hex(4)}"
    at_twitter = arrived(site, browser, f"/login?next={quote(wanted, safe='')}")
    site.move(browser, 1)
    ended = end_of(decide_on(browser, at_twitter, "ada", "allow"))
    # An app that makes its key when it starts shares no session with another process. 2.2 is about that.
    if ended == "/welcome":
        raise Missed(
            should=f"a login that begins at /login?next={wanted} ends at {wanted}, also if your app restarts "
            "meanwhile, or runs as two processes.",
            did=f"the login began at one process and came back to another. It ended at {ended}.",
            look="put next into the callback URL, or keep it in session. A variable of the module is lost when the "
            "process ends, and another process has its own.",
        )


@exercise("1.7")
def test_a_refusal_leaves_no_next_behind(site: Site) -> None:
    browser = site.browser()
    try:
        refuse(browser, start="/login?next=%2F%3Fpage%3Drefused")
    except NotAsked as error:
        raise not_at_twitter(site, error.page) from None
    page = signed_in(site, browser)
    if not came_to_welcome(page):
        raise Missed(
            should="a login that begins at /login, without next, ends at /welcome, also after a denial.",
            did=f"it ended at {end_of(page)}, the next of a login that the user had denied.",
            look="login: if the request has no next, remove the next of an earlier login from session.",
        )


def arrived(site: Site, browser: Browser, start: str) -> Page:
    """Twitter's page, to which a login has led; Missed if it has not."""
    try:
        return arrive(browser, start)
    except NotAsked as error:
        raise not_at_twitter(site, error.page) from None
