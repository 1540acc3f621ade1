"""Step 02: inside the session. The cookie's content, the requests to Twitter, and which key makes a cookie count."""

from __future__ import annotations

import ast
import base64
import hashlib
import hmac
import itertools
import json
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from flask.sessions import TaggedJSONSerializer
from itsdangerous import URLSafeTimedSerializer

from workbook.exercises.answers import check_answer, check_word
from workbook.exercises.kept import HEAD_TOO, looked_at
from workbook.exercises.missed import Missed
from workbook.exercises.people import log_out
from workbook.exercises.twitter_login import shortened, signed_in, without_access
from workbook.lab.browser import Browser, NoAnswer
from workbook.lab.running import AppFailed
from workbook.lab.site import Site
from workbook.lab.visits import NotAsked, sign_in, unused_callback
from workbook.providers.people import person
from workbook.providers.twitter.signed import Signed
from workbook.providers.twitter.state import Attempt

exercise = pytest.mark.exercise
SITE = Callable[..., Site]

ADA = person("ada").twitter.screen_name


def cookie_signer(key: str) -> URLSafeTimedSerializer:
    """The signer of Flask's session cookies (flask.sessions.SecureCookieSessionInterface)."""
    return URLSafeTimedSerializer(
        key,
        salt="cookie-session",
        serializer=TaggedJSONSerializer(),
        signer_kwargs={"key_derivation": "hmac", "digest_method": "sha1"},
    )


def is_let_in(site: Site, cookie: str, name: str = ADA) -> bool:
    """Whether the app accepts a cookie as that of a logged-in user."""
    browser = site.browser()
    browser.set_cookie("session", cookie)
    return f"@{name}" in browser.open("/").words


def session_cookie(browser: Browser) -> str:
    """The session cookie of a user who has logged in."""
    cookie = browser.cookie("session")
    if cookie is None:
        raise Missed(
            should="after a login the browser has a cookie named session.",
            did="it set no such cookie.",
            look="oauth_authorized: Flask keeps session in this cookie, once you put something into session.",
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
            "twitter_token": "your own code puts the access token there, after the exchange.",
            "twitter_user": "your own code puts the screen name there.",
            "oauth_token": "that is its name in Twitter's response and in the URL. In session it has a different name.",
            "session": "that is the cookie. Which of its keys is it?",
        },
        look="stop at the first line of oauth_authorized, before the exchange, and type dict(session).",
    )


@exercise("2.1")
def test_nobody_is_left_standing_in_the_app(site: Site) -> None:
    try:
        signed_in(site, site.browser())
    except NoAnswer as error:
        raise Missed(
            should="a login goes through without stopping.",
            did=f"{error}.",
            look="does a line still stop your app, embed() or breakpoint()? On a server your app can wait at the "
            "server's own terminal, and not respond.",
        ) from None
    said = site.app.log()
    if "In [1]" in said or "(Pdb)" in said:
        raise Missed(
            should="a login goes through without stopping.",
            did="your app stopped in the middle of the login, and waited for input at its terminal.",
            look="remove the line that stops it, embed() or breakpoint(). On a server your app can wait at the "
            "server's own terminal, and not respond.",
        )


# 2.2 Keys out of the code

KEY_LOOK = (
    "app.secret_key, in app.py. TWITTER_KEY, below it, comes from the environment. Exercise 2.2 says how."
)


@exercise("2.2")
def test_the_key_comes_from_the_environment(open_site: SITE, folder: Path) -> None:
    key = secrets.token_hex()
    first = open_site(environment={"SECRET_KEY": key})
    browser = first.browser()
    signed_in(first, browser)
    cookie = session_cookie(browser)
    if not is_let_in(open_site(environment={"SECRET_KEY": key}), cookie):
        raise Missed(
            should="a logged-in user stays logged in when your app starts again with the same SECRET_KEY.",
            did=f"{ADA} logged in, your app started again, and {ADA} was logged out. Your app does not sign its "
            "cookies with the SECRET_KEY of the environment, but with a key that is new at every start.",
            look=KEY_LOOK,
        )
    # Each differs from the key in one character, so the app has to use the first and the last part of the key.
    for letter, where in ((0, "first"), (-1, "last")):
        other = list(key)
        other[letter] = "0" if key[letter] != "0" else "1"
        if is_let_in(open_site(environment={"SECRET_KEY": "".join(other)}), cookie):
            found = written_down(first, folder)
            raise Missed(
                should="your app signs session cookies with the whole SECRET_KEY of the environment.",
                did=f"it still accepted a cookie after the {where} character of SECRET_KEY had changed. It signs with "
                f"a different key{found}."
                if found
                else f"it still accepted a cookie after the {where} character of SECRET_KEY had changed. It signs with "
                "a part of SECRET_KEY, or with a different key.",
                look=KEY_LOOK,
            )
    found = written_down(first, folder)
    if found:
        raise Missed(
            should="your app signs session cookies with the SECRET_KEY of the environment, and with no other key.",
            did=f"it also accepts cookies that are signed with a key that every reader of your code knows{found}.",
            look="app.py: which other keys does it give to Flask? SECRET_KEY_FALLBACKS is a list of such keys.",
        )


@exercise("2.2")
def test_without_a_key_there_is_none_to_fall_back_on(open_site: SITE, folder: Path) -> None:
    for key in (None, ""):
        site = started(open_site, key)
        if site is None:
            continue  # the app does not start without a key, and nothing is better
        should = "without a SECRET_KEY in the environment your app does not start, or has no key at all."
        found = written_down(site, folder)
        if found:
            raise Missed(
                should=should,
                did=f"SECRET_KEY was {'empty' if key == '' else 'not set'}. Your app started, and signs its cookies "
                f"with a key that every reader of your code knows{found}. With this key they can be any user.",
                look="app.secret_key, in app.py: what does your app do if the environment has no SECRET_KEY? "
                "os.environ.get(…) goes on then, and os.environ[…] stops the app.",
            )
        browser = site.browser()
        try:
            sign_in(browser)
        except NotAsked:
            continue  # without a key there is no session
        cookie = browser.cookie("session")
        again = started(open_site, key) if cookie and is_let_in(site, cookie) else None
        if again is not None and cookie is not None:
            kept = is_let_in(again, cookie)
            raise Missed(
                should=should,
                did="it started twice without a SECRET_KEY. "
                + (
                    "Both times it signed its cookies with the same key. The key does not come from the environment."
                    if kept
                    else f"{ADA} logged in after the first start, and was logged out after the second. Your app makes "
                    "a new key at every start."
                ),
                look="app.secret_key, in app.py: what does your app do if the environment has no SECRET_KEY? With a "
                "new key at every start, each restart logs out all users, and each of several workers rejects the "
                "cookies of the others.",
            )


def started(open_site: SITE, key: str | None) -> Site | None:
    """The app with that SECRET_KEY in its environment; None if it does not start."""
    try:
        return open_site(environment={"SECRET_KEY": key}, may_fail=True)
    except AppFailed:
        return None


def written_down(site: Site, folder: Path) -> str:
    """The string in the code with which the app signs its cookies, in words; empty if it is none of them."""
    browser = site.browser()
    for text in dict.fromkeys(texts_in(folder)):
        browser.set_cookie("session", str(cookie_signer(text).dumps({"twitter_user": "forged"})))
        if "@forged" in browser.open("/").words:
            return f", the string {text!r} in your code"
    return ""


def texts_in(folder: Path) -> Iterator[str]:
    """Every string in the Python files of a folder."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and node.value:
                yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")


# 2.3 Read the cookie by hand


FOREIGN = "somebody else's key"
BASE64 = "read_cookie: the part before the last two dots is base64. Exercise 2.3 says in which alphabet."
COMPRESSED = (
    "read_cookie: the cookie begins with a dot, so it is compressed. Remove the dot, decode, then use zlib."
)
PADDING = (
    "read_cookie: the part before the last two dots has {length} characters. Base64 comes in groups of four "
    "characters, and Flask leaves out the = that fill up the last group."
)
ALPHABET = (
    "read_cookie: the part before the last two dots has - and _ in it. base64.b64decode does not know these two, and "
    "ignores them. base64.urlsafe_b64decode knows them."
)
# Every kind of cookie, each more difficult than the one before: whether it is compressed, the length of its base64
# modulo 4 (1 cannot be), whether it has the characters - and _, in which the two alphabets differ, and where to look.
COOKIES = (
    (False, 0, False, BASE64),
    (False, 2, False, PADDING),
    (False, 3, False, PADDING),
    (False, 0, True, ALPHABET),
    (True, 0, False, COMPRESSED),
    (True, 2, False, f"{PADDING} The dot is none of these characters."),
    (True, 3, False, f"{PADDING} The dot is none of these characters."),
    (True, 0, True, ALPHABET),
)
# JSON writes a backslash for a quotation mark, a line break, and a character outside ASCII.
ESCAPED = ('say \\"yes\\"', "one\\ntwo", "Ch\\u00e9n")


def cookie_of_kind(word: str, compressed: bool, rest: int, special: bool) -> tuple[str, int]:
    """A session cookie that ends in a random string and is of that kind, and the length of its base64."""
    signer = cookie_signer(FOREIGN)
    for number in itertools.count():
        # Of three ~ or ? that follow each other, one becomes - or _.
        filled = secrets.token_hex(8)[: number % 9] + ("again " * 12 if compressed else "")
        content = f"{filled}{'~~~???' if special else ''} {word}"
        cookie = str(signer.dumps({"note": content}))
        payload = cookie.rsplit(".", 2)[0]
        encoded = payload.removeprefix(".")
        found = {"-", "_"} & set(encoded)
        if (payload != encoded, len(encoded) % 4, found) == (
            compressed,
            rest,
            {"-", "_"} if special else set(),
        ):
            return cookie, len(encoded)
    raise AssertionError


def shown_at_inside(browser: Browser, look: str = "read_cookie in by_hand.py.", given: str = "") -> str:
    """The content of the cookie, as /inside shows it."""
    page = browser.open("/inside")
    if page.status >= 400:
        raise Missed(
            should="/inside shows the content of the session cookie.",
            did=f"{given}it responded with status {page.status}: {shortened(page.words)}",
            look=look,
        )
    shown = page.element("cookie")
    return page.words if shown is None else shown


@exercise("2.3")
def test_every_cookie_is_read(site: Site) -> None:
    browser = site.browser()
    for compressed, rest, special, where in COOKIES:
        word = secrets.token_hex(4)
        cookie, length = cookie_of_kind(word, compressed, rest, special)
        look = where.format(length=length)
        browser.set_cookie("session", cookie)
        given = f"it received the cookie {cookie.rsplit('.', 2)[0]}…, with {word} in it. And "
        shown = shown_at_inside(browser, look, given)
        should = (
            "/inside shows the content of any cookie, also of a cookie that is signed with an unknown key."
        )
        if word not in shown or shown.count("{") != shown.count("}"):
            if shown.strip() == "{}":
                look = (
                    "read_cookie: decode the cookie itself. Flask fills session only after checking the cookie's "
                    "signature."
                )
            raise Missed(should=should, did=f"{given}it showed: {shortened(shown) or 'nothing'}", look=look)
        if re.match(r"\s*b['\"]", shown):
            raise Missed(
                should="read_cookie returns a string, and /inside shows this string.",
                did=f"/inside shows bytes, as Python writes them: {shortened(shown)}",
                look="read_cookie: base64 and zlib give bytes. .decode() makes a string of them.",
            )


@exercise("2.3")
def test_what_json_escapes_stays_as_it_is(site: Site) -> None:
    browser = site.browser()
    cookie = str(cookie_signer(FOREIGN).dumps({"note": 'say "yes" one\ntwo Chén'}))
    browser.set_cookie("session", cookie)
    shown = shown_at_inside(browser)
    changed = [text for text in ESCAPED if text not in shown]
    if changed and "Ch" in shown:
        raise Missed(
            should=f"/inside shows the cookie's JSON, character by character, with {changed[0]} in it.",
            did=f"it showed: {shortened(shown)}",
            look="read_cookie: the bytes are UTF-8, so .decode() makes a string of them. Leave the JSON in this string "
            "as it is.",
        )


@exercise("2.3")
def test_the_cookie_is_read(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    token = next(iter(site.providers.twitter.access_tokens))
    shown = shown_at_inside(browser)
    for what, value in (("the screen name", ADA), ("the access token", token)):
        if value not in shown:
            raise Missed(
                should="after a login /inside shows the content of the session cookie, with the access token.",
                did=f"/inside does not show {what}, {value}. It shows: {shortened(shown)}",
                look="inside in app.py was given. Is it as it was?",
            )


# 2.4 Signed, and not secret


@exercise("2.4")
def test_what_becomes_of_a_changed_cookie(folder: Path) -> None:
    check_answer(
        folder,
        "changed_cookie",
        "b",
        {
            "a": "Try it. Change one character of the cookie in your browser's tools, and load the front page.",
            "c": "Anybody can read the cookie, but not write it. A new signature needs the SECRET_KEY.",
            "d": "The app does not crash. A browser can send any cookie, and Flask has to respond to it.",
        },
    )


# 2.5 to 2.7 A request signed by hand


def asked_by_hand(site: Site) -> tuple[Attempt, str | None]:
    """The app's request to Twitter when a user opens /by-hand, and the base string that the page shows."""
    page = site.browser().open("/by-hand")
    asked = [a for a in site.providers.twitter.attempts if a.endpoint == "request_token"]
    if not asked or asked[-1].base_string is None:
        raise Missed(
            should="when a user opens /by-hand, your app asks Twitter for a request token.",
            did="it sent no request that Twitter could read. /by-hand responded with "
            f"{page.status}: {shortened(page.words)}",
            look="by_hand in app.py and authorization in by_hand.py were given. Are they as they were?",
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
        should="the base string on /by-hand is the one that Twitter makes of this request: "
        f"{wanted.partition('oauth_nonce')[0]}…",
        did=f"{did} It shows: {shortened(mine)}",
        look=f"base_string in by_hand.py: {look}",
    )


# Values as in RFC 5849 section 3.4.1.3.1, where escaping changes the order of the names; and names that begin alike.
REQUESTS = (
    (
        "POST",
        "http://example.com/request",
        {"b5": "=%3D", "a3": "a", "c@": "", "a2": "r b", "c2": "", "oauth_token": "kkk9d7dh3k39sjv7"},
    ),
    (
        "get",
        "https://api.example.com/1.1/search.json",
        {
            "a-b": "1/2",
            "a": "~*'()",
            "az": "100% & more",
            "a1": "+",
            "aé": "Chén Jìng",
            "A": "?q=a+b#c",
            "Zone": "7",
        },
    ),
)


@exercise("2.5")
def test_the_base_string_of_any_request(site: Site) -> None:
    calls = [("base_string", request) for request in REQUESTS]
    for request, told in zip(REQUESTS, called(site, calls), strict=True):
        method, url, parameters = request
        wanted = Signed(method, url, tuple(parameters.items()), {}).base_string
        if told["value"] == wanted and told["type"] == "str":
            continue
        did, look = "It gives no string.", "return one string."
        if told["type"] == "str":
            did, look = base_string_slip(told["value"], wanted, asked=False)
        raise Missed(
            should=f"base_string({method!r}, {url!r}, {parameters!r}) gives {wanted}",
            did=f"{did[0].upper()}{did[1:]} It gives {told['value']}",
            look=f"base_string in by_hand.py: {look}",
            subject="your function did",
        )


def called(site: Site, calls: list[tuple[str, Any]]) -> list[dict[str, str]]:
    """The results of functions of by_hand.py; Missed if one raises an error."""
    done = site.call("by_hand", calls)
    if done.failure:
        raise done.failure
    for (name, arguments), told in zip(calls, done.told, strict=True):
        if "error" in told:
            place = told["traceback"].splitlines()[-1:]
            raise Missed(
                should=f"{name}{arguments!r} gives a string.",
                did=f"it raised {told['error']}.",
                look=f"{name} in by_hand.py. " + "".join(f"In your code: {line}." for line in place),
                subject="your function did",
            )
    return list(done.told)


def base_string_slip(mine: str, wanted: str, *, asked: bool = True) -> tuple[str, str]:
    """The fault of a base string, and where to look."""
    parts, real = mine.split("&"), wanted.split("&")
    if not mine:
        return (
            "the page shows no base string.",
            "return the string. (The page shows it in the element base-string.)",
        )
    if parts[0] != real[0]:
        return (
            f"it begins with {parts[0][:20]!r}, and not with the method, {real[0]}.",
            "first the method, in capital letters.",
        )
    if len(parts) != 3:
        return (
            f"it has {len(parts)} parts with & between them, and there have to be three.",
            "join method, URL and parameters with &. Escape the third part as a whole, so that its & and = become %26 "
            "and %3D.",
        )
    if parts[1] != real[1]:
        return (
            f"its second part is {parts[1][:80]!r}.",
            "the URL, escaped, as https%3A%2F%2F…, without its query string (section 3.4.1.2).",
        )
    mine_pairs, real_pairs = unquote(parts[2]).split("&"), unquote(real[2]).split("&")
    names = [pair.partition("=")[0] for pair in mine_pairs]
    real_names = [pair.partition("=")[0] for pair in real_pairs]
    if sorted(map(unquote, names)) == sorted(map(unquote, real_names)) and sorted(names) != sorted(
        real_names
    ):
        odd = next(name for name in names if name not in real_names)
        return (
            f"one of its names is {odd!r} before it is escaped as a whole.",
            "escape names, too, not only values.",
        )
    if sorted(names) != sorted(real_names):
        missing = [pair for pair in real_pairs if pair.partition("=")[0] not in names]
        if missing and len(names) < len(real_names) and all(pair.endswith("=") for pair in missing):
            return (
                f"{' and '.join(missing)} is missing.",
                "a parameter whose value is empty is a parameter, too (section 3.4.1.3.1).",
            )
        odd = sorted(set(names) ^ set(real_names))
        return (
            f"its parameters are not those of the request: {', '.join(odd) or 'one is there twice'}.",
            "take every parameter of the request, but not the signature itself (section 3.4.1.3).",
        )
    if names != real_names:
        look = "sort them by name (section 3.4.1.3.2)."
        if names == sorted(names, key=str.lower):
            look = (
                "sort them by the bytes of their names (section 3.4.1.3.2). Every capital letter comes before every "
                "small letter. sorted() does this by itself."
            )
        elif names == sorted(names, key=unquote):
            look = "first escape the names, then sort them (section 3.4.1.3.2). %40 comes before 2, and @ after it."
        elif mine_pairs == sorted(mine_pairs):
            look = (
                "first sort by name, then write name=value (section 3.4.1.3.2). The name a comes before a-b, but the "
                "string a=… comes after a-b=…."
            )
        return f"its parameters come in the order {', '.join(names)}.", look
    different = [both for both in zip(mine_pairs, real_pairs, strict=True) if both[0] != both[1]]
    if not different:
        return (
            f"it escapes its third part differently: {parts[2][:60]}…",
            "use escaped. Only letters, digits, and - . _ ~ stay as they are, and %3A has a capital A (section 3.6).",
        )
    pair, real_pair = different[0]
    if "+" in pair and "+" not in real_pair:
        return (
            f"it has {pair}, and the pair is {real_pair}.",
            "a space is %20 (section 3.6). HTML forms write + for a space.",
        )
    if unescaped(pair) != unescaped(real_pair) and asked:
        return (
            f"it has {pair}, and your request to Twitter has {real_pair}.",
            "base_string is right, but by_hand in app.py changes the request after it. "
            "If this is the line of exercise 2.7, remove it.",
        )
    return (
        f"one of its parameters is {pair!r} before it is escaped as a whole.",
        "escape each value, join all, and then escape the whole again. A colon in a value becomes %253A.",
    )


def unescaped(text: str) -> str:
    """A string without its escapes, however many times it was escaped."""
    while (once := unquote(text)) != text:
        text = once
    return text


# A base string whose signatures, with the first two keys, have both + and / in them.
SIGNED_TEXT = "POST&http%3A%2F%2Fexample.com%2Frequest&oauth_nonce%3D69"
SECRETS = (("kd94hf93k423kf44",), ("kd94hf93k423kf44", "pfkkdhi9sl3r4s00"), ("a&b%c+d/e=", "x y~&z"))


@exercise("2.6")
def test_the_signature_of_any_text(site: Site) -> None:
    calls = [("sign", (SIGNED_TEXT, *both)) for both in SECRETS]
    for both, told in zip(SECRETS, called(site, calls), strict=True):
        consumer, token = (*both, "")[:2]
        right = signature(f"{quote(consumer, safe='')}&{quote(token, safe='')}", SIGNED_TEXT)
        if told["value"] == right and told["type"] == "str":
            continue
        did, look = signature_slip(told, SIGNED_TEXT, consumer, token)
        raise Missed(
            should=f"sign{(SIGNED_TEXT, *both)!r} gives {right!r}, the HMAC-SHA1 of the string, in base64.",
            did=f"it gives {shortened(told['value'])!r}: {did}",
            look=f"sign in by_hand.py: {look}",
            subject="your function did",
        )


def signature(key: str, text: str, digest: str = "sha1") -> str:
    """The HMAC of a string, in base64."""
    return base64.b64encode(hmac.new(key.encode(), text.encode(), digest).digest()).decode()


def signature_slip(told: dict[str, str], text: str, consumer: str, token: str) -> tuple[str, str]:
    """The fault of what `sign` gave, and where to look."""
    one, other = quote(consumer, safe=""), quote(token, safe="")
    key = f"{one}&{other}"
    right, hexadecimal = signature(key, text), hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()
    of_hexadecimal = base64.b64encode(hexadecimal.encode()).decode()
    # An & that is escaped with the secrets, and one that is left out.
    escaped_whole = quote(f"{consumer}&{token}", safe="")
    given = told["value"].strip()
    if told["type"] == "bytes" and given == repr(right.encode()):
        return (
            "that is the right signature, as bytes.",
            "b64encode gives bytes, and .decode() makes a string of them.",
        )
    if told["type"] != "str":
        return f"that is no string, but of the type {told['type']}.", "return a string."
    if given == right:
        return (
            "that is the right signature, with white space around it.",
            "b64encode adds no line end, but encodebytes does.",
        )
    slips = {
        right.translate(str.maketrans("+/", "-_")): (
            "that is the right signature in the alphabet for URLs.",
            "use the usual base64, with b64encode (section 3.4.2).",
        ),
        quote(right, safe=""): (
            "that is the right signature, escaped.",
            "authorization escapes the signature. sign does not.",
        ),
        hexadecimal: (
            "that is the digest in hexadecimal.",
            "base64 of the digest's bytes, and not of its hexdigest.",
        ),
        of_hexadecimal: (
            "that is base64 of the digest in hexadecimal.",
            "base64 of the digest's bytes, and not of its hexdigest.",
        ),
        signature(key, text, "sha256"): (
            "that is HMAC-SHA256.",
            "the signature is HMAC-SHA1, as oauth_signature_method says (section 3.4.2).",
        ),
        signature(text, key): (
            "that is the result with the string as the key, and the key as the string.",
            "the key is the consumer secret, an &, and the token secret. hmac.new takes the key first, then the text.",
        ),
        signature(one + other, text): (
            "its key has no & between the two secrets.",
            "the key is the consumer secret, an &, and the token secret. Without a token secret, the & "
            "stays.",
        ),
        signature(escaped_whole, text): (
            "its key is escaped as a whole, and the & with it.",
            "escape each secret by itself. The & between them stays an &.",
        ),
        signature(f"{other}&{one}", text): (
            "its key has the token secret first.",
            "the key is the consumer secret, an &, and the token secret.",
        ),
        signature(f"{one}&", text): (
            "its key has no token secret, though there is one.",
            "the key is the consumer secret, an &, and the token secret, which is empty only for a request token.",
        ),
        signature(f"{consumer}&{token}", text): (
            "its key has the secrets unescaped, and these have characters such as & in them.",
            "escape both secrets before you join them (section 3.4.2).",
        ),
    }
    unknown = (
        "that is none of the usual slips.",
        "compare the key, the base string, and HMAC-SHA1 in base64. Exercise 2.6 names the key.",
    )
    return slips.get(given, unknown)


@exercise("2.6")
def test_twitter_takes_the_signature(site: Site) -> None:
    attempt, _ = asked_by_hand(site)
    if attempt.status != 200:
        raise Missed(
            should="Twitter accepts the request that /by-hand signs, and gives a request token.",
            did=f"Twitter rejected the request with status {attempt.status} and error {attempt.error_code}, wrong "
            "signature.",
            look="sign in by_hand.py: the key is the consumer secret, an &, and the token secret, which is empty here. "
            "Take HMAC-SHA1 of the base string, and base64 of the digest's bytes, not of its hexdigest.",
        )


@exercise("2.6")
def test_a_login_goes_on_from_there(site: Site) -> None:
    browser = site.browser()
    page = browser.open("/by-hand")
    links = [link for link in page.links() if "/oauth/authenticate?" in link]
    if not links:
        raise Missed(
            should="/by-hand has a link to Twitter's page, with the request token that it got.",
            did=f"/by-hand has no such link: {shortened(page.words)}",
            look="by_hand in app.py and templates/by_hand.html were given. Are they as they were?",
        )
    form = browser.click(links[0]).forms()[0]
    end = browser.submit(form, person="ada", decision="allow")
    if end.path != "/welcome" or end.status != 200:
        raise Missed(
            should="the login that /by-hand begins ends on /welcome, as every login.",
            did=f"it ended at {end.path} with status {end.status}: {shortened(end.words)}",
            look="by_hand in app.py: Flask-OAuthlib looks in the session for a pair, the request token and its secret, "
            "under the key of exercise 2.1.",
            meant="Token not found",
        )


@exercise("2.6")
def test_the_last_of_two_request_tokens_goes_on(site: Site) -> None:
    for first, words in (
        ("/by-hand", "opened /by-hand before"),
        ("/login", "began a login at /login before"),
    ):
        browser = site.browser()
        browser.open(first, follow=False)
        page = browser.open("/by-hand")
        links = [link for link in page.links() if "/oauth/authenticate?" in link]
        form = browser.click(links[0]).forms()[0] if links else None
        if form is None:
            continue  # the test above says so
        end = browser.submit(form, person="ada", decision="allow")
        if end.path != "/welcome" or end.status != 200:
            raise Missed(
                should="the login that /by-hand begins ends on /welcome, also if the user has begun a login before. "
                "The new request token replaces the old one.",
                did=f"Ada {words}, and did not finish that login. The next login by hand ended at {end.path} with "
                f"status {end.status}: {shortened(end.words)}",
                look="by_hand in app.py: keep the pair of this visit in session, whatever was there. setdefault() "
                "keeps an older pair.",
                meant="OAuthException",
            )


@exercise("2.6")
def test_a_look_at_the_request_logs_nobody_out(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    browser.open("/by-hand")
    front, welcome = browser.open("/"), browser.open("/welcome")
    if f"@{ADA}" not in front.words or welcome.path != "/welcome" or welcome.status != 200:
        raise Missed(
            should="a logged-in user who opens /by-hand stays logged in. The new request token replaces the old one, "
            "and all else in the session stays as it is.",
            did=f"{ADA} was logged in, and opened /by-hand. Afterwards the front page says: {shortened(front.words)} "
            f"And /welcome ended at {welcome.path} with status {welcome.status}.",
            look="by_hand in app.py: put the pair into session under the key of exercise 2.1, and take nothing else "
            "out of it. session.clear() takes out everything, also who is logged in.",
        )


@exercise("2.7")
def test_what_twitter_says_of_one_changed_bit(folder: Path) -> None:
    check_word(
        folder,
        "one_bit",
        "32",
        {
            "401": "that is the status. The code is in the response's body, in errors.",
            "135": "Twitter says that for a wrong time. Change a different value.",
            "215": "Twitter says that if it cannot read the request at all. Change less of it.",
            "89": "Twitter says that for an unknown token. Change a different value.",
        },
        look="the notebook of this step changes one bit, and shows Twitter's response.",
    )


# 2.8 The email address


@exercise("2.8")
def test_the_address_is_shown(site: Site) -> None:
    browser = site.browser()
    # An email address may have such characters, in quotes (RFC 5321 section 4.1.2).
    address = '"ada+<i>o</i>"@example.org'
    site.providers.people.change("ada", twitter={"email": address})
    signed_in(site, browser, "ada")
    page = browser.open("/welcome")
    asked = [m for m in site.messages() if m.is_request and "verify_credentials" in m.path]
    sent = asked[-1].get("include_email") if asked else None
    if address in page.words:
        site.providers.people.change("ada", twitter={"email": None})
        again = browser.open("/welcome")
        if address in again.words:
            raise Missed(
                should="/welcome shows the email address that Twitter has now, and none if Twitter has none.",
                did=f"Ada removed her email address at Twitter, and the page says: {shortened(again.words)}",
                look="welcome: the email address is in each of Twitter's responses. Do not keep an older one.",
            )
        return
    if sent == "true":
        did, look = (
            f"Twitter sent the email address, and the page says: {shortened(page.words)}",
            "templates/welcome.html: {{ profile.email }}.",
        )
        if address.replace("<i>", "").replace("</i>", "") in page.words.replace(" ", ""):
            look = (
                "templates/welcome.html: the browser read the email address as HTML. Jinja escapes what {{ … }} "
                "writes, unless the filter safe, Markup or autoescape switches that off."
            )
    elif sent is None:
        did = "it asked Twitter without include_email."
        look = (
            "welcome: give twitter.get(…) a parameter for the query string. Exercise 2.8 names the parameter."
        )
    else:
        did = f"it asked with include_email={sent}, and Twitter understands only true, in lower case."
        look = 'welcome: use the string "true". In a URL, Python\'s True becomes True.'
    raise Missed(should=f"/welcome shows Ada's email address at Twitter, {address}.", did=did, look=look)


@exercise("2.8")
def test_somebody_without_an_address_is_welcome(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser, "chen")
    page = browser.open("/welcome")
    name = person("chen").name
    if page.status != 200 or name not in page.words or "None" in page.words or "null" in page.words:
        raise Missed(
            should=f"{name} has no email address at Twitter, and /welcome greets them all the same.",
            did=f"/welcome responded with status {page.status} and says: {shortened(page.words)}",
            look="then email is null in Twitter's response, and None in Python."
            if page.status == 500
            else "templates/welcome.html: then email is null, and None in Python. {% if profile.email %}",
        )


@exercise("2.8")
def test_the_status_is_looked_at_as_before(site: Site) -> None:
    without_access(
        site, "welcome: check the response's status as in 1.5, also when you ask for the email address."
    )


# 2.9 Log out


@exercise("2.9")
def test_logging_out(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    page = log_out(browser)
    if page.path != "/":
        raise Missed(
            should="after the logout the user is on the front page.",
            did=f"the user ended at {page.path}: {shortened(page.words)}",
            look="logout: where does its redirect lead?",
        )
    front = browser.open("/")
    welcome = browser.open("/welcome")
    if welcome.status >= 400:
        raise Missed(
            should="after the logout /welcome redirects to the front page.",
            did=f"/welcome responded with status {welcome.status}: {shortened(welcome.words)}",
            look="logout: is the key twitter_token still in session, with the value None? welcome looks for the key.",
        )
    if f"@{ADA}" in front.words or (welcome.path == "/welcome" and welcome.status == 200):
        raise Missed(
            should="after the logout neither the front page nor /welcome shows a user.",
            did=f"the front page says: {shortened(front.words)} And /welcome ended at {welcome.path}.",
            look="logout: remove from session all that belongs to the user, twitter_user and twitter_token.",
        )
    token = next(iter(site.providers.twitter.access_tokens))
    if token in shown_at_inside(browser) or token in json.dumps(browser.cookie("session") or ""):
        raise Missed(
            should="after the logout the access token is not in the cookie.",
            did="it left the access token in the cookie, and /inside shows it.",
            look="logout: session.clear() removes everything.",
        )


@exercise("2.9")
def test_logging_out_ends_a_login_that_is_under_way(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    callback = unused_callback(browser, "ada", start="/login")
    front = browser.open("/")
    log_out(browser)
    browser.open(callback)
    if f"@{ADA}" in browser.open("/").words:
        raise Missed(
            should="the logout empties the session. A login that began before, in another tab, logs in no user.",
            did=f"{ADA} began a login in one tab, logged out in another, and went on in the first. This logged her in.",
            look="logout: session still has the request token of the login, twitter_oauthtok.",
        )
    # The button is still there in a tab that was opened before. No user is logged in, and a new login has begun.
    callback = unused_callback(browser, "ada", start="/login")
    for form in front.forms():
        if urlsplit(form.action).path == "/logout":
            page = browser.submit(form)
            if page.status >= 400:
                raise Missed(
                    should="a click on Log out in another tab, after the logout, ends on the front page, too.",
                    did=f"/logout responded with status {page.status}: {shortened(page.words)}",
                    look="logout: the session may be empty already.",
                )
            browser.open(callback)
            if f"@{ADA}" in browser.open("/").words:
                raise Missed(
                    should="a click on Log out empties the session, also if no user is logged in. A login that has "
                    "begun meanwhile, in another tab, logs in no user.",
                    did=f"no user was logged in, and {ADA} began a login in one tab. {ADA} clicked Log out in another "
                    "tab, and then went on with the login. This logged her in.",
                    look="logout: empty the session at each POST, without asking first whether a user is logged in.",
                    whole=True,
                )


@exercise("2.9")
def test_a_link_logs_nobody_out(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    for method, look_at in looked_at(browser, "/logout"):
        look_at()
        if f"@{ADA}" not in browser.open("/").words:
            raise Missed(
                should="only a POST logs a user out. A link or an image on a different website sends a GET.",
                did=f"a {method} of /logout logged the user out.",
                look='@app.route("/logout", methods=["POST"]). ' + HEAD_TOO,
            )


@exercise("2.9")
def test_one_can_sign_in_again(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    log_out(browser)
    page = signed_in(site, browser)
    if page.path != "/welcome" or page.status != 200:
        raise Missed(
            should="a user who has logged out can log in again.",
            did=f"the second login ended at {page.path} with status {page.status}.",
            look="logout: what does it leave in the session?",
        )


# 2.10 After the logout


@exercise("2.10")
def test_what_a_copied_cookie_is_worth(folder: Path) -> None:
    check_answer(
        folder,
        "copied_cookie",
        "d",
        {
            "a": "The logout makes one browser forget its cookie. It does not reach the copy, and the app keeps no "
            "list of cookies that have ended.",
            "b": "The logout of your app does not reach Twitter. The access token still works.",
            "c": "The signature still fits. It shows that the app made this cookie, but not whether the session has "
            "ended.",
        },
    )
