"""Step 02: inside the session. What the cookie holds, what Twitter was asked, and who is let in with which key."""

from __future__ import annotations

import ast
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask.sessions import TaggedJSONSerializer
from itsdangerous import URLSafeTimedSerializer

from workbook.exercises.answers import check_answer, check_word
from workbook.exercises.missed import Missed
from workbook.exercises.people import log_out
from workbook.exercises.twitter_login import shortened, signed_in
from workbook.lab.browser import Browser
from workbook.lab.running import AppFailed
from workbook.lab.site import Site
from workbook.providers.people import person
from workbook.providers.twitter.state import Attempt

exercise = pytest.mark.exercise
SITE = Callable[..., Site]

ADA = person("ada").twitter.screen_name


def cookie_signer(key: str) -> URLSafeTimedSerializer:
    """What Flask signs its session cookies with (flask.sessions.SecureCookieSessionInterface)."""
    return URLSafeTimedSerializer(
        key,
        salt="cookie-session",
        serializer=TaggedJSONSerializer(),
        signer_kwargs={"key_derivation": "hmac", "digest_method": "sha1"},
    )


def is_let_in(site: Site, cookie: str, name: str = ADA) -> bool:
    """Whether the app takes a cookie for that of somebody who is signed in."""
    browser = site.browser()
    browser.set_cookie("session", cookie)
    return f"@{name}" in browser.open("/").words


def session_cookie(browser: Browser) -> str:
    """The session cookie of somebody who has signed in."""
    cookie = browser.cookie("session")
    if cookie is None:
        raise Missed(
            should="after a login the browser has a cookie named session.",
            did="it has none.",
            look="oauth_authorized: what is put into session travels in that cookie.",
        )
    return cookie


# 2.1 Stop inside the app and look


@exercise("2.1")
def test_where_the_request_token_waits(folder: Path) -> None:
    check_word(
        folder,
        "kept_as",
        "twitter_oauthtok",
        {
            "twitter_token": "that is where your own code puts the access token, after the swap.",
            "twitter_user": "that is the screen name, which your own code puts there.",
            "oauth_token": "that is its name in Twitter's answer and in the address. In session it has another.",
            "session": "that is the cookie. Which of the keys in it?",
        },
        look="stop at the first line of oauth_authorized, before anything is swapped, and type dict(session).",
    )


@exercise("2.1")
def test_nobody_is_left_standing_in_the_app(site: Site) -> None:
    signed_in(site, site.browser())
    said = site.app.log()
    if "In [1]" in said or "(Pdb)" in said:
        raise Missed(
            should="a login goes through without stopping.",
            did="your app stopped in the middle of it, and waited for somebody to type at its terminal.",
            look="take the line that stops it (embed() or breakpoint()) out again. On a server it would be a shell for "
            "strangers, or an app that hangs.",
        )


# 2.2 Keys out of the code

KEY_LOOK = 'app.secret_key = os.environ["SECRET_KEY"], and no other line that sets it.'


@exercise("2.2")
def test_a_login_outlives_a_restart(open_site: SITE) -> None:
    key = secrets.token_hex()
    first = open_site(environment={"SECRET_KEY": key})
    browser = first.browser()
    signed_in(first, browser)
    if not is_let_in(open_site(environment={"SECRET_KEY": key}), session_cookie(browser)):
        raise Missed(
            should="who has signed in stays signed in when the app is started again with the same SECRET_KEY.",
            did=f"{ADA} signed in, the app was started again, and nobody was signed in any more: it does not sign its "
            "cookies with the SECRET_KEY of the environment, but with one that is new at every start.",
            look=KEY_LOOK,
        )


@exercise("2.2")
def test_the_key_comes_from_the_environment(open_site: SITE, folder: Path) -> None:
    first = open_site(environment={"SECRET_KEY": secrets.token_hex()})
    browser = first.browser()
    signed_in(first, browser)
    if is_let_in(open_site(environment={"SECRET_KEY": secrets.token_hex()}), session_cookie(browser)):
        raise Missed(
            should="session cookies are signed with the SECRET_KEY that the environment gives.",
            did="a cookie was still taken after SECRET_KEY had changed: the app signs with something else"
            f"{written_down(first, folder)}.",
            look=KEY_LOOK,
        )


@exercise("2.2")
def test_without_a_key_there_is_none_to_fall_back_on(open_site: SITE, folder: Path) -> None:
    try:
        site = open_site(environment={"SECRET_KEY": None}, may_fail=True)
    except AppFailed:
        return  # it does not start without a key: the best that it can do
    found = written_down(site, folder)
    if found:
        raise Missed(
            should="without a SECRET_KEY in the environment the app does not start, or at least nobody knows its key.",
            did=f"it started, and signs its cookies with something that everybody can read{found}. Whoever has seen "
            "your code can be anybody.",
            look="os.environ['SECRET_KEY'] stops the app where there is none, and os.environ.get(…) does not.",
        )


def written_down(site: Site, folder: Path) -> str:
    """Which text in the code the app signs its cookies with, in words; empty where it is none of them."""
    for text in texts_in(folder):
        if is_let_in(site, str(cookie_signer(text).dumps({"twitter_user": "forged"})), "forged"):
            return f", the text {text!r} in your code"
    return ""


def texts_in(folder: Path) -> Iterator[str]:
    """Every text that stands in the Python files of a folder."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and node.value:
                yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")


# 2.3 Read the cookie by hand


COMPRESSED = (
    "read_cookie: the cookie begins with a dot, so it is compressed. Take the dot off, decode, then zlib."
)


def shown_at_inside(browser: Browser) -> str:
    """What /inside shows of the cookie."""
    page = browser.open("/inside")
    if page.status >= 400:
        raise Missed(
            should="/inside shows what the session cookie holds.",
            did=f"it answered with the status {page.status}: {shortened(page.words)}",
            look="read_cookie in by_hand.py.",
        )
    return page.words


@exercise("2.3")
def test_the_cookie_is_read(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    token = next(iter(site.providers.twitter.access_tokens))
    shown = shown_at_inside(browser)
    for what, value in (("the screen name", ADA), ("the access token", token)):
        if value not in shown:
            dot = (browser.cookie("session") or "").startswith(".")
            raise Missed(
                should="after a login /inside shows what the session cookie holds, the access token among it.",
                did=f"{what}, {value}, is not there. It shows: {shortened(shown)}",
                look=COMPRESSED
                if dot
                else "read_cookie: the part before the last two dots is base64, in the alphabet for addresses.",
            )


@exercise("2.3")
def test_no_key_is_needed_to_read_it(site: Site) -> None:
    word = secrets.token_hex(8)
    browser = site.browser()
    browser.set_cookie("session", str(cookie_signer("somebody else's key").dumps({"note": word})))
    shown = shown_at_inside(browser)
    if word not in shown:
        raise Missed(
            should="/inside shows what any cookie holds, also one that was signed with a key that nobody here has.",
            did=f"it was given such a cookie, with a note {word} in it, and showed: {shortened(shown)}",
            look="read_cookie: decode the cookie itself. session is what Flask makes of it after the check.",
        )


@exercise("2.3")
def test_a_compressed_cookie_is_read(site: Site) -> None:
    word = secrets.token_hex(8)
    cookie = str(cookie_signer("a key").dumps({"note": word, "more": "again and " * 40}))
    assert cookie.startswith(".")
    browser = site.browser()
    browser.set_cookie("session", cookie)
    shown = shown_at_inside(browser)
    if word not in shown:
        raise Missed(
            should="/inside also shows a cookie that begins with a dot: Flask compresses long ones.",
            did=f"it was given one with a note {word} in it, and showed: {shortened(shown)}",
            look=COMPRESSED,
        )


# 2.4 Signed, and not secret


@exercise("2.4")
def test_what_becomes_of_a_changed_cookie(folder: Path) -> None:
    check_answer(
        folder,
        "changed_cookie",
        "b",
        {
            "a": "Try it: change one letter of the cookie in your browser's tools, and load the front page.",
            "c": "The cookie can be read, but not written: for a new signature one needs the SECRET_KEY.",
            "d": "The app does not crash. Think of what Flask would have to tell a person who cleared half a cookie.",
        },
    )


# 2.5 to 2.7 A request signed by hand


def asked_by_hand(site: Site) -> tuple[Attempt, str | None]:
    """What Twitter was asked when /by-hand was opened, and the base string that the page shows."""
    page = site.browser().open("/by-hand")
    asked = [a for a in site.providers.twitter.attempts if a.endpoint == "request_token"]
    if not asked or asked[-1].base_string is None:
        raise Missed(
            should="when somebody opens /by-hand, your app asks Twitter for a request token.",
            did=f"it asked nothing that Twitter could read; /by-hand answered {page.status}: {shortened(page.words)}",
            look="by_hand in app.py and authorization in by_hand.py are given: are they as they were?",
        )
    return asked[-1], page.element("base-string")


@exercise("2.5")
def test_the_base_string(site: Site) -> None:
    attempt, shown = asked_by_hand(site)
    wanted = attempt.base_string or ""
    mine = (shown or "").strip()
    if mine == wanted:
        return
    did, look = base_string_slip(mine, wanted)
    raise Missed(
        should="the base string on /by-hand is the one that Twitter makes of the same request: "
        f"{wanted.partition('oauth_nonce')[0]}…",
        did=f"{did} It shows: {shortened(mine)}",
        look=f"base_string in by_hand.py: {look}",
    )


def base_string_slip(mine: str, wanted: str) -> tuple[str, str]:
    """What is wrong with a base string, and where to look."""
    parts, real = mine.split("&"), wanted.split("&")
    if not mine:
        return (
            "the page shows no base string.",
            "return the text. (The page shows it in the element base-string.)",
        )
    if parts[0] != real[0]:
        return (
            f"it begins with {parts[0][:20]!r}, and not with the method, {real[0]}.",
            "first the method, in capital letters.",
        )
    if len(parts) != 3:
        return (
            f"it has {len(parts)} parts that are joined by &, and there have to be three.",
            "method, address and parameters are joined by &; the & and = inside of the third are escaped, once more.",
        )
    if parts[1] != real[1]:
        return (
            f"its second part is {parts[1][:80]!r}.",
            "the address, escaped: https%3A%2F%2F…, and without a query (section 3.4.1.2).",
        )
    mine_pairs, real_pairs = unquote(parts[2]).split("&"), unquote(real[2]).split("&")
    names = [pair.partition("=")[0] for pair in mine_pairs]
    real_names = [pair.partition("=")[0] for pair in real_pairs]
    if sorted(names) != sorted(real_names):
        odd = sorted(set(names) ^ set(real_names))
        return (
            f"its parameters are not those of the request: {', '.join(odd) or 'one is there twice'}.",
            "every parameter of the request, and not the signature itself (section 3.4.1.3).",
        )
    if names != real_names:
        return (
            f"its parameters come in the order {', '.join(names)}.",
            "they are sorted by name (section 3.4.1.3.2).",
        )
    different = [both for both in zip(mine_pairs, real_pairs, strict=True) if both[0] != both[1]]
    if not different:
        return (
            f"its third part is escaped in another way: {parts[2][:60]}…",
            "escape it by escaped: only letters, digits, and - . _ ~ stay, and %3A has a capital A (section 3.6).",
        )
    pair, real_pair = different[0]
    if unescaped(pair) != unescaped(real_pair):
        return (
            f"it has {pair}, and Twitter was asked with {real_pair}.",
            "it is right, but in by_hand in app.py something was changed after it was made. "
            "If that is the line of exercise 2.7, take it out again.",
        )
    return (
        f"one of its parameters is {pair!r} before it is escaped as a whole.",
        "each value is escaped, then all are joined, and then the whole is escaped again: a colon is %253A in the end.",
    )


def unescaped(text: str) -> str:
    """A text without its escapes, however many times it was escaped."""
    while (once := unquote(text)) != text:
        text = once
    return text


@exercise("2.6")
def test_twitter_takes_the_signature(site: Site) -> None:
    attempt, _ = asked_by_hand(site)
    if attempt.status != 200:
        raise Missed(
            should="Twitter takes the request that /by-hand signs, and gives a request token.",
            did=f"Twitter refused with the status {attempt.status} and code {attempt.error_code}: wrong signature.",
            look="sign in by_hand.py: the key is the consumer secret, an &, and the token secret; here that is empty, "
            "and the & stays. HMAC-SHA1 of the base string, and base64 of the digest's bytes, not of its hexdigest.",
        )


@exercise("2.6")
def test_a_login_goes_on_from_there(site: Site) -> None:
    browser = site.browser()
    page = browser.open("/by-hand")
    links = [link for link in page.links() if "/oauth/authenticate?" in link]
    if not links:
        raise Missed(
            should="/by-hand has a link that goes on to Twitter's page, with the request token that it got.",
            did=f"it has none: {shortened(page.words)}",
            look="by_hand in app.py and templates/by_hand.html are given: are they as they were?",
        )
    form = browser.click(links[0]).forms()[0]
    end = browser.submit(form, person="ada", decision="allow")
    if end.path != "/welcome" or end.status != 200:
        raise Missed(
            should="the login that /by-hand begins ends on /welcome, as any other.",
            did=f"it ended at {end.path} with the status {end.status}: {shortened(end.words)}",
            look="by_hand in app.py: session['twitter_oauthtok'] is where Flask-OAuthlib looks for token and secret.",
        )


@exercise("2.7")
def test_what_twitter_says_of_one_changed_bit(folder: Path) -> None:
    check_word(
        folder,
        "one_bit",
        "32",
        {
            "401": "that is the status. The code stands in the body, in errors.",
            "135": "that is what Twitter says of a wrong time. Change something else.",
            "215": "that is what Twitter says when it cannot read the request at all. Change less of it.",
            "89": "that is what Twitter says of a token that it does not know. Change something else.",
        },
        look="the notebook of this step changes one bit, and shows what Twitter answers.",
    )


# 2.8 The address


@exercise("2.8")
def test_the_address_is_shown(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser, "ada")
    page = browser.open("/welcome")
    address = person("ada").twitter.email or ""
    asked = [m for m in site.messages() if m.is_request and "verify_credentials" in m.path]
    sent = asked[-1].get("include_email") if asked else None
    if address in page.words:
        return
    if sent == "true":
        did, look = f"Twitter told it, and the page says: {shortened(page.words)}", "templates/welcome.html."
    elif sent is None:
        did = "it asked Twitter without include_email."
        look = 'welcome: twitter.get(…, data={"include_email": "true"}).'
    else:
        did = f"it asked with include_email={sent}, and Twitter understands only true, in lower case."
        look = 'welcome: the text "true". Python\'s True is written True on its way.'
    raise Missed(should=f"/welcome shows Ada's address at Twitter, {address}.", did=did, look=look)


@exercise("2.8")
def test_somebody_without_an_address_is_welcome(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser, "chen")
    page = browser.open("/welcome")
    name = person("chen").name
    if page.status != 200 or name not in page.words or "None" in page.words or "null" in page.words:
        raise Missed(
            should=f"{name} has no address at Twitter, and /welcome greets them all the same.",
            did=f"it answered with the status {page.status} and says: {shortened(page.words)}",
            look="templates/welcome.html: email is null then, None in Python. {% if profile.email %}",
        )


# 2.9 Log out


@exercise("2.9")
def test_logging_out(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    log_out(browser)
    front = browser.open("/")
    welcome = browser.open("/welcome")
    if f"@{ADA}" in front.words or (welcome.path == "/welcome" and welcome.status == 200):
        raise Missed(
            should="after logging out nobody is signed in: neither the front page nor /welcome knows them.",
            did=f"the front page says: {shortened(front.words)} And /welcome ended at {welcome.path}.",
            look="logout: everything that says who it is has to leave the session, twitter_user and twitter_token.",
        )
    token = next(iter(site.providers.twitter.access_tokens))
    if token in shown_at_inside(browser) or token in json.dumps(browser.cookie("session") or ""):
        raise Missed(
            should="after logging out the access token is not in the cookie any more.",
            did="it still is: /inside shows it.",
            look="logout: session.clear() takes everything.",
        )


@exercise("2.9")
def test_a_link_logs_nobody_out(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    browser.open("/logout")
    if f"@{ADA}" not in browser.open("/").words:
        raise Missed(
            should="only a POST logs somebody out. A link or a picture on another site is a GET.",
            did="a GET of /logout logged the person out.",
            look='@app.route("/logout", methods=["POST"]).',
        )


@exercise("2.9")
def test_one_can_sign_in_again(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    log_out(browser)
    page = signed_in(site, browser)
    if page.path != "/welcome" or page.status != 200:
        raise Missed(
            should="whoever has logged out can sign in again.",
            did=f"the second login ended at {page.path} with the status {page.status}.",
            look="logout: what does it leave in the session?",
        )


# 2.10 What logging out leaves


@exercise("2.10")
def test_what_a_copied_cookie_is_worth(folder: Path) -> None:
    check_answer(
        folder,
        "copied_cookie",
        "d",
        {
            "a": "Logging out told one browser to forget its cookie. Nobody told the copy, and the app keeps no list "
            "of cookies that it has ended.",
            "b": "Logging out of your app does not reach Twitter: the access token works on.",
            "c": "The signature is as right as it was. It says that the app made this cookie, not that it still holds.",
        },
    )
