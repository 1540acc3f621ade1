"""Step 02: inside the session. What the cookie holds, what Twitter was asked, and who is let in with which key."""

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
    try:
        signed_in(site, site.browser())
    except NoAnswer as error:
        raise Missed(
            should="a login goes through without stopping.",
            did=f"{error}.",
            look="is there still a line that stops your app, embed() or breakpoint()? On a server it is a shell for "
            "strangers, or an app that hangs.",
        ) from None
    said = site.app.log()
    if "In [1]" in said or "(Pdb)" in said:
        raise Missed(
            should="a login goes through without stopping.",
            did="your app stopped in the middle of it, and waited for somebody to type at its terminal.",
            look="take the line that stops it (embed() or breakpoint()) out again. On a server the app would wait for "
            "somebody at the server's own terminal, and answer nobody.",
        )


# 2.2 Keys out of the code

KEY_LOOK = (
    "app.secret_key, in app.py: TWITTER_KEY, below it, comes from the environment. Exercise 2.2 says how."
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
            should="who has signed in stays signed in when the app is started again with the same SECRET_KEY.",
            did=f"{ADA} signed in, the app was started again, and nobody was signed in any more: it does not sign its "
            "cookies with the SECRET_KEY of the environment, but with one that is new at every start.",
            look=KEY_LOOK,
        )
    # Each differs from the key in one letter, so that every part of the key has to count.
    for letter, where in ((0, "first"), (-1, "last")):
        other = list(key)
        other[letter] = "0" if key[letter] != "0" else "1"
        if is_let_in(open_site(environment={"SECRET_KEY": "".join(other)}), cookie):
            found = written_down(first, folder)
            raise Missed(
                should="session cookies are signed with the SECRET_KEY that the environment gives, all of it.",
                did=f"it still accepted a cookie after SECRET_KEY had changed in its {where} letter: it signs with "
                f"something else{found}."
                if found
                else f"it still accepted a cookie after SECRET_KEY had changed in its {where} letter: it signs with a "
                "part of SECRET_KEY, or with something else.",
                look=KEY_LOOK,
            )
    found = written_down(first, folder)
    if found:
        raise Missed(
            should="session cookies are signed with the SECRET_KEY that the environment gives, and with no other key.",
            did=f"beside SECRET_KEY it takes cookies that are signed with something that everybody can read{found}.",
            look="app.py: which other keys does it give to Flask? SECRET_KEY_FALLBACKS is a list of such keys.",
        )


@exercise("2.2")
def test_without_a_key_there_is_none_to_fall_back_on(open_site: SITE, folder: Path) -> None:
    for key in (None, ""):
        site = started(open_site, key)
        if site is None:
            continue  # it does not start without a key: the best that it can do
        should = "without a SECRET_KEY in the environment the app does not start, or has no key at all."
        found = written_down(site, folder)
        if found:
            raise Missed(
                should=should,
                did=f"SECRET_KEY was {'empty' if key == '' else 'not set'}. It started, and signs its cookies with "
                f"something that everybody can read{found}. With that key, a reader of your code can be anybody.",
                look="app.secret_key, in app.py: what does your app do where the environment has no SECRET_KEY? "
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
                did="it was started twice without a SECRET_KEY, and "
                + (
                    "both times it signed its cookies with the same key. Its key does not come from the environment."
                    if kept
                    else f"{ADA}, who had signed in at the first start, was signed out at the second: it makes up a "
                    "new key at every start."
                ),
                look="app.secret_key, in app.py: what does your app do where the environment has no SECRET_KEY? With a "
                "key that is new at every start, each restart logs everybody out, and each of several workers refuses "
                "the cookies of the others.",
            )


def started(open_site: SITE, key: str | None) -> Site | None:
    """The app with that SECRET_KEY in its environment; None where it does not start."""
    try:
        return open_site(environment={"SECRET_KEY": key}, may_fail=True)
    except AppFailed:
        return None


def written_down(site: Site, folder: Path) -> str:
    """Which text in the code the app signs its cookies with, in words; empty where it is none of them."""
    browser = site.browser()
    for text in dict.fromkeys(texts_in(folder)):
        browser.set_cookie("session", str(cookie_signer(text).dumps({"twitter_user": "forged"})))
        if "@forged" in browser.open("/").words:
            return f", the text {text!r} in your code"
    return ""


def texts_in(folder: Path) -> Iterator[str]:
    """Every text that stands in the Python files of a folder."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and node.value:
                yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")


# 2.3 Read the cookie by hand


FOREIGN = "somebody else's key"
BASE64 = "read_cookie: what stands before the last two dots is base64. Exercise 2.3 says in which alphabet."
COMPRESSED = (
    "read_cookie: the cookie begins with a dot, so it is compressed. Take the dot off, decode, then zlib."
)
PADDING = (
    "read_cookie: what stands before the last two dots has {length} characters. Base64 comes in fours, and Flask "
    "leaves out the = that fill up the last four."
)
ALPHABET = (
    "read_cookie: the part before the last two dots has - and _ in it. base64.b64decode does not know these two, and "
    "passes over them; base64.urlsafe_b64decode does."
)
# Every kind of cookie, each with one difficulty more: whether it is compressed, the length of its base64 modulo 4 (1
# cannot be), whether it has the characters - and _, in which the two alphabets differ, and where to look.
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
# What JSON writes with a backslash: a quotation mark, a line break, a letter outside of ASCII.
ESCAPED = ('say \\"yes\\"', "one\\ntwo", "Ch\\u00e9n")


def cookie_of_kind(word: str, compressed: bool, rest: int, special: bool) -> tuple[str, int]:
    """A session cookie that ends in a word and is of that kind, and the length of its base64."""
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
    """What /inside shows of the cookie."""
    page = browser.open("/inside")
    if page.status >= 400:
        raise Missed(
            should="/inside shows what the session cookie holds.",
            did=f"{given}it answered with the status {page.status}: {shortened(page.words)}",
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
        given = f"it was given the cookie {cookie.rsplit('.', 2)[0]}…, with {word} in it. And "
        shown = shown_at_inside(browser, look, given)
        should = (
            "/inside shows what any cookie holds, also one that was signed with a key that nobody here has."
        )
        if word not in shown or shown.count("{") != shown.count("}"):
            if shown.strip() == "{}":
                look = (
                    "read_cookie: decode the cookie itself. session is what Flask makes of a cookie after looking at "
                    "its signature."
                )
            raise Missed(should=should, did=f"{given}it showed: {shortened(shown) or 'nothing'}", look=look)
        if re.match(r"\s*b['\"]", shown):
            raise Missed(
                should="read_cookie gives back text, and /inside shows the text.",
                did=f"/inside shows bytes, as Python writes them: {shortened(shown)}",
                look="read_cookie: what base64 and zlib give is bytes. .decode() makes text of them.",
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
            should=f"/inside shows the text that the cookie holds, letter by letter: JSON, with {changed[0]} in it.",
            did=f"it showed: {shortened(shown)}",
            look="read_cookie: the bytes are UTF-8, so .decode() makes text of them. What is between the quotation "
            "marks of JSON stays as it is.",
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
                should="after a login /inside shows what the session cookie holds, the access token among it.",
                did=f"{what}, {value}, is not there. It shows: {shortened(shown)}",
                look="inside in app.py is given: is it as it was?",
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
        did, look = "It gives no text.", "return one text."
        if told["type"] == "str":
            did, look = base_string_slip(told["value"], wanted, asked=False)
        raise Missed(
            should=f"base_string({method!r}, {url!r}, {parameters!r}) gives {wanted}",
            did=f"{did[0].upper()}{did[1:]} It gives {told['value']}",
            look=f"base_string in by_hand.py: {look}",
            subject="your function did",
        )


def called(site: Site, calls: list[tuple[str, Any]]) -> list[dict[str, str]]:
    """What functions of by_hand.py give; Missed where one raises an error."""
    done = site.call("by_hand", calls)
    if done.failure:
        raise done.failure
    for (name, arguments), told in zip(calls, done.told, strict=True):
        if "error" in told:
            place = told["traceback"].splitlines()[-1:]
            raise Missed(
                should=f"{name}{arguments!r} gives a text.",
                did=f"it raised {told['error']}.",
                look=f"{name} in by_hand.py. " + "".join(f"In your code: {line}." for line in place),
                subject="your function did",
            )
    return list(done.told)


def base_string_slip(mine: str, wanted: str, *, asked: bool = True) -> tuple[str, str]:
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
    if sorted(map(unquote, names)) == sorted(map(unquote, real_names)) and sorted(names) != sorted(
        real_names
    ):
        odd = next(name for name in names if name not in real_names)
        return (
            f"one of its names is {odd!r} before it is escaped as a whole.",
            "names are escaped, as values are.",
        )
    if sorted(names) != sorted(real_names):
        missing = [pair for pair in real_pairs if pair.partition("=")[0] not in names]
        if missing and len(names) < len(real_names) and all(pair.endswith("=") for pair in missing):
            return (
                f"{' and '.join(missing)} is missing in it.",
                "a parameter whose value is empty is a parameter, too (section 3.4.1.3.1).",
            )
        odd = sorted(set(names) ^ set(real_names))
        return (
            f"its parameters are not those of the request: {', '.join(odd) or 'one is there twice'}.",
            "every parameter of the request, and not the signature itself (section 3.4.1.3).",
        )
    if names != real_names:
        look = "they are sorted by name (section 3.4.1.3.2)."
        if names == sorted(names, key=str.lower):
            look = (
                "they are sorted by the bytes of their names (section 3.4.1.3.2): every capital letter comes before "
                "every small one. sorted() does so by itself."
            )
        elif names == sorted(names, key=unquote):
            look = "names are sorted after they are escaped (section 3.4.1.3.2): %40 comes before 2, and @ after it."
        elif mine_pairs == sorted(mine_pairs):
            look = (
                "pairs are sorted by name, and only then written as name=value (section 3.4.1.3.2): of a and a-b, a "
                "comes first, and of the texts a=… and a-b=… it is the other way round."
            )
        return f"its parameters come in the order {', '.join(names)}.", look
    different = [both for both in zip(mine_pairs, real_pairs, strict=True) if both[0] != both[1]]
    if not different:
        return (
            f"its third part is escaped in another way: {parts[2][:60]}…",
            "escape it by escaped: only letters, digits, and - . _ ~ stay, and %3A has a capital A (section 3.6).",
        )
    pair, real_pair = different[0]
    if "+" in pair and "+" not in real_pair:
        return (
            f"it has {pair}, and the pair is {real_pair}.",
            "a blank is %20 (section 3.6). A + for a blank is what forms of HTML write.",
        )
    if unescaped(pair) != unescaped(real_pair) and asked:
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
            should=f"sign{(SIGNED_TEXT, *both)!r} gives {right!r}: HMAC-SHA1 of the text, in base64.",
            did=f"it gives {shortened(told['value'])!r}: {did}",
            look=f"sign in by_hand.py: {look}",
            subject="your function did",
        )


def signature(key: str, text: str, digest: str = "sha1") -> str:
    """The HMAC of a text, in base64."""
    return base64.b64encode(hmac.new(key.encode(), text.encode(), digest).digest()).decode()


def signature_slip(told: dict[str, str], text: str, consumer: str, token: str) -> tuple[str, str]:
    """What is wrong with what `sign` gave, and where to look."""
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
            "b64encode gives bytes, and .decode() makes text of them.",
        )
    if told["type"] != "str":
        return f"that is no text, but of the type {told['type']}.", "give back a text."
    if given == right:
        return (
            "that is the right signature, with blanks around it.",
            "b64encode adds no line end, encodebytes does.",
        )
    slips = {
        right.translate(str.maketrans("+/", "-_")): (
            "that is the right signature in the alphabet for URLs.",
            "a signature is in the usual base64, by b64encode (section 3.4.2).",
        ),
        quote(right, safe=""): (
            "that is the right signature, escaped.",
            "authorization escapes what it puts into the header; sign does not.",
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
            "that was made with SHA-256.",
            "the signature is HMAC-SHA1, as oauth_signature_method says (section 3.4.2).",
        ),
        signature(text, key): (
            "that is what comes out when key and text change places.",
            "the key is the consumer secret, an &, and the token secret. hmac.new takes the key first, then the text.",
        ),
        signature(one + other, text): (
            "its key has no & between the two secrets.",
            "the key is the consumer secret, an &, and the token secret. Without a token its secret is empty, and the "
            "& stays.",
        ),
        signature(escaped_whole, text): (
            "its key was escaped as a whole, and the & with it.",
            "each secret is escaped by itself; the & between them stays an &.",
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
            "its key is made of the secrets as they are, and these have characters such as & in them.",
            "both secrets are escaped before they are joined (section 3.4.2).",
        ),
    }
    unknown = (
        "that is none of the usual slips.",
        "three things count: the key, the text that is signed, and HMAC-SHA1 in base64. Exercise 2.6 names the key.",
    )
    return slips.get(given, unknown)


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
                should="the login that /by-hand begins ends on /welcome, also for a user who has begun one before: a "
                "new request token takes the place of the old one.",
                did=f"Ada {words}, and gave that up. The next login by hand ended at {end.path} with the status "
                f"{end.status}: {shortened(end.words)}",
                look="by_hand in app.py: the session keeps the pair of this visit, whatever was there. setdefault() "
                "leaves an older pair in its place.",
                meant="OAuthException",
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
    # An address may have such letters, in quotes (RFC 5321 section 4.1.2).
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
                should="/welcome shows the email address that Twitter has now, and none where Twitter has none.",
                did=f"Ada has taken her email address back at Twitter, and the page says: {shortened(again.words)}",
                look="welcome: the email address is in each answer of Twitter's. An older one need not be kept.",
            )
        return
    if sent == "true":
        did, look = (
            f"Twitter told it, and the page says: {shortened(page.words)}",
            "templates/welcome.html: {{ profile.email }}.",
        )
        if address.replace("<i>", "").replace("</i>", "") in page.words.replace(" ", ""):
            look = (
                "templates/welcome.html: the browser read the email address as HTML. Jinja escapes what {{ … }} "
                "writes, unless it is told not to: by the filter safe, by Markup or by autoescape."
            )
    elif sent is None:
        did = "it asked Twitter without include_email."
        look = "welcome: twitter.get(…) takes what goes into the query string, too. Exercise 2.8 names the parameter."
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
            look="email is null in Twitter's answer then, None in Python."
            if page.status == 500
            else "templates/welcome.html: email is null then, None in Python. {% if profile.email %}",
        )


@exercise("2.8")
def test_the_status_is_looked_at_as_before(site: Site) -> None:
    without_access(
        site, "welcome: look at the answer's status as in 1.5, also where you ask for the email address."
    )


# 2.9 Log out


@exercise("2.9")
def test_logging_out(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    page = log_out(browser)
    if page.path != "/":
        raise Missed(
            should="after logging out the person is on the front page.",
            did=f"they ended at {page.path}: {shortened(page.words)}",
            look="logout: where does its redirect lead?",
        )
    front = browser.open("/")
    welcome = browser.open("/welcome")
    if welcome.status >= 400:
        raise Missed(
            should="after logging out /welcome knows nobody, and sends the person to the front page.",
            did=f"/welcome answered with the status {welcome.status}: {shortened(welcome.words)}",
            look="logout: is the key twitter_token still in session, with the value None? welcome looks for the key.",
        )
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
def test_logging_out_ends_a_login_that_is_under_way(site: Site) -> None:
    browser = site.browser()
    signed_in(site, browser)
    callback = unused_callback(browser, "ada", start="/login")
    front = browser.open("/")
    log_out(browser)
    browser.open(callback)
    if f"@{ADA}" in browser.open("/").words:
        raise Missed(
            should="logging out empties the session. A login that had begun before, in another tab, signs nobody in.",
            did=f"{ADA} began a login in one tab, logged out in another, and went on in the first. That signed her in.",
            look="logout: session still has the request token of the login, twitter_oauthtok.",
        )
    # The button is still there in a tab that was opened before. Nobody is logged in, and a new login has begun.
    callback = unused_callback(browser, "ada", start="/login")
    for form in front.forms():
        if urlsplit(form.action).path == "/logout":
            page = browser.submit(form)
            if page.status >= 400:
                raise Missed(
                    should="a click on Log out in another tab, after logging out, ends on the front page, too.",
                    did=f"/logout answered with the status {page.status}: {shortened(page.words)}",
                    look="logout: it may also find an empty session.",
                )
            browser.open(callback)
            if f"@{ADA}" in browser.open("/").words:
                raise Missed(
                    should="a click on Log out empties the session, also where nobody is logged in. A login that has "
                    "begun meanwhile, in another tab, signs nobody in.",
                    did="nobody was logged in, and a login had begun in one tab. A click on Log out in another tab, "
                    f"and the login went on: it signed {ADA} in.",
                    look="logout: empty the session at each POST, without asking first whether somebody is logged in.",
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
                should="only a POST logs somebody out. A link or a picture on another site is a GET.",
                did=f"a {method} of /logout logged the person out.",
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
