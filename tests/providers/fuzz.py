"""Random requests for every endpoint of the local providers.

python -m tests.providers.fuzz [--seconds 180] [PART_OF_AN_ENDPOINT…]

sends them for that time to each endpoint of providers in a process of their own, and prints how many there were, how
many of the responses were errors of the server, and how much memory the process took before and after. It ends with 1
if a response was wrong, and shows the shortest request with such a response. test_fuzz.py sends a few to each endpoint.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import hypothesis
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from oauthlib.oauth1 import Client as Signing

from workbook.providers.pages import about
from workbook.providers.registry import PROVIDERS
from workbook.providers.server import ProvidersServer

from .apart import apart
from .raw import LONG, Answer, sent

# By default Hypothesis keeps its findings, and tables of its own, in a folder of the clone.
_HOME = tempfile.TemporaryDirectory(prefix="hypothesis-")
set_hypothesis_home_dir(_HOME.name)

SEED = 1
# The parameters that a provider reads, and others that it may meet.
NAMES = (
    *(
        "client_id",
        "client_secret",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "nonce",
        "prompt",
        "code",
    ),
    *(
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "grant_type",
        "refresh_token",
        "access_token",
    ),
    *(
        "access_type",
        "include_granted_scopes",
        "login_hint",
        "hd",
        "login",
        "auth_type",
        "return_scopes",
        "fields",
    ),
    *("appsecret_proof", "input_token", "fb_exchange_token", "token", "person", "decision", "permission"),
    *("csrf_token", "oauth_token", "oauth_verifier", "oauth_callback", "oauth_nonce", "oauth_signature"),
    *("oauth_timestamp", "oauth_consumer_key", "oauth_signature_method", "force_login", "screen_name"),
    *("include_email", "provider", "endpoint", "kind", "clear", "key", "page", "per_page", ""),
)
NASTY = (
    *(
        "",
        " ",
        "\0",
        "%",
        "%00",
        "%ff",
        "+",
        "&",
        "=",
        ";",
        ",",
        "[",
        "{",
        "null",
        "true",
        "-1",
        "0",
        "1e999",
        "NaN",
    ),
    *(
        "a\r\nX-Injected: 1",
        "a\nX-Injected: 1",
        '"><script>x</script>',
        "'\"<>",
        "{{7*7}}",
        "é☃",
        "\u202e",
        "\ufeff",
    ),
    *(
        "x" * 300,
        "x" * 5000,
        "9" * 5000,
        "a,b",
        "a b",
        "../..",
        "//evil.example",
        "http://[",
        "http://evil.example/",
    ),
    *(
        "http://evil.example\\@127.0.0.1:5000/auth/google/callback",
        "javascript:alert(1)",
        "http://localhost:99999/",
    ),
    *(
        "openid email profile",
        "email",
        "user:email",
        "code",
        "token",
        "S256",
        "plain",
        "A" * 43,
        "none",
        "consent",
    ),
    *(
        "select_account",
        "offline",
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "fb_exchange_token",
    ),
    *(
        "me",
        "ada",
        "bo",
        "allow",
        "refuse",
        "picture{url}",
        "id,name,email",
        "picture.width(9" + "9" * 999 + ")",
    ),
)


@dataclass(frozen=True)
class Endpoint:
    """One URL rule of a provider's pages, and the methods that it takes."""

    provider: str
    rule: str
    methods: tuple[str, ...]

    def __str__(self) -> str:
        return self.rule


def endpoints() -> list[Endpoint]:
    """All endpoints of the providers' URL maps, the fifth's, too."""
    found: dict[tuple[str, str], set[str]] = {}
    with ProvidersServer(seed=SEED, control_key="key", with_fifth=True) as server:
        about(server._states, server.faults)
        for provider in (*server.names, "control"):
            for rule in server._pages_of(provider).url_map.iter_rules():
                found.setdefault((provider, rule.rule), set()).update(rule.methods or ())
    # The static files are the same for each.
    every = {
        key: methods
        for key, methods in found.items()
        if key[0] == "twitter" or key[1].startswith(f"/{key[0]}/")
    }
    return [Endpoint(provider, rule, tuple(sorted(methods))) for (provider, rule), methods in every.items()]


@dataclass
class Target:
    """A server, and the good values of a user who has used it: keys, sessions, codes and tokens."""

    url: str
    keys: dict[str, str]
    control_key: str
    good: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    # By provider: the parameters of a request that is right, and the cookie that its form was made for.
    right: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    cookie_of: dict[str, str] = field(default_factory=dict)

    def log_in(self) -> None:
        """Ada logs in with each provider, and allows access; a second browser gets as far as the provider's page."""
        self.good += [*self.keys.values()]
        pages = {
            "facebook": ("/dialog/oauth", "email"),
            "google": ("/o/oauth2/v2/auth", "openid email profile"),
            "github": ("/login/oauth/authorize", "user:email"),
        }
        for name, (path, scope) in pages.items():
            callback = f"http://localhost:5000/auth/{name}/callback"
            client_id, secret = self.keys[f"{name.upper()}_KEY"], self.keys[f"{name.upper()}_SECRET"]
            asked = {
                "client_id": client_id,
                "redirect_uri": callback,
                "response_type": "code",
                "scope": scope,
            }
            page = f"{self.url}/{name}{path}?{urlencode({**asked, 'access_type': 'offline', 'prompt': 'consent'})}"
            codes = [self._decide(page) for _ in range(2)]
            self._decide(page, allow=False)
            self.right[name] = [
                *asked.items(),
                *(
                    ("client_secret", secret),
                    ("grant_type", "authorization_code"),
                    ("code", codes[1].get("code", "")),
                ),
                *(
                    ("csrf_token", self.good[-1]),
                    ("person", "bo"),
                    ("decision", "allow"),
                    ("permission", "email"),
                ),
            ]
            self.cookie_of[name] = self.cookies[-1]
            self.good += [callback, codes[1].get("code", "")]
            token = requests.post(
                f"{self.url}/{name}{TOKEN[name]}",
                {
                    "grant_type": "authorization_code",
                    "client_id": client_id,
                    "client_secret": secret,
                    "redirect_uri": callback,
                    "code": codes[0].get("code", ""),
                },
                headers={"Accept": "application/json"},
                timeout=LONG,
            ).json()
            self.good += [value for value in token.values() if isinstance(value, str)]
            self.tokens.append(token["access_token"])
        request_token = dict(parse_qsl(self._signed("/oauth/request_token", "oob").text))["oauth_token"]
        self.good.append(request_token)
        self._decide(f"{self.url}/twitter/oauth/authorize?oauth_token={request_token}", allow=False)
        self.right["twitter"] = [
            *(
                ("oauth_token", request_token),
                ("csrf_token", self.good[-1]),
                ("person", "bo"),
                ("decision", "allow"),
            ),
        ]
        self.cookie_of["twitter"] = self.cookies[-1]

    def _signed(self, path: str, callback: str | None) -> requests.Response:
        signing = Signing(self.keys["TWITTER_KEY"], self.keys["TWITTER_SECRET"], callback_uri=callback)
        url, headers, _ = signing.sign(f"{self.url}/twitter{path}", "POST")
        return requests.post(url, headers=headers, timeout=LONG)

    def _decide(self, page: str, *, allow: bool = True) -> dict[str, str]:
        with requests.Session() as browser:
            asked = browser.get(page, timeout=LONG)
            csrf_token = re.findall(r'name="csrf_token" value="(\w+)"', asked.text)[0]
            self.good.append(csrf_token)
            self.cookies.append("; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies))
            if not allow:
                return {}
            form = {"csrf_token": csrf_token, "person": "ada", "decision": "allow"}
            answer = browser.post(page, form, allow_redirects=False, timeout=LONG)
            self.cookies.append("; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies))
            return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def clear_faults(self) -> None:
        """Switches off the faults that a request may have asked for."""
        headers = {"X-Control-Key": self.control_key}
        requests.post(f"{self.url}/control/faults", json={"clear": True}, headers=headers, timeout=LONG)


TOKEN = {"facebook": "/graph/oauth/access_token", "google": "/token", "github": "/login/oauth/access_token"}


@dataclass(frozen=True)
class Made:
    """A request as bytes, whether it is whole, and whether its transfer coding exists."""

    data: bytes
    whole: bool
    known_coding: bool


def texts(longest: int) -> st.SearchStrategy[str]:
    """Characters of all kinds. Hypothesis's own text() first makes tables of them, which takes ten seconds."""
    wide = st.binary(max_size=2 * longest).map(lambda data: data.decode("utf-16-le", "ignore"))
    return st.one_of(st.binary(max_size=longest).map(lambda data: data.decode("utf-8", "replace")), wide)


def values(target: Target) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(NASTY), st.sampled_from(target.good), texts(20))


def pairs(target: Target, provider: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Parameters. The first of a name counts, so that a random one hides the right one."""
    names = st.one_of(st.sampled_from(NAMES), st.sampled_from(NAMES), texts(5))
    made_up = st.lists(st.tuples(names, values(target)), max_size=8)
    few = st.lists(st.tuples(st.sampled_from(NAMES), values(target)), max_size=2)
    return st.one_of(made_up, few.map(lambda listed: [*listed, *target.right.get(provider, [])]))


@st.composite
def made_up(draw: st.DrawFn, target: Target, endpoint: Endpoint) -> Made:
    """A request for that endpoint: right in most of its parts, so that it comes as far as possible."""
    path = re.sub(
        r"<[^>]*>",
        lambda found: quote(draw(values(target)), safe=draw(st.sampled_from(["", "/"]))),
        endpoint.rule,
    )
    query = draw(
        st.one_of(pairs(target, endpoint.provider).map(urlencode), st.binary(max_size=30).map(_plain))
    )
    method = draw(
        st.one_of(st.sampled_from(endpoint.methods), st.sampled_from(["GET", "POST", "PUT", "TRACE", "X"]))
    )
    headers = [("Connection", b"close"), ("Host", _host(draw, target))]
    if draw(st.booleans()) and endpoint.provider in target.cookie_of:
        headers.append(("Cookie", target.cookie_of[endpoint.provider].encode()))
    headers += draw(st.lists(st.sampled_from(_headers(target)), max_size=4))
    url = f"{target.url}{path}" + (f"?{query}" if query else "")
    headers += _authorization(draw, target, method, url)
    body, kind = _body(draw, target, endpoint.provider)
    if kind is not None:
        headers.append(("Content-Type", kind))
    whole, known = True, True
    way = (
        draw(st.sampled_from(["length", "length", "length", "chunked", "half", "wrong"]))
        if body
        else "length"
    )
    if way == "length" and (body or method != "GET"):
        headers.append(("Content-Length", b"%d" % len(body)))
    elif way == "half":
        headers.append(("Content-Length", b"%d" % (len(body) + draw(st.integers(1, 10**12)))))
        whole = False
    elif way == "chunked":
        headers.append(("Transfer-Encoding", b"chunked"))
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    elif way == "wrong":
        coding = draw(st.sampled_from([b"chunked", b"gzip, chunked", b"gzip", b"chunked, chunked", b""]))
        headers.append(("Transfer-Encoding", coding))
        size = draw(st.sampled_from([b"zz", b"-1", b"ffffffffffffffff", b"5", b"", b"5;a=b", b"\0", b"0x5"]))
        body, whole, known = size + b"\r\n" + body, False, coding == b"chunked"
    lines = [method.encode() + b" " + path.encode() + b"?" * bool(query) + query.encode() + b" HTTP/1.1"]
    lines += [name.encode() + b": " + value for name, value in headers]
    return Made(b"\r\n".join([*lines, b"", body]), whole, known)


def _plain(data: bytes) -> str:
    """Bytes as a part of a request line may have them."""
    return re.sub(r"[^!-~]|#", "", data.decode("latin-1"))


def _host(draw: st.DrawFn, target: Target) -> bytes:
    right = urlsplit(target.url).netloc.encode()
    wrong = st.sampled_from(
        [b"x_y", b"", b"@", b"a b", b"evil.example", b"[", b"localhost:99999", b"\xff", b"localhost"]
    )
    if draw(st.integers(0, 9)) < 9:
        return right
    return draw(st.one_of(wrong, st.binary(max_size=6).map(_no_line_ends)))


def _no_line_ends(data: bytes) -> bytes:
    return re.sub(rb"[\r\n\0]", b"", data)


def _headers(target: Target) -> list[tuple[str, bytes]]:
    return [
        ("User-Agent", b"a program"),
        ("User-Agent", b"a program"),
        *(
            ("Accept", kind)
            for kind in (b"application/json", b"*/*", b"application/xml", b"\xff", b"text/html;q=a")
        ),
        *(("Cookie", cookie.encode()) for cookie in target.cookies),
        *(
            ("Cookie", cookie)
            for cookie in (b"google_session=\xff", b"a", b"=", b"github_session=" + b"x" * 5000)
        ),
        *(
            ("Origin", b"null"),
            ("Range", b"bytes=5-1"),
            ("If-Modified-Since", b"yesterday"),
            ("Expect", b"100-continue"),
        ),
        *(
            ("X-Forwarded-Host", b"evil.example"),
            ("X-Control-Key", target.control_key.encode()),
            ("X", b"\xff\x01"),
        ),
        *(
            ("Accept-Language", b"\xff"),
            ("Upgrade", b"h2c"),
            ("Content-Encoding", b"gzip"),
            ("Method", b"DELETE"),
        ),
    ]


def _authorization(draw: st.DrawFn, target: Target, method: str, url: str) -> list[tuple[str, bytes]]:
    kind = draw(st.sampled_from(["none", "none", "basic", "bearer", "signed", "oauth", "raw"]))
    if kind == "none":
        return []
    if kind == "basic":
        shown = b"Basic " + base64.b64encode(draw(st.one_of(st.binary(max_size=9), _both(target))))
    elif kind == "bearer":
        words = draw(st.sampled_from(["Bearer", "bearer", "token", "OAuth"]))
        shown = f"{words} {draw(st.one_of(st.sampled_from(target.tokens), values(target)))}".encode()
    elif kind == "signed":
        callback = draw(st.sampled_from([None, "oob", "http://localhost:5000/auth/twitter/callback", *NASTY]))
        signing = Signing(target.keys["TWITTER_KEY"], target.keys["TWITTER_SECRET"], callback_uri=callback)
        try:
            shown = signing.sign(url, method)[1]["Authorization"].encode()
        except ValueError:  # oauthlib signs no query string that it cannot read
            shown = b"OAuth"
    elif kind == "oauth":
        listed = draw(pairs(target, "twitter"))
        shown = b"OAuth " + ", ".join(f'{quote(name)}="{quote(value)}"' for name, value in listed).encode()
    else:
        shown = draw(st.sampled_from([b"Basic ", b"OAuth ", b"Bearer ", b""])) + draw(st.binary(max_size=12))
    return [("Authorization", _no_line_ends(shown))]


def _both(target: Target) -> st.SearchStrategy[bytes]:
    names = ("FACEBOOK", "GOOGLE", "GITHUB")
    return st.sampled_from(
        [f"{target.keys[f'{name}_KEY']}:{target.keys[f'{name}_SECRET']}".encode() for name in names]
    )


def _body(draw: st.DrawFn, target: Target, provider: str) -> tuple[bytes, bytes | None]:
    kind = draw(st.sampled_from(["none", "form", "form", "json", "odd json", "parts", "raw"]))
    if kind == "none":
        return b"", draw(st.sampled_from([None, b"application/json"]))
    if kind == "form":
        return urlencode(draw(pairs(target, provider))).encode(), b"application/x-www-form-urlencoded"
    if kind == "json":
        return json.dumps(dict(draw(pairs(target, provider)))).encode(), b"application/json"
    if kind == "odd json":
        odd = [
            b"[" * 1000,
            b'{"client_id":"\\ud800"}',
            b'{"a":' * 500,
            b"1" * 5000,
            b"[]",
            b"null",
            b'"',
            b"{\xff}",
        ]
        return draw(st.sampled_from(odd)), b"application/json"
    if kind == "parts":
        part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        listed = draw(pairs(target, provider))
        parts = [part % (quote(name).encode(), value.encode()) for name, value in listed]
        return b"".join(parts) + draw(
            st.sampled_from([b"--b--", b"--b", b""])
        ), b"multipart/form-data; boundary=b"
    return draw(st.binary(max_size=50)), draw(
        st.sampled_from([None, b"\xff", b"application/x-www-form-urlencoded"])
    )


def wrong_with(made: Made, answer: Answer) -> str | None:
    """The mistake of a response; None where it is right."""
    if answer.status >= 500 and not (answer.status == 501 and not made.known_coding):  # RFC 9112 section 6.1
        return "an error of the server's"
    if made.whole and not 200 <= answer.status < 500:
        return "no answer"
    head, _, body = answer.text.partition("\r\n\r\n")
    if "\r\nx-injected" in head.lower():
        return "a header of the request's making"
    if "text/html" in head and "<script>x</script>" in body:
        return "a script of the request's making"
    for location in re.findall(r"\r\nLocation: ([^\r]*)", head):
        if not re.match(r"/(?!/)|http://(localhost|127\.0\.0\.1)[:/]", location):
            return f"a redirect to {location}"
    return None


def fuzz(
    target: Target,
    endpoint: Endpoint,
    how: settings,
    *,
    seed: int | None = None,
    heard: Callable[[Answer], None] = lambda answer: None,
) -> None:
    """Sends as many requests to an endpoint as the settings say; AssertionError shows the shortest with a wrong
    response."""

    @how
    @given(made=made_up(target, endpoint))
    def each(made: Made) -> None:
        answer = sent(target.url, made.data, and_no_more=not made.whole)
        heard(answer)
        if endpoint.provider == "control":
            target.clear_faults()
        wrong = wrong_with(made, answer)
        assert wrong is None, f"{wrong}: {made.data!r}\nis answered by\n{answer.text[:400]}"

    (each if seed is None else hypothesis.seed(seed)(each))()


def quietly(requests: int, *, derandomize: bool, shrink: bool = True) -> settings:
    """Settings with which Hypothesis saves nothing, and nothing depends on the machine's speed. To `shrink` a request
    without a response takes LONG for each try."""
    return settings(
        max_examples=requests,
        derandomize=derandomize,
        database=None,
        deadline=None,
        phases=(Phase.generate, *([Phase.shrink] if shrink else [])),
        suppress_health_check=list(HealthCheck),
    )


def _for_long(chosen: Iterable[Endpoint], seconds: float) -> bool:
    """Sends requests for `seconds` to each of the endpoints; returns whether all responses were right."""
    from workbook.web.running import local_keys

    fine = True
    print(f"{'endpoint':<52} {'requests':>9} {'5xx':>5} {'MB before':>10} {'after':>7}  answers")
    with apart() as server:
        target = Target(server.url, local_keys(), server.faults_page.partition("key=")[2])
        target.log_in()
        for endpoint in chosen:
            statuses: Counter[int] = Counter()
            before, until, error = server.memory, time.monotonic() + seconds, None
            while time.monotonic() < until and error is None:
                try:
                    fuzz(
                        target,
                        endpoint,
                        quietly(100, derandomize=False),
                        seed=random.getrandbits(32),
                        heard=lambda answer, statuses=statuses: statuses.update([answer.status]),  # type: ignore[misc]
                    )
                except AssertionError as found:
                    error, fine = found, False
            errors = sum(count for status, count in statuses.items() if status >= 500 and status != 501)
            told = " ".join(f"{status}:{count}" for status, count in sorted(statuses.items()))
            print(
                f"{endpoint.rule:<52} {statuses.total():>9} {errors:>5} {before:>10.1f} {server.memory:>7.1f}  {told}",
                flush=True,
            )
            if error is not None:
                print(error)
    return fine


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.providers.fuzz", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART_OF_AN_ENDPOINT")
    parser.add_argument("--seconds", type=float, default=180.0)
    asked = parser.parse_args()
    names = [provider.state.name for provider in PROVIDERS] + ["control"]  # type: ignore[attr-defined]
    every = [one for one in endpoints() if one.provider in names]
    chosen = [one for one in every if not asked.parts or any(part in one.rule for part in asked.parts)]
    sys.exit(0 if _for_long(chosen, asked.seconds) else 1)


if __name__ == "__main__":
    main()
