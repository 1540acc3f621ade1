"""A chapter as the parts of a page: its text, its pictures, and its exercises with their hints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from workbook.checks.repeated import left_out
from workbook.course.places import CHAPTERS, DIAGRAMS
from workbook.course.steps import Exercise

# The picture of a flow without anything left out has this in its name. The name in diagrams/ has no such file.
WHOLE = ".whole.svg"


@dataclass(frozen=True)
class Links:
    """Where a chapter's links lead in some pages: forms of URLs, with `{}` for a name.

    `step` is for a step's chapter, `page` for another page in a step's folder, `diagram` for a picture. `hosts` are the
    beginnings of URLs in the chapters, each with the beginning that takes its place, such as a port that was chosen,
    or None where the pages do not have it. A link that leads nowhere in the pages becomes text.
    """

    step: str
    page: str
    glossary: str
    diagram: str
    hosts: tuple[tuple[str, str | None], ...] = ()

    def to_url(self, url: str) -> str | None:
        """The URL that an absolute link leads to; None where the pages do not have it."""
        for host, ours in self.hosts:
            if url == host or url.startswith((f"{host}/", f"{host}:")):
                return None if ours is None else ours + url.removeprefix(host)
        return url

    def to_file(self, file: Path) -> str | None:
        """The URL of a file of the repository; None where the pages do not have the file."""
        if not file.is_file():
            return None
        if file == CHAPTERS / "GLOSSARY.md":
            return self.glossary
        if file.parent == DIAGRAMS and file.suffix in (".svg", ".mmd"):
            whole = file.suffix == ".mmd" and left_out(file.stem)
            return self.diagram.format(file.stem + (WHOLE if whole else ".svg"))
        if file.parent.parent == CHAPTERS and file.suffix == ".md":
            step = file.parent.name
            return self.step.format(step) if file.name == "README.md" else self.page.format(step, file.stem)
        return None


@dataclass(frozen=True)
class Text:
    """A piece of a chapter outside the exercises, as HTML."""

    html: Markup


@dataclass(frozen=True)
class Task:
    """An exercise in its place: the id of its heading, its text, and its hints, each as HTML."""

    exercise: Exercise
    anchor: str
    html: Markup
    hints: tuple[Markup, ...]


@dataclass(frozen=True)
class Chapter:
    """A page of the course. The title is not repeated in the parts."""

    title: str
    parts: tuple[Text | Task, ...]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The exercises."""
        return tuple(part for part in self.parts if isinstance(part, Task))


def read_chapter(file: Path, links: Links, exercises: Sequence[Exercise] = ()) -> Chapter:
    """Reads a page of the course. `exercises` are those that it has. No markup of the file's own gets into the HTML,
    other than folded parts and line breaks."""
    return _Reading(file, links, {exercise.id: exercise for exercise in exercises}).chapter()


_EXERCISE = re.compile(r"Exercise (\d+\.\d+): ")
_FOLD = re.compile(r"(<details>\s*<summary>.*?</summary>|</details>)", re.DOTALL)
_SUMMARY = re.compile(r"<summary>(.*?)</summary>", re.DOTALL)
# Marks for `release`, which a reader does not see.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FOLD_OPEN, _FOLD_CLOSE = "fold_open", "fold_close"


class _Reading:
    """Reads one file."""

    def __init__(self, file: Path, links: Links, exercises: dict[str, Exercise]) -> None:
        self.file = file
        self.links = links
        self.exercises = exercises
        self.title = file.stem
        self._parts: list[Text | Task] = []
        self._slugs: dict[str, int] = {}
        self._markdown = MarkdownIt("commonmark", renderer_cls=_Renderer).enable("table")

    def chapter(self) -> Chapter:
        tokens = list(_with_folds(self._markdown.parse(self.file.read_text(encoding="utf-8"))))
        held: list[Token] = []
        task: tuple[Exercise, str] | None = None
        numbers = iter(range(len(tokens)))
        for number in numbers:
            token = tokens[number]
            if token.type != "heading_open" or token.level:
                held.append(token)
                continue
            words = tokens[number + 1].content
            anchor = self._slug(words)
            if token.tag in ("h1", "h2", "h3"):
                self._end(task, held)
                held, task = [], None
            found = _EXERCISE.match(words)
            if token.tag == "h1" or (found and found[1] in self.exercises):
                next(numbers), next(numbers)  # its words, and its end
                if found:
                    task = self.exercises[found[1]], anchor
                else:
                    self.title = words
            else:
                token.attrSet("id", anchor)
                held.append(token)
        self._end(task, held)
        return Chapter(self.title, tuple(self._parts))

    def _end(self, task: tuple[Exercise, str] | None, tokens: list[Token]) -> None:
        if task is None:
            if tokens:
                self._parts.append(Text(self._html(tokens)))
            return
        text: list[Token] = []
        hints: list[list[Token]] = []
        inside = text
        for token in tokens:
            if token.type == _FOLD_OPEN:
                inside = []
                hints.append(inside)
            elif token.type == _FOLD_CLOSE:
                inside = text
            else:
                inside.append(token)
        self._parts.append(Task(*task, self._html(text), tuple(self._html(hint) for hint in hints)))

    def _html(self, tokens: list[Token]) -> Markup:
        for number, token in enumerate(tokens):
            self._resolve(token.children or ())
            if token.type == "th_open" and not tokens[number + 1].content:
                # A heading without words is none, for those who hear the table.
                token.tag = tokens[number + 2].tag = "td"
        return Markup(self._markdown.renderer.render(tokens, self._markdown.options, {}))

    def _resolve(self, tokens: Iterable[Token]) -> None:
        """Gives links and pictures their URLs."""
        opened: list[Token] = []
        before: Token | None = None
        for token in tokens:
            if token.type == "image":
                token.meta["url"], token.meta["file"] = self._target(str(token.attrs["src"]))
            elif token.type == "link_open":
                self._open(token)
                opened.append(token)
            elif token.type == "link_close":
                token.tag = opened.pop().tag
            elif token.type == "text" and before in opened and before is not None and before.info == "auto":
                token.content = self.links.to_url(token.content) or token.content
            before = token

    def _open(self, token: Token) -> None:
        written = str(token.attrs["href"])
        url, _ = self._target(written)
        if url is None:
            token.tag, token.attrs = "span", {}
            return
        token.attrSet("href", url)
        if re.match(r"https?:", written):
            ours = url != written or any(written.startswith(host) for host, _ in self.links.hosts)
            token.attrs.update({"target": "app"} if ours else {"target": "_blank", "rel": "noreferrer"})

    def _target(self, written: str) -> tuple[str | None, Path | None]:
        """The URL that a link of the file leads to, if there is one, and the file of the repository that it names."""
        if re.match(r"[a-z]+:|#", written):
            return self.links.to_url(written), None
        path, hash, anchor = written.partition("#")
        file = (self.file.parent / unquote(path)).resolve()
        url = self.links.to_file(file)
        return (url + hash + anchor if url is not None else None), file

    def _slug(self, words: str) -> str:
        """The id that a code host gives a heading: the chapters' links name it."""
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        count = self._slugs[slug] = self._slugs.get(slug, -1) + 1
        return f"{slug}-{count}" if count else slug


class _Renderer(RendererHTML):
    """markdown-it's HTML, but for what a page needs besides. Each method renders the token of its name."""

    def fence(self, tokens: Sequence[Token], number: int, *unused: object) -> str:
        token = tokens[number]
        return f'<pre tabindex="0"><code>{_coloured(token.content, token.info.strip())}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], number: int, *unused: object) -> str:
        return f'<pre tabindex="0"><code>{escape(tokens[number].content)}</code></pre>\n'

    def table_open(self, *unused: object) -> str:
        return '<div class="table" tabindex="0"><table>\n'

    def table_close(self, *unused: object) -> str:
        return "</table></div>\n"

    def image(self, tokens: Sequence[Token], number: int, *unused: object) -> str:
        token = tokens[number]
        url, file = token.meta["url"], token.meta["file"]
        alt = escape(token.content)
        if url is None:
            return alt
        size = size_of(file) if file else ""
        return f'<a class="picture" href="{escape(url)}"><img src="{escape(url)}" alt="{alt}"{size}></a>'

    def fold_open(self, tokens: Sequence[Token], number: int, *unused: object) -> str:
        return f"<details><summary>{escape(tokens[number].content)}</summary>\n"

    def fold_close(self, *unused: object) -> str:
        return "</details>\n"

    def html_block(self, tokens: Sequence[Token], number: int, *unused: object) -> str:
        return escape(_COMMENT.sub("", tokens[number].content).strip())

    def html_inline(self, tokens: Sequence[Token], number: int, *unused: object) -> str:
        content = _COMMENT.sub("", tokens[number].content)
        return content if content == "<br>" else escape(content)


def _with_folds(tokens: Iterable[Token]) -> Iterator[Token]:
    """The tokens, with two of their own for where a folded part begins and ends."""
    for token in tokens:
        if token.type != "html_block":
            yield token
            continue
        for piece in filter(str.strip, _FOLD.split(token.content)):
            if piece == "</details>":
                yield Token(_FOLD_CLOSE, "", -1)
            elif _FOLD.fullmatch(piece):
                summary = _SUMMARY.search(piece)
                yield Token(_FOLD_OPEN, "", 1, content=summary[1].strip() if summary else "")
            else:
                yield Token("html_block", "", 0, content=piece)


_FORMATTER = HtmlFormatter(nowrap=True)


def _coloured(code: str, language: str) -> str:
    try:
        lexer = get_lexer_by_name({"html": "html+jinja"}.get(language, language))
    except ClassNotFound:
        return escape(code)
    return str(highlight(code, lexer, _FORMATTER))


def size_of(svg: Path) -> str:
    """The attributes that say how large a picture is, so that what follows does not move when it has come."""
    return _size_at(svg, svg.stat().st_mtime_ns)


@cache
def _size_at(svg: Path, changed: int) -> str:
    found = re.search(r'<svg\b[^>]*? width="([\d.]+)" height="([\d.]+)"', svg.read_text(encoding="utf-8"))
    return f' width="{float(found[1]):.0f}" height="{float(found[2]):.0f}"' if found else ""
