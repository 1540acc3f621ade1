"""A flow as SVG, as wide as a page's column, so that its text is read at its own size.

Mermaid neither breaks a label into lines nor keeps to a width. A login came out up to 2206 units wide, and its text was
6 px high in the 838 px of a repository's page. Mermaid folds nothing, and knows no dark pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .drawn import Arrow, participants
from .folding import Label, LeftOut, labels

# Everything is in px. A phone turned sideways shows some 640 px: the text is still 11 px high there.
_WIDTH = 780
_TEXT, _LINE = 13.5, 18.0
_MARGIN, _BOX, _NUMBER = 10.0, 28.0, 22.0
_INDENT = 12.0  # of a line that goes on with the one before
_GAP = 14.0  # from one arrow to the next one's label
# After so much the participants' names come again: the screen no longer shows the first ones.
_PAGE = 760.0
# A label has at least this, however near its two ends are, and so much where the picture does not end before: then
# few values are broken.
_NARROWEST, _ROOMY = 250.0, 308.0
# And a page and a participant at least these.
_NARROWEST_PAGE, _NARROWEST_LANE = 300, 105

# How wide the characters from the blank to the tilde are, in thousandths of their size, in DejaVu Sans: no font that a
# page falls back to is wider, and PNGs are painted with it.
_WIDTHS = (
    *(318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337),
    *(636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531),
    *(1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787),
    *(603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500),
    *(500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612),
    *(635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838),
)
_KNOWN = {"‹": 400, "›": 400, "…": 1000}
_BOLD = 1.12

# On a dark page, and not in print. The light colours are attributes, for what knows no style sheets.
_DARK = """@media screen and (prefers-color-scheme: dark) {
#ID .ground { fill: #0d1117 } #ID .text { fill: #e6edf3 } #ID .folded { fill: #a9b4c2 }
#ID .line { stroke: #9db8e8 } #ID .head, #ID .number { fill: #9db8e8 } #ID .digits { fill: #0d1117 }
#ID .life { stroke: #4a5f85 } #ID .box { fill: #16233a; stroke: #6f8fc6 } }"""


def to_sequence_svg(arrows: Sequence[Arrow], title: str, own: str, left_out: Sequence[LeftOut] = ()) -> str:
    """The picture, without the arrows that are left out; the others keep their numbers. All its ids begin with `own`,
    so that two of them can be in one page."""
    return _Picture(arrows, title, own, left_out).svg()


def to_page_svg(arrows: Sequence[Arrow], title: str, own: str, width: int = _WIDTH) -> str:
    """The same picture as a part of a page that shows its title, and has its colours in a style sheet. It is `width` px
    wide, or as wide as its participants need. Each message is a `<g class="message" data-number="3">`, and in it is a
    `<rect class="hit">` as wide as the picture."""
    width = max(min(max(width, _NARROWEST_PAGE), _WIDTH), _NARROWEST_LANE * len(participants(arrows)))
    return _Picture(arrows, title, own, (), in_page=True, width=width).svg()


@dataclass(frozen=True)
class _Line:
    """One line of a label. `indent` is in px."""

    text: str
    kind: str
    indent: float
    bold: bool = False


class _Picture:
    def __init__(
        self,
        arrows: Sequence[Arrow],
        title: str,
        own: str,
        left_out: Sequence[LeftOut],
        *,
        in_page: bool = False,
        width: int = _WIDTH,
    ) -> None:
        self._arrows, self._title, self._own = arrows, title or "Sequence diagram", own
        self._left_out = left_out
        self._in_page = in_page
        self._people = participants(arrows)
        self._width = width
        # A name has several lines where its box would not leave the next one room.
        room = (self._width - 2 * _MARGIN) / max(len(self._people), 1) - 6
        self._names_in_lines = {
            name: [line for line, _ in wrapped(label, room - 20, bold=True)]
            for name, label in self._people.items()
        }
        self._box = _BOX + _LINE * (max(map(len, self._names_in_lines.values()), default=1) - 1)
        widths = [
            max(min(84.0, room), *(width_of(line, bold=True) + 20 for line in lines))
            for lines in self._names_in_lines.values()
        ] or [84.0]
        first, last = _MARGIN + widths[0] / 2, self._width - _MARGIN - widths[-1] / 2
        step = (last - first) / max(len(self._people) - 1, 1)
        self._x = {name: first + step * place for place, name in enumerate(self._people)}
        self._boxes = dict(zip(self._people, widths, strict=False))
        self._drawn: list[str] = []
        self._y = 0.0

    def svg(self) -> str:
        """The whole picture."""
        self._y = _MARGIN
        if not self._in_page:
            self._y += _LINE
            self._text(self._width / 2, self._y, self._title, "text", bold=True, middle=True)
            self._y += 12
        begin, last_names = self._y + self._box / 2, self._y
        self._names()
        instead = {part.first: part.instead for part in self._left_out}
        unseen = {number for part in self._left_out for number in part.numbers}
        made = labels(self._arrows, self._left_out)
        for number, (arrow, label) in enumerate(zip(self._arrows, made, strict=True), 1):
            if number in instead:
                self._instead(instead[number])
            if number in unseen:
                continue
            if self._y - last_names > _PAGE and number < len(self._arrows):
                self._y += _GAP
                last_names = self._y
                self._names()
            if self._in_page:
                self._grouped_message(number, arrow, label)
            else:
                self._message(number, arrow, label)
        self._y += _GAP
        if self._y - last_names > _PAGE / 6:
            self._names()
        height = round(self._y + _MARGIN)
        lives = "".join(
            f'<line class="life" x1="{_n(x)}" x2="{_n(x)}" y1="{_n(begin)}" y2="{_n(self._y - 4)}" stroke="#9db0cf"/>'
            for x in self._x.values()
        )
        own, box = self._own, f'width="{self._width}" height="{height}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{own}" {box} viewBox="0 0 {self._width} {height}" '
            f'role="{"group" if self._in_page else "img"}" '
            f'aria-labelledby="{own}-title {own}-desc" font-family="Helvetica, Arial, sans-serif" font-size="{_TEXT}">'
            f'<title id="{own}-title">{escape(self._title)}</title>'
            f'<desc id="{own}-desc">{escape(_told(self._arrows))}</desc>'
            f"{'' if self._in_page else self._style()}"
            f'<rect class="ground" x="0" y="0" {box} fill="#ffffff"/>{lives}{"".join(self._drawn)}</svg>\n'
        )

    def _style(self) -> str:
        return f"<style>{_DARK.replace('ID', self._own)}</style>"

    def _grouped_message(self, number: int, arrow: Arrow, label: Label) -> None:
        begin, place = self._y, len(self._drawn)
        self._message(number, arrow, label)
        size = f'width="{self._width}" height="{_n(self._y - begin)}"'
        hit = f'<rect class="hit" x="0" y="{_n(begin + 6)}" {size} fill="none" pointer-events="all"/>'
        self._drawn.insert(place, f'<g class="message" data-number="{number}">{hit}')
        self._drawn.append("</g>")

    def _names(self) -> None:
        """The row of the participants' names."""
        for name, x in self._x.items():
            width = self._boxes[name]
            self._drawn.append(
                f'<rect class="box" x="{_n(x - width / 2)}" y="{_n(self._y)}" width="{_n(width)}" '
                f'height="{_n(self._box)}" rx="3" fill="#eef3fb" stroke="#3b5b92"/>'
            )
            lines = self._names_in_lines[name]
            first = self._y + self._box / 2 + 5 - _LINE * (len(lines) - 1) / 2
            for place, line in enumerate(lines):
                self._text(x, first + _LINE * place, line, "text", bold=True, middle=True)
        self._y += self._box

    def _instead(self, text: str) -> None:
        """A line across the picture, in the place of arrows."""
        self._y += _GAP
        width = width_of(text) + 20
        self._drawn.append(
            f'<rect class="ground" x="{_n((self._width - width) / 2)}" y="{_n(self._y)}" width="{_n(width)}" '
            f'height="{_n(_LINE + 4)}" fill="#ffffff"/>'
        )
        self._y += _LINE
        self._text(self._width / 2, self._y - 3, text, "folded", middle=True)
        self._y += 4

    def _message(self, number: int, arrow: Arrow, label: Label) -> None:
        """One arrow, under its label; its number is at the label's beginning, on the line of the left one."""
        left, right = sorted((self._x[arrow.sender], self._x[arrow.receiver]))
        right = right if right > left else min(left + 60, self._width - _MARGIN)
        begin = left + _NUMBER / 2 + 6
        room = max(right - 8 - begin, min(_ROOMY, self._width - _MARGIN - begin), _NARROWEST)
        begin = min(begin, self._width - _MARGIN - room)
        lines = [
            _Line(text, "text", indent, bold=True) for text, indent in wrapped(label.title, room, bold=True)
        ]
        for kind, texts in (("text", label.details), ("folded", label.folded)):
            lines += [_Line(text, kind, indent) for one in texts for text, indent in wrapped(one, room)]
        self._y += _GAP
        self._ground(begin, lines)
        self._number(begin - 6 - _NUMBER / 2, number)
        for line in lines:
            self._y += _LINE
            self._text(begin + line.indent, self._y - 4, line.text, line.kind, bold=line.bold)
        self._y += 7
        self._line(left, right, arrow)

    def _ground(self, x: float, lines: list[_Line]) -> None:
        """Takes away the others' lines behind a label that is wider than its arrow, or longer than to the next one."""
        width = max(line.indent + width_of(line.text, bold=line.bold) for line in lines)
        if any(x - 4 < life < x + width + 4 for life in self._x.values()):
            self._drawn.append(
                f'<rect class="ground" x="{_n(x - 3)}" y="{_n(self._y)}" width="{_n(width + 6)}" '
                f'height="{_n(_LINE * len(lines))}" fill="#ffffff"/>'
            )

    def _number(self, x: float, number: int) -> None:
        width = max(_NUMBER, width_of(str(number), bold=True) + 6)
        self._drawn.append(
            f'<rect class="number" x="{_n(x - width / 2)}" y="{_n(self._y - 1)}" width="{_n(width)}" height="19" '
            'rx="9" fill="#3b5b92"/>'
        )
        self._text(x, self._y + 13.5, str(number), "digits", bold=True, middle=True, fill="#ffffff")

    def _line(self, left: float, right: float, arrow: Arrow) -> None:
        """A request: a full line and a filled head. A response: dots and an open head."""
        to_the_right = arrow.sender == arrow.receiver or self._x[arrow.receiver] == right
        end, back = (right, -9.0) if to_the_right else (left, 9.0)
        dots = "" if arrow.is_request else ' stroke-dasharray="3 3"'
        y = self._y
        self._drawn.append(
            f'<line class="line" x1="{_n(left)}" y1="{_n(y)}" x2="{_n(right)}" y2="{_n(y)}" stroke="#3b5b92" '
            f'stroke-width="1.5"{dots}/>'
        )
        corners = f"{_n(end + back)} {_n(y - 4.5)} {_n(end)} {_n(y)} {_n(end + back)} {_n(y + 4.5)}"
        if arrow.is_request:
            self._drawn.append(f'<polygon class="head" points="{corners}" fill="#3b5b92"/>')
        else:
            self._drawn.append(
                f'<polyline class="line" points="{corners}" fill="none" stroke="#3b5b92" stroke-width="1.5"/>'
            )

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        kind: str,
        *,
        bold: bool = False,
        middle: bool = False,
        fill: str | None = None,
    ) -> None:
        fill = fill or ("#57606a" if kind == "folded" else "#1b2a41")
        more = (' font-weight="bold"' if bold else "") + (' text-anchor="middle"' if middle else "")
        self._drawn.append(
            f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}" fill="{fill}"{more}>{escape(text, quote=False)}</text>'
        )


def _told(arrows: Sequence[Arrow]) -> str:
    """The flow in words, for those who do not see the picture."""
    people = participants(arrows)
    said = [f"{len(arrows)} messages."]
    for number, arrow in enumerate(arrows, 1):
        names = ", ".join(name for name, _ in arrow.details)
        ends = f"{people[arrow.sender]} to {people[arrow.receiver]}"
        said.append(f"{number}. {ends}: {arrow.title}{f' ({names})' if names else ''}.")
    return " ".join(said)


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def width_of(text: str, *, bold: bool = False) -> float:
    """How wide a text is, in px."""
    thousandths = sum(
        _WIDTHS[ord(character) - 32] if " " <= character <= "~" else _KNOWN.get(character, 1000)
        for character in text
    )
    return thousandths / 1000 * _TEXT * (_BOLD if bold else 1.0)


def wrapped(text: str, room: float, *, bold: bool = False) -> list[tuple[str, float]]:
    """Text in lines that are so wide (px), each with its indent. A line ends at a blank outside of ‹…›.

    In a word that is too long for a line, it ends after one of / & ? = _.
    """
    lines = [""]

    def fits(more: str) -> bool:
        return width_of(lines[-1] + more, bold=bold) <= room - (_INDENT if len(lines) > 1 else 0)

    for word in re.findall(r"\s*(?:‹[^‹›]*›|\S)+", text):
        if fits(word):
            lines[-1] += word
            continue
        if width_of(word.strip(), bold=bold) <= room - _INDENT:
            lines.append(word.strip())
            continue
        for piece in re.findall(r"(?:\w+://)?(?:[^/&?=_]*[/&?=_]+|[^/&?=_]+)", word):
            for part in [piece] if width_of(piece, bold=bold) <= room - _INDENT else piece:
                if lines[-1] and not fits(part):
                    lines.append("")
                lines[-1] += part if lines[-1] else part.lstrip()
    return [(line, _INDENT if number else 0.0) for number, line in enumerate(lines)]
