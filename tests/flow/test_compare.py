"""Two flows held against each other: the first message where they part is named, in words that help."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from workbook.course.places import DIAGRAMS
from workbook.flow.compare import Mode, compare, side_by_side, stacked
from workbook.flow.drawn import Arrow, arrows
from workbook.flow.mermaid import from_mermaid, to_mermaid
from workbook.flow.messages import EVE, Flow

BOTH: tuple[Mode, ...] = ("strict", "protocol")


def ask(path: str, by: str = "app", of: str = "twitter", **details: str) -> Arrow:
    return Arrow(by, of, True, path, tuple(details.items()))


def answer(title: str, by: str = "twitter", to: str = "app", **details: str) -> Arrow:
    return Arrow(by, to, False, title, tuple(details.items()))


LOGIN = (
    ask("GET /login", "browser", "app"),
    ask("POST /oauth/request_token", oauth_callback="http://localhost:5000/cb", oauth_nonce="‹nonce›"),
    answer("200 OK", oauth_token="‹request token›"),
    answer("302 Found, to Twitter /oauth/authenticate", "app", "browser", oauth_token="‹request token›"),
    ask("GET /oauth/authenticate", "browser", "twitter", oauth_token="‹request token›"),
    answer("200 OK", "twitter", "browser", page="Authorize?"),
    ask("GET /cb", "browser", "app", oauth_token="‹request token›", oauth_verifier="‹verifier›"),
    ask("POST /oauth/access_token", oauth_token="‹request token›", oauth_verifier="‹verifier›"),
    answer("200 OK", oauth_token="‹access token›"),
    answer("302 Found, to /welcome", "app", "browser"),
)


LONGER = (
    *LOGIN,
    ask("GET /welcome", "browser", "app"),
    ask("GET /me"),
    answer("200 OK"),
    answer("200 OK", "app", "browser"),
)
BROKEN = answer("500 Internal Server Error", "app", "browser")
FRONT = answer("302 Found, to /", "app", "browser")


TOKEN = "Your app → Twitter: POST /oauth/access_token"
SWAPPED = "Expected was Twitter → Your app: 200 OK; it was Your app → Browser: 302 Found, to Twitter"


def changed(index: int, **change: object) -> tuple[Arrow, ...]:
    return (*LOGIN[:index], replace(LOGIN[index], **change), *LOGIN[index + 1 :])  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", BOTH)
@pytest.mark.parametrize("name", ["sign_in", "refusal"])
def test_a_flow_is_equal_to_itself_and_to_its_kept_diagram(
    flows: dict[str, Flow], name: str, mode: Mode
) -> None:
    flow = flows[name]
    kept = from_mermaid((DIAGRAMS / f"01_twitter_login.{name}.mmd").read_text(encoding="utf-8"))
    for other in (flow, arrows(flow), from_mermaid(to_mermaid(flow)), kept):
        assert compare(flow, other, mode) is None and compare(other, flow, mode) is None
    assert compare((), (), mode) is None


@pytest.mark.parametrize("mode", BOTH)
def test_another_flow_parts_where_the_person_decides(flows: dict[str, Flow], mode: Mode) -> None:
    difference = compare(flows["sign_in"], flows["refusal"], mode)
    assert difference is not None
    assert difference.expected == arrows(flows["sign_in"])[difference.expected_index or 0]
    assert difference.actual == arrows(flows["refusal"])[difference.actual_index or 0]
    wanted = {
        "strict": "Message 9 (Browser → Twitter: POST /oauth/authenticate) is the first that differs. "
        "Expected was decision=allow; it was decision=refuse.",
        "protocol": "Message 11 (Browser → Your app: GET /auth/twitter/callback) is the first that differs. "
        "Expected was oauth_token=‹request token›; it was no oauth_token.",
    }
    assert difference.sentence == wanted[mode]


@pytest.mark.parametrize(
    ("actual", "mode", "places", "says"),
    [
        # missing
        (LOGIN[:7], "strict", (7, None), f"Nothing more was said. Next would be: {TOKEN}."),
        (LOGIN[:7], "protocol", (7, None), f"Nothing more was said. Next would be: {TOKEN}."),
        ((), "strict", (0, None), "Next would be: Browser → Your app: GET /login."),
        ((), "protocol", (1, None), "Next would be: Your app → Twitter: POST /oauth/request_token."),
        (LOGIN[1:], "strict", (0, 0), "Message 1 is the first that differs. Expected was Browser → Your"),
        ((*LOGIN[:2], *LOGIN[3:]), "protocol", (2, 2), "it was Your app → Browser: 302 Found"),
        # extra
        ((*LOGIN, LOGIN[0]), "strict", (None, 10), "Message 11 is one too many: Browser → Your app: GET /login."),
        ((LOGIN[0], *LOGIN), "strict", (1, 1), "Message 2 is the first that differs."),
        ((*LOGIN[:8], *LOGIN[7:]), "protocol", (8, 8), "it was Your app → Twitter: POST /oauth/access_token."),
        # swapped
        ((*LOGIN[:2], LOGIN[3], LOGIN[2], *LOGIN[4:]), "strict", (2, 2), SWAPPED),
        ((*LOGIN[:2], LOGIN[3], LOGIN[2], *LOGIN[4:]), "protocol", (2, 2), SWAPPED),
        # a parameter that is another, is missing, is one too many
        (changed(1, details=(("oauth_callback", "oob"), ("oauth_nonce", "‹nonce›"))), "protocol", (1, 1),
         "Message 2 (Your app → Twitter: POST /oauth/request_token) is the first that differs. "
         "Expected was oauth_callback=http://localhost:5000/cb; it was oauth_callback=oob."),
        (changed(7, details=LOGIN[7].details[:1]), "protocol", (7, 7),
         "Expected was oauth_verifier=‹verifier›; it was no oauth_verifier."),
        (changed(7, details=(("oauth_token", "‹unknown token›"), LOGIN[7].details[1])), "protocol", (7, 7),
         "it was oauth_token=‹unknown token›."),
        (changed(0, details=(("next", "/"),)), "strict", (0, 0), "Expected was no next; it was next=/."),
        # an answer in the place of a request, another receiver
        (changed(1, is_request=False), "strict", (1, 1), "Message 2 is the first that differs."),
        (changed(7, receiver="github"), "protocol", (7, 7), f"Expected was {TOKEN}; it was Your app → GitHub"),
        (changed(8, title="401 Unauthorized"), "protocol", (8, 8), "it was Twitter → Your app: 401 Unauthorized."),
        # all is said as it should be, and then the app breaks
        (changed(9, title="500 Internal Server Error"), "protocol", (9, 9), "it was Your app → Browser: 500 Internal"),
        ((*LOGIN[:9], ask("GET /me"), answer("200 OK"), answer("403 Forbidden", "app", "browser")), "protocol", (9, 11),
         "Message 12 is the first that differs. Expected was Your app → Browser: "),
        # the app breaks before something else would have been said
        ((*LOGIN[:3], answer("500 Internal Server Error", "app", "browser")), "protocol", (3, 3),
         "Message 4 is the first that differs. Expected was Your app → Browser: 302 Found, to Twitter"),
        ((LOGIN[0], answer("500 Internal Server Error", "app", "browser")), "protocol", (1, 1),
         "Expected was Your app → Twitter: POST /oauth/request_token; it was Your app → Browser: 500"),
        (LOGIN[:1], "protocol", (1, None), "Next would be: Your app → Twitter: POST /oauth/request_token."),
    ],
)  # fmt: skip
def test_the_first_message_where_they_part_is_named(
    actual: tuple[Arrow, ...], mode: Mode, places: tuple[int | None, int | None], says: str
) -> None:
    difference = compare(LOGIN, actual, mode)
    assert difference is not None
    assert (difference.expected_index, difference.actual_index) == places
    assert says in difference.sentence and "\n" not in difference.sentence
    for index, arrow, flow in (
        (places[0], difference.expected, LOGIN),
        (places[1], difference.actual, actual),
    ):
        assert arrow == (None if index is None else flow[index])


@pytest.mark.parametrize(
    "actual",
    [
        changed(0, title="GET /sign-in"),
        changed(1, title="GET /oauth/request_token"),
        changed(1, details=(*LOGIN[1].details[::-1], ("x_auth_access_type", "read"))),
        changed(
            1, details=(("oauth_callback", "http://localhost:5000/cb?next=/"), ("oauth_nonce", "‹nonce›"))
        ),
        changed(3, title="303 See Other, to Twitter /oauth/authenticate"),
        changed(3, title="308 Permanent Redirect, to Twitter /oauth/authenticate"),
        changed(3, title="302 Found, to Twitter /oauth/authorize"),
        changed(5, details=(("page", "Autorizar?"),)),
        changed(8, details=(*LOGIN[8].details, ("oauth_callback_confirmed", "true"))),
        changed(9, title="200 OK", details=(("page", "Welcome"), ("sets cookie", "id"))),
        (*LOGIN, ask("GET /1.1/account/verify_credentials.json", oauth_token="‹access token›")),
        (ask("GET /", "browser", "app"), answer("200 OK", "app", "browser"), *LOGIN),
    ],
    ids=range(12),
)
def test_the_protocol_leaves_the_app_its_own_ways(actual: tuple[Arrow, ...]) -> None:
    assert compare(LOGIN, actual, "protocol") is None
    assert compare(LOGIN, actual, "strict") is not None


def test_what_a_drawing_had_no_room_for_is_no_difference() -> None:
    """Drawings cut long values; a flow that is held against one has them whole."""
    flow = changed(
        1, details=(("oauth_callback", "http://localhost:5000/" + "long" * 30), ("words", "a  b;c"))
    )
    flow = tuple(
        replace(arrow, details=tuple((k, " ".join(v.split())) for k, v in arrow.details)) for arrow in flow
    )
    for mode in BOTH:
        assert compare(from_mermaid(to_mermaid(flow)), flow, mode) is None


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [30, 60, 100, 200])
def test_side_by_side_fits_and_marks_the_two_that_part(width: int, unicode: bool) -> None:
    expected = changed(2, title="200 漢字")
    details = (("oauth_token", "x" * 300), ("smile", "😀 " * 40))
    actual = (*expected[:7], replace(LOGIN[7], title="POST /" + "字" * 40, details=details), *LOGIN[8:])
    difference = compare(expected, actual)
    assert difference is not None
    text = side_by_side(expected, actual, difference, width=width, unicode=unicode)
    lines = text.splitlines()
    assert max(map(cell_len, lines)) <= width
    bar, sign = ("│", "▶") if unicode else ("|", ">")
    rows = [line.split(f" {bar}") for line in lines[: 1 + len(LOGIN)]]
    assert [cell.strip() for cell in rows[0]] == ["Expected", "Yours"]
    marked = [number for number, row in enumerate(rows) if any(cell.strip().startswith(sign) for cell in row)]
    assert marked == [8] and all(cell.strip().startswith(sign) for cell in rows[8])
    assert len({cell_len(row[0]) for row in rows}) == 1, "the columns stand straight"
    below = stacked(text).splitlines()
    assert not any(bar in line for line in below) and max(map(cell_len, below)) <= width
    assert [line.strip() for line in below if line.strip() in ("Expected", "Yours")] == ["Expected", "Yours"]
    assert sum(line.startswith(sign) for line in below) == 2
    assert below[-4:] == lines[-4:]
    if unicode:
        assert "x" * 300 in "".join(line.strip() for line in lines), "the two that part are there in full"
    else:
        assert text.isascii()


def test_side_by_side_of_a_flow_that_ended_early() -> None:
    difference = compare(LOGIN, LOGIN[:2])
    assert difference is not None
    lines = side_by_side(LOGIN, LOGIN[:2], difference).splitlines()
    assert lines[3].startswith("▶ 3. Twitter → Your app: 200 OK") and lines[3].endswith("│")
    assert lines[-2:] == ["Expected, Twitter → Your app: 200 OK", "    oauth_token=‹request token›"]


def test_what_an_app_keeps_it_need_not_ask_again() -> None:
    first = from_mermaid((DIAGRAMS / "06_google_and_github.google.mmd").read_text(encoding="utf-8"))
    kept = [i for i, arrow in enumerate(first) if arrow.title.endswith(("openid-configuration", "/certs"))]
    second = [arrow for i, arrow in enumerate(first) if i not in kept and i - 1 not in kept]
    assert len(first) - len(second) == 4
    assert compare(first, second, "protocol") is None and compare(second, first, "protocol") is None
    assert compare(first, second, "strict") is not None
    broken = (*second[:-3], replace(second[-3], title="500 Internal Server Error"))
    difference = compare(first, broken, "protocol")
    assert difference is not None and "it was Your app → Browser: 500" in difference.sentence


def test_what_an_attacker_did_before_is_no_part_of_what_is_compared() -> None:
    forged = from_mermaid((DIAGRAMS / "03_facebook_login.forged.mmd").read_text(encoding="utf-8"))
    victims = [arrow for arrow in forged if EVE not in (arrow.sender, arrow.receiver)]
    assert 0 < len(victims) < len(forged)
    assert compare(forged, victims, "protocol") is None and compare(victims, forged, "protocol") is None
    assert compare(forged, victims, "strict") is not None


@pytest.mark.parametrize(
    ("actual", "places", "says"),
    [
        ((*LOGIN[:9], FRONT, ask("GET /", "browser", "app")), (9, 9), "302 Found, to /welcome; it was Your app"),
        ((*LOGIN, LONGER[10], BROKEN), (11, 11), "Your app → Twitter: GET /me; it was Your app → Browser: 500"),
        ((*LOGIN, LONGER[10], FRONT), (11, 11), "Your app → Twitter: GET /me; it was Your app → Browser: 302"),
        ((*LONGER[:13], BROKEN), (13, 13), "Expected was Your app → Browser: 200 OK; it was Your app → Browser: 500"),
        (LONGER[:11], (11, None), "Nothing more was said. Next would be: Your app → Twitter: GET /me."),
    ],
)  # fmt: skip
def test_what_the_app_answers_the_browser_counts_where_something_is_missing(
    actual: tuple[Arrow, ...], places: tuple[int, int | None], says: str
) -> None:
    difference = compare(LONGER, actual, "protocol")
    assert difference is not None
    assert (difference.expected_index, difference.actual_index) == places
    assert says in difference.sentence
