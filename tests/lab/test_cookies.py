"""The lab's browser keeps and sends cookies as browsers do (RFC 6265bis)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

import pytest

from workbook.lab.cookies import NEW, Cookie, Cookies, _key

HOME = "http://localhost:5000"
# The app's URL over HTTPS.
SECURE = "https://localhost:5000"


def sent(
    *set_cookie: str,
    by: str = f"{HOME}/",
    to: str | None = None,
    method: str = "GET",
    from_another_site: bool = False,
) -> str:
    """The Cookie header of a request, after a response with these Set-Cookie headers."""
    cookies = Cookies()
    cookies.hear(by, set_cookie)
    return cookies.header(to or by, method, from_another_site=from_another_site)


PAIRS = {
    "a=1": "a=1",
    " a = 1 ": "a=1",
    "\ta\t=\t1\t": "a=1",
    "a=": "a=",
    "a=b=c": "a=b=c",
    "a==": "a==",
    'a="b c"': 'a="b c"',
    "a=b, c": "a=b, c",
    "a=1;": "a=1",
    "a=1; ; unknown; Path": "a=1",
    "a": "a",
    "=a": "a",
    "=a=b": "a=b",
    "": "",
    "=": "",
    " ; Path=/": "",
    "a b=1": "a b=1",
    "A=1": "A=1",
    "a=%20": "a=%20",
    "a=\u00c3\u00a0": "a=\u00c3\u00a0",  # an à, in UTF-8, a character for each byte
    "a=\x00": "",
    "a\x7f=1": "",
    "a=1\r\n b": "",
    "a=1; Path=/\x01": "",
}


@pytest.mark.parametrize("pair", PAIRS, ids=ascii)
def test_name_and_value(pair: str) -> None:
    assert sent(pair) == PAIRS[pair]


def test_the_longest_cookie_has_4096_bytes() -> None:
    for name, value in (("a", "b" * 4095), ("a" * 4096, ""), ("a", "\xe9" * 4095)):
        assert sent(f"{name}={value}") == f"{name}={value}"
        assert sent(f"{name}={value}c") == ""
    assert sent(f"a={' ' * 5000}b") == "a=b", "blanks around it are not counted"


def test_an_attribute_of_more_than_1024_bytes_is_as_if_it_was_not_there() -> None:
    longest = "/" + "x" * 1023
    assert sent(f"a=1; Path={longest}") == "" and sent(f"a=1; Path={longest}", to=HOME + longest) == "a=1"
    assert sent(f"a=1; Path={longest}x") == "a=1"


# By the Domain: which of these hosts get the cookie that app.example.org sets.
HOSTS = ("app.example.org", "example.org", "www.example.org", "low.app.example.org", "myapp.example.org")
DOMAINS = {
    "": "app.example.org",
    "; Domain": "app.example.org",
    "; Domain=": "app.example.org",
    "; Domain=.": "app.example.org",
    "; Domain=app.example.org": "app.example.org low.app.example.org",
    "; domain = .APP.Example.org": "app.example.org low.app.example.org",
    "; Domain=example.org": " ".join(HOSTS),
    "; Domain=le.org": "",
    "; Domain=org": "",
    "; Domain=www.example.org": "",
    "; Domain=low.app.example.org": "",
    "; Domain=..example.org": "",
    "; Domain=www.example.org; Domain=app.example.org": "app.example.org low.app.example.org",
    "; Domain=app.example.org; Domain=www.example.org": "",
}


@pytest.mark.parametrize("domain", DOMAINS)
def test_domain(domain: str) -> None:
    got = [host for host in HOSTS if sent(f"a=1{domain}", by=f"http://{HOSTS[0]}/", to=f"http://{host}/")]
    assert got == DOMAINS[domain].split()


@pytest.mark.parametrize(
    ("domain", "kept"),
    [
        ("localhost", True),
        (".LOCALHOST", True),
        ("host", False),
        ("a.localhost", False),
        ("127.0.0.1", False),
    ],
)
def test_a_name_without_a_dot_is_its_own_domain(domain: str, kept: bool) -> None:
    """Chromium takes Domain=localhost from localhost, as a cookie of that host only."""
    assert sent(f"a=1; Domain={domain}") == ("a=1" if kept else "")
    assert sent(f"a=1; Domain={domain}", to="http://app.localhost:5000/") == ""


@pytest.mark.parametrize(
    ("domain", "kept"), [("127.0.0.1", True), ("0.0.1", False), (".0.1", False), ("localhost", False)]
)
def test_an_address_is_below_no_other(domain: str, kept: bool) -> None:
    by = "http://127.0.0.1:5000/"
    assert sent(f"a=1; Domain={domain}", by=by) == ("a=1" if kept else "")
    assert sent("a=1; Domain=::1", by="http://[::1]:5000/") == "a=1"


def test_a_port_and_the_letter_case_of_a_host_make_no_difference() -> None:
    assert sent("a=1", to="http://LOCALHOST:5001/") == "a=1"
    assert sent("a=1", to="http://127.0.0.1:5000/") == ""


# By the page's path and the cookie's Path: paths that the cookie goes to, and some that it does not.
PATHS = [
    ("/a/b", "", "/a /a/ /a/b /a/c/d", "/ /ab /b"),
    ("/a/", "", "/a /a/b", "/ /ab"),
    ("/a", "", "/ /a /b", ""),
    ("", "", "/ /a", ""),
    ("/a/b", "Path=/", "/ /a/b /c", ""),
    ("/a/b", "Path=/c", "/c /c/ /c/d", "/ /a/b /cd"),
    ("/a/b", "Path=/c/", "/c/ /c/d", "/c /a/b"),
    ("/a/b", "Path=c", "/a /a/b", "/c /"),
    ("/a/b", "Path=", "/a /a/b", "/"),
    ("/a/b", "Path", "/a /a/b", "/"),
    ("/a/b", "Path=/c; Path=/d", "/d", "/c /a/b"),
    ("/a/b", "PATH = /c", "/c", "/a/b"),
    ("/a/b", "Path=/C", "/C", "/c"),
    ("/a/b?q=/c/d", "", "/a/x?y", "/a%2Fb"),
]


@pytest.mark.parametrize(("by", "told", "to", "not_to"), PATHS)
def test_path(by: str, told: str, to: str, not_to: str) -> None:
    for path in (*to.split(), *not_to.split()):
        found = sent(f"a=1; {told}", by=HOME + by, to=HOME + path)
        assert found == ("a=1" if path in to.split() else ""), path


OLD = "Wed, 21 Oct 2015 07:28:00 GMT"
YET_TO_COME = "Wed, 21 Oct 2315 07:28:00 GMT"
KEPT_UNTIL = {
    f"Expires={OLD}": False,
    f"Expires={YET_TO_COME}": True,
    "Expires=Wed, 21-Oct-2015 07:28:00 GMT": False,
    "Expires=Thu, 01-Jan-70 00:00:00 GMT": False,
    "Expires=Tue, 01-Jan-69 00:00:00 GMT": True,
    "Expires=Sun Nov  6 08:49:37 1994": False,
    "Expires=1994 nov 6 8:49:37": False,
    "Expires=Sun, 06 Nov 1994 08:49:37 +9999": False,
    "Expires=Sun, 30 Feb 2014 08:49:37 GMT": True,
    "Expires=Sun, 06 Nov 1994 24:49:37 GMT": True,
    "Expires=Sun, 06 Nov 1594 08:49:37 GMT": True,
    "Expires=06 Nov 1994": True,
    "Expires=0": True,
    "Expires=-1": True,
    "Expires=": True,
    "Expires": True,
    "Max-Age=0": False,
    "Max-Age=-1": False,
    "max-age = 60": True,
    f"Max-Age={'9' * 500}": True,
    "Max-Age=": True,
    "Max-Age": True,
    "Max-Age=0.5": True,
    "Max-Age=+0": True,
    "Max-Age=--1": True,
    "Max-Age=0x0": True,
    f"Max-Age=60; Expires={OLD}": True,
    f"Expires={OLD}; Max-Age=60": True,
    f"Max-Age=0; Expires={YET_TO_COME}": False,
    f"Max-Age=soon; Expires={OLD}": False,
    "Max-Age=0; Max-Age=60": True,
    "Max-Age=60; Max-Age=0": False,
    "Max-Age=0; Max-Age=soon": False,
    f"Expires={OLD}; Expires={YET_TO_COME}": True,
    f"Expires={OLD}; Expires=soon": False,
}


@pytest.mark.parametrize("told", KEPT_UNTIL, ids=lambda told: told[:60])
def test_how_long_a_cookie_is_kept(told: str) -> None:
    cookies = Cookies()
    cookies.hear(HOME, ["a=old", f"a=new; {told}"])
    kept = KEPT_UNTIL[told]
    assert cookies.header(HOME, "GET", from_another_site=False) == ("a=new" if kept else "")
    assert cookies.get("a", "localhost") == ("new" if kept else None)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone is not this process's to choose")
@pytest.mark.parametrize("zone", ["UTC-14", "UTC+12"])
def test_a_date_is_in_universal_time_whatever_it_says(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hour = 3600
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for told in ("%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S EST"):
            over, not_over = (time.strftime(told, time.gmtime(time.time() + by)) for by in (-hour, hour))
            assert sent(f"a=1; Expires={over}", f"b=1; Expires={not_over}") == "b=1"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_cookie_whose_time_has_come_is_not_there() -> None:
    cookies = Cookies()
    cookies.set(Cookie("a", "1", "localhost", expires=time.time()))
    assert cookies.header(HOME, "GET", from_another_site=False) == ""
    assert cookies.get("a", "localhost") is None


def test_only_the_cookie_of_that_name_host_and_path_is_deleted() -> None:
    deleted = "a=; Path=/x; Max-Age=0"
    assert sent("a=1", "a=2; Path=/x", deleted, to=f"{HOME}/x") == "a=1"
    assert sent("a=1", deleted, to=f"{HOME}/x") == "a=1"
    assert sent("a=1", "A=; Max-Age=0") == "a=1"


def test_secure_wants_https_or_this_machine() -> None:
    """Chromium and Firefox keep it on http://localhost; Safari is reported to drop it."""
    there = "app.example.org"
    assert sent("a=1; Secure", by=f"http://{there}/") == ""
    assert sent("a=1; secure=no", by=f"https://{there}/") == "a=1"
    assert sent("a=1; Secure", by=f"https://{there}/", to=f"http://{there}/") == ""
    for host in ("localhost", "app.localhost", "127.0.0.1", "127.1.2.3", "[::1]"):
        assert sent("a=1; Secure", by=f"http://{host}:5000/") == "a=1"


# By SameSite: the requests from another site that the cookie goes with.
SAME_SITE = {
    "": "GET HEAD POST",
    "SameSite=Lax": "GET HEAD",
    "samesite = LAX": "GET HEAD",
    "SameSite=Strict": "",
    "SameSite=nonsense": "GET HEAD POST",
    "SameSite": "GET HEAD POST",
    "SameSite=Strict; SameSite=Lax": "GET HEAD",
    "SameSite=Lax; SameSite=Strict": "",
    "SameSite=None; Secure": "GET HEAD POST",
}


@pytest.mark.parametrize("told", SAME_SITE)
def test_same_site(told: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        assert sent(f"a=1; {told}", by=f"{SECURE}/", method=method) == "a=1"
        crossed = sent(f"a=1; {told}", by=f"{SECURE}/", method=method, from_another_site=True)
        assert crossed == ("a=1" if method in SAME_SITE[told].split() else ""), method


def test_a_cookie_that_says_nothing_crosses_with_a_post_while_it_is_new() -> None:
    cookies = Cookies()
    cookies.hear(HOME, ["a=1"])
    (made,) = cookies._kept.values()
    for age, crosses in ((NEW - 5, "a=1"), (NEW + 5, "")):
        cookies._kept[_key(made)] = replace(made, made=time.time() - age)
        assert cookies.header(HOME, "POST", from_another_site=True) == crosses
        assert cookies.header(HOME, "GET", from_another_site=True) == "a=1"


def test_same_site_none_wants_secure() -> None:
    assert sent("a=1; SameSite=None") == "" and sent("a=1; SameSite=None", by=f"{SECURE}/") == ""


@pytest.mark.parametrize(
    ("cookie", "kept"),
    [
        ("__Secure-a=1", False),
        ("__Secure-a=1; Secure", True),
        ("__secure-a=1", False),
        ("__Secure-a=1; Secure; Domain=app.example.org; Path=/x", True),
        ("__Host-a=1; Path=/", False),
        ("__Host-a=1; Secure; Path=/", True),
        ("__HOST-a=1; Path=/", False),
        ("__Host-a=1; Secure; Path=/x", False),
        ("__Host-a=1; Secure; Path=/; Domain=app.example.org", False),
        ("=__Host-a=1; Secure; Path=/", False),
        ("__Secure-a; Secure", False),
        ("a=__Host-b", True),
        ("__Hosta=1", True),
    ],
)
def test_names_that_promise_something(cookie: str, kept: bool) -> None:
    there = "https://app.example.org/x"
    assert bool(sent(cookie, by=there)) == kept
    assert bool(sent(cookie, by="http://app.example.org/x")) == (kept and "Secure" not in cookie)


def test_longer_paths_go_first_and_then_what_was_there_first() -> None:
    said = [
        "root=1; Path=/",
        "long=1; Path=/a/b",
        "middle=1; Path=/a",
        "root2=1; Path=/",
        "long2=1; Path=/a/b",
    ]
    assert sent(*said, to=f"{HOME}/a/b") == "long=1; long2=1; middle=1; root=1; root2=1"


def test_a_cookie_that_is_set_again_keeps_its_place_where_its_value_stays() -> None:
    assert sent("a=1", "b=1", "a=1") == "a=1; b=1"
    assert sent("a=1", "b=1", "a=2") == "b=1; a=2", (
        "as in Chromium; the draft (section 5.7, step 23) keeps the place"
    )
    assert sent("a=1", "b=1", "a=2; Path=/x", to=f"{HOME}/x") == "a=2; a=1; b=1"
    assert sent("a=1", "b=1", "a=; Max-Age=0", "a=3") == "b=1; a=3", "one that was deleted is a new one"


def test_what_a_person_puts_in_takes_the_place_of_what_was_set() -> None:
    cookies = Cookies()
    cookies.hear(HOME, ["a=1; Path=/; Max-Age=60"])
    cookies.set(Cookie("a", "2", "localhost"))
    assert cookies.get("a", "localhost") == "2" and cookies.get("b", "localhost") is None
    assert cookies.get("a", "127.0.0.1") is None
    assert cookies.header(HOME, "GET", from_another_site=False) == "a=2"


def test_a_response_may_set_many_cookies() -> None:
    many: Iterable[str] = (f"c{number}={number}" for number in range(200))
    assert sent(*many).count(";") == 199
