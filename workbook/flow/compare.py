"""Holds one flow against another, and names the first message where they part."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, set_cell_size

from .drawn import LABELS, Arrow, arrows
from .mermaid import shortened
from .messages import APP, BROWSER, DATABASE, EVE, Flow
from .terminal import folded, in_ascii, one_line

Mode = Literal["strict", "protocol"]

# In the mode "protocol" only what every right solution has to say counts. Parameters by which its steps are known:
_COUNTS = {
    *("oauth_callback", "oauth_token", "oauth_verifier", "denied", "oauth_callback_confirmed"),
    *("redirect_uri", "code", "client_secret", "error"),
}
# A request of the browser's that belongs to the protocol brings one of these to the app.
_BROUGHT = {"oauth_verifier", "denied", "code", "error"}
# What an app asks for once, and then keeps (OpenID Connect Discovery 1.0 section 4, Core section 10.1.1).
_KEPT = ("/.well-known/openid-configuration", "/certs")
# Addresses that do the same.
_SAME = {"/oauth/authorize": "/oauth/authenticate"}


@dataclass(frozen=True)
class Difference:
    """Where two flows part: the places of the two messages (None where one flow has ended), and a sentence."""

    expected_index: int | None
    actual_index: int | None
    expected: Arrow | None
    actual: Arrow | None
    sentence: str


def compare(
    expected: Flow | Sequence[Arrow], actual: Flow | Sequence[Arrow], mode: Mode = "strict"
) -> Difference | None:
    """The first difference; None where there is none.

    "strict" compares everything that is drawn. "protocol" compares what any right solution has to say, in whatever
    words: not its own pages, not GET or POST, not the order of parameters, not what it asks beyond. But where the app
    answers with an error and was to answer with none, they part. What changes in a database is no message that anybody
    could compare, and takes no part in either.
    """
    first = _steps(expected, mode)
    second = _steps(actual, mode)
    for (i, wanted), (j, came) in zip(first, second, strict=False):
        sentence = _difference(wanted, came, j, mode)
        if sentence:
            return Difference(i, j, wanted, came, sentence)
    if len(first) > len(second):
        i, wanted = first[len(second)]
        if mode == "protocol":
            alike = (first[len(second) - 1][0], second[-1][0]) if second else None
            said = _pages_before(expected, actual, alike, i)
            if said is not None:
                return said
        return Difference(i, None, wanted, None, f"Nothing more was said. Next would be: {one_line(wanted)}.")
    if len(second) > len(first) and mode == "strict":
        j, came = second[len(first)]
        return Difference(None, j, None, came, f"Message {j + 1} is one too many: {one_line(came)}.")
    return _error_at_the_end(expected, actual, [i for i, _ in first], [j for j, _ in second])


def _pages_before(
    expected: Flow | Sequence[Arrow],
    actual: Flow | Sequence[Arrow],
    alike: tuple[int, int] | None,
    missing: int,
) -> Difference | None:
    """Where the app's answers to the browser part, before the message that is missing at the place `missing`. Up to the
    two places in `alike` the flows are alike. None where the app has said no other thing than was expected."""
    wanted, came = (_drawn(expected), _drawn(actual))
    if alike is None:
        # Where a flow begins is a matter of its own, and pages that are shown before a login are, too.
        j = next(
            (j for j, arrow in enumerate(came) if _is_page(arrow) and not arrow.title.startswith("2")), None
        )
        return None if j is None else _instead(missing, wanted, j, came)
    after, since = alike
    pages = [i for i in range(after + 1, len(wanted)) if _is_page(wanted[i])]
    answers = [j for j in range(since + 1, len(came)) if _is_page(came[j])]
    for place, j in enumerate(answers):
        i = pages[place] if place < len(pages) else missing
        if i < missing and _title(wanted[i], "protocol") == _title(came[j], "protocol"):
            continue
        return _instead(min(i, missing), wanted, j, came)
    return None


def _error_at_the_end(
    expected: Flow | Sequence[Arrow], actual: Flow | Sequence[Arrow], first: list[int], second: list[int]
) -> Difference | None:
    """The error that the app answered the browser with, where all else was said as it should be. `first` and `second`
    are the places of what was compared and is alike."""
    wanted, came = (_drawn(expected), _drawn(actual))
    if any(map(_is_error, wanted)):
        return None
    for j, error in enumerate(came):
        if _is_error(error):
            said = sum(place < j for place in second[: len(first)])
            begin, since = (first[said - 1] + 1, second[said - 1] + 1) if said else (0, 0)
            # What the app has answered in between has its place, too.
            earlier = sum(map(_is_page, came[since:j]))
            pages = [i for i in range(begin, len(wanted)) if _is_page(wanted[i])]
            if not pages:
                return None
            return _instead(pages[min(earlier, len(pages) - 1)], wanted, j, came)
    return None


def _instead(i: int, wanted: Sequence[Arrow], j: int, came: Sequence[Arrow]) -> Difference:
    """The app said one thing instead of another."""
    sentence = f"Expected was {one_line(wanted[i])}; it was {one_line(came[j])}."
    return Difference(i, j, wanted[i], came[j], f"Message {j + 1} is the first that differs. {sentence}")


def _drawn(flow: Flow | Sequence[Arrow]) -> list[Arrow]:
    return list(arrows(flow) if isinstance(flow, Flow) else flow)


def _is_page(arrow: Arrow) -> bool:
    return (arrow.sender, arrow.receiver, arrow.is_request) == (APP, BROWSER, False)


def _is_error(arrow: Arrow) -> bool:
    return _is_page(arrow) and arrow.title[:1] in ("4", "5")


def _steps(flow: Flow | Sequence[Arrow], mode: Mode) -> list[tuple[int, Arrow]]:
    drawn = _drawn(flow)
    said = [(i, arrow) for i, arrow in enumerate(drawn) if arrow.receiver != DATABASE]
    if mode == "strict":
        return said
    kept = _kept_by_apps(drawn)
    return [(i, arrow) for i, arrow in said if i not in kept and _is_protocol(arrow)]


def _kept_by_apps(drawn: Sequence[Arrow]) -> set[int]:
    """The places of requests, with their answers, that an app need not make at each login."""
    places = set()
    for i, arrow in enumerate(drawn):
        if arrow.is_request and arrow.sender == APP and arrow.title.endswith(_KEPT):
            back = (arrow.receiver, APP, False)
            answers = (
                j
                for j in range(i + 1, len(drawn))
                if (drawn[j].sender, drawn[j].receiver, drawn[j].is_request) == back
            )
            places |= {i, *itertools.islice(answers, 1)}
    return places


def _is_protocol(arrow: Arrow) -> bool:
    ends = {arrow.sender, arrow.receiver}
    if EVE in ends:  # how she came by what she sends is the way there
        return False
    if ends - {BROWSER, APP}:
        # A page that Twitter shows to a person is Twitter's business, and so are the forms in it.
        return APP in ends or (arrow.is_request and arrow.title.startswith("GET"))
    if arrow.is_request:
        return bool(_BROUGHT & {name for name, _ in arrow.details})
    return any(
        f", to {label} " in arrow.title for name, label in LABELS.items() if name not in (BROWSER, APP)
    )


def _difference(wanted: Arrow, came: Arrow, place: int, mode: Mode) -> str | None:
    """What is said of two messages that stand in the same place; None where they are alike."""
    if (wanted.sender, wanted.receiver) != (came.sender, came.receiver) or _title(wanted, mode) != _title(
        came, mode
    ):
        said = f"Expected was {one_line(wanted)}; it was {one_line(came)}."
        return f"Message {place + 1} is the first that differs. {said}"
    names = dict.fromkeys([name for name, _ in (*wanted.details, *came.details)])
    for name in names:
        if mode == "protocol" and name not in _COUNTS:
            continue
        one, other = (_value(arrow, name, mode) for arrow in (wanted, came))
        if one != other and not (mode == "protocol" and one is None):
            return (
                f"Message {place + 1} ({one_line(came)}) is the first that differs. "
                f"Expected was {_said(name, one)}; it was {_said(name, other)}."
            )
    return None


def _title(arrow: Arrow, mode: Mode) -> str:
    if mode == "strict":
        return f"{arrow.is_request} {arrow.title}"
    title = re.sub(r"/v\d+\.\d+/", "/", re.sub(r"^(GET|POST) ", "", arrow.title))
    for one, other in _SAME.items():
        title = title.replace(one, other)
    # Any redirect is as good as another.
    return re.sub(r"^30[12378] [\w ]+,", "redirect,", title)


def _value(arrow: Arrow, name: str, mode: Mode) -> str | None:
    value = dict(arrow.details).get(name)
    # What was read from a drawing may have been cut there.
    value = value if value is None else shortened(value)
    if mode == "protocol" and value is not None and name in ("oauth_callback", "redirect_uri"):
        return value.partition("?")[0]
    return value


def _said(name: str, value: str | None) -> str:
    return f"no {name}" if value is None else f"{name}={value}"


def side_by_side(
    expected: Flow | Sequence[Arrow],
    actual: Flow | Sequence[Arrow],
    difference: Difference,
    *,
    width: int = 100,
    unicode: bool = True,
) -> str:
    """The two flows as lists beside each other, the first messages that part marked, and these two in full."""
    column = (width - 3) // 2
    bar = "│" if unicode else "|"
    left = _listed("Expected", expected, difference.expected_index, column, unicode)
    right = _listed("Yours", actual, difference.actual_index, column, unicode)
    rows = max(len(left), len(right))
    lines = [
        f"{set_cell_size(one, column)} {bar} {other}".rstrip()
        for one, other in zip(
            left + [""] * (rows - len(left)), right + [""] * (rows - len(right)), strict=True
        )
    ]
    for name, arrow in (("Expected", difference.expected), ("Yours", difference.actual)):
        if arrow is not None and arrow.details:
            shown = arrow if unicode else in_ascii(arrow)
            lines += folded(f"{name}, {one_line(shown, unicode=unicode)}", width)
            lines += [line for key, value in shown.details for line in folded(f"    {key}={value}", width)]
    return "\n".join(lines)


def stacked(beside: str) -> str:
    """What `side_by_side` gave, for a narrow screen: the expected flow first, and the other flow below it."""
    lines = beside.splitlines()
    heading = re.match(r"Expected +([│|]) ", lines[0]) if lines else None
    if heading is None:
        return beside
    place, bar = heading.start(1), heading[1]
    # A wide character takes two columns: its line has its bar one place earlier.
    table = list(itertools.takewhile(lambda line: bar in line[: place + 1], lines))
    rows = [line.partition(f" {bar}") for line in table]
    left = [one.rstrip() for one, _, _ in rows]
    right = [other.removeprefix(" ") for _, _, other in rows]
    return "\n".join([*filter(None, left), "", *filter(None, right), *lines[len(table) :]])


def _listed(
    heading: str, flow: Flow | Sequence[Arrow], mark: int | None, width: int, unicode: bool
) -> list[str]:
    drawn = _drawn(flow)
    sign = "▶" if unicode else ">"
    lines = [heading]
    for index, arrow in enumerate(drawn):
        line = f"{sign if index == mark else ' '}{index + 1:>2}. {one_line(arrow, unicode=unicode)}"
        end = "…" if unicode else ">"
        lines.append(line if cell_len(line) <= width else set_cell_size(line, width - 1) + end)
    return lines
