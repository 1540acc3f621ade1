"""A flow as Mermaid's text, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from html.entities import html5

from .drawn import LABELS, Arrow, arrows, participants
from .messages import Flow

# Longer lines are broken or cut, so that a picture stays readable (characters).
LONGEST_VALUE = 66


class MermaidError(ValueError):
    """A line of a diagram that is no Mermaid. `number` counts from 1."""

    def __init__(self, number: int, line: str, wrong: str) -> None:
        super().__init__(f"line {number}, '{shortened(line.strip())}': {wrong}")
        self.number = number
        self.line = line
        self.wrong = wrong


def to_mermaid(flow: Flow | Sequence[Arrow], title: str | None = None) -> str:
    """A sequence diagram of a flow: the same text for the same flow."""
    drawn = arrows(flow) if isinstance(flow, Flow) else tuple(flow)
    title = title if title is not None else flow.title if isinstance(flow, Flow) else ""
    lines = ["sequenceDiagram"]
    if title:
        lines.append(f"    title {_escaped(title)}")
    lines.append("    autonumber")
    lines += [f"    participant {name} as {_escaped(label)}" for name, label in participants(drawn).items()]
    for arrow in drawn:
        line = "->>" if arrow.is_request else "-->>"
        label = [_escaped(arrow.title)]
        for name, value in arrow.details:
            label.append(f"{_escaped(name).replace('=', _EQUALS)}={_escaped(shortened(value))}")
        lines.append(f"    {arrow.sender}{line}{arrow.receiver}: {'<br/>'.join(label)}")
    return "\n".join(lines) + "\n"


def shortened(value: str) -> str:
    """A value cut to what a picture has room for."""
    return value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"


# Characters that mean something to Mermaid, or to the HTML that it makes of a label.
_SPECIAL = {
    "#": "#35;",
    ";": "#59;",
    "<": "#lt;",
    ">": "#gt;",
    '"': "#quot;",
    "&": "#amp;",
    "%": "#37;",
    "\\": "#92;",
    "$": "#36;",
}
# The first = of a line parts a name from its value.
_EQUALS = "#61;"


def _escaped(text: str) -> str:
    text = " ".join(text.split())
    return "".join(_SPECIAL.get(character, character) for character in text)


def unescaped(text: str) -> str:
    """Text as it was before it was put into a diagram. Mermaid writes HTML's character references with #, not &."""
    return re.sub(r"#(\d{1,7}|\w{1,32});", _character, text)


def _character(found: re.Match[str]) -> str:
    return unescape(f"&#{found[1]};") if found[1].isdecimal() else html5.get(f"{found[1]};", found[0])


_ARROW = re.compile(
    r"(?P<sender>[^-:+]+?)\s*(?P<line>--?>>?|--?[x)])\s*[+-]?\s*(?P<receiver>[^-:]+?)\s*:\s*(?P<label>.*)"
)
_PARTICIPANT = re.compile(r"(?:participant|actor)\s+(?P<name>[^\s:]+)(?:\s+as\s+(?P<label>.+))?")
_PASSED_OVER = re.compile(
    r"(%%.*|title\b.*|autonumber\b.*|note\b.*|activate\b.*|deactivate\b.*|rect\b.*|loop\b.*|alt\b.*|else\b.*|opt\b.*"
    r"|end|box\b.*|accTitle\b.*|accDescr\b.*|---)?",
    re.IGNORECASE,
)


def from_mermaid(text: str) -> tuple[Arrow, ...]:
    """The arrows of a sequence diagram, as to_mermaid writes it or as a person does.

    MermaidError names the first line that is none.
    """
    # Windows' Notepad may begin a file with a byte order mark.
    numbered = enumerate(text.removeprefix("\ufeff").splitlines(), 1)
    lines = [(number, " ".join(line.split())) for number, line in numbered]
    rest = [(number, line) for number, line in lines if not re.fullmatch(r"(%%.*)?", line)]
    if not rest:
        raise MermaidError(1, "", "the diagram is empty; it begins with the line sequenceDiagram")
    if rest[0][1] != "sequenceDiagram":
        raise MermaidError(*rest[0], "the first line has to be sequenceDiagram")
    by_label = {label.lower(): name for name, label in LABELS.items()}
    names: dict[str, str] = {}
    drawn = []
    for number, line in rest[1:]:
        if participant := _PARTICIPANT.fullmatch(line):
            label = participant["label"] or participant["name"]
            names[participant["name"]] = by_label.get(unescaped(label).strip().lower(), participant["name"])
        elif arrow := _ARROW.fullmatch(line):
            drawn.append(_read(arrow, names, by_label))
        elif not _PASSED_OVER.fullmatch(line):
            raise MermaidError(
                number,
                line,
                "this is no arrow. An arrow looks like browser->>app: GET /login, or app-->>browser: 200 OK",
            )
    return tuple(drawn)


def _read(arrow: re.Match[str], names: dict[str, str], by_label: dict[str, str]) -> Arrow:
    title, *details = re.split(r"<br\s*/?>", arrow["label"])
    parted = (detail.partition("=") for detail in details)
    pairs = tuple((unescaped(name).strip(), unescaped(value).strip()) for name, _, value in parted)

    def who(word: str) -> str:
        return names.get(word.strip()) or by_label.get(word.strip().lower(), word.strip())

    return Arrow(
        who(arrow["sender"]),
        who(arrow["receiver"]),
        not arrow["line"].startswith("--"),
        unescaped(title).strip(),
        pairs,
    )
