"""The reader's book: every chapter as a page that opens from a folder, with no server and no script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from workbook.course.errors import WorkbookError
from workbook.course.places import CHAPTERS, DIAGRAMS
from workbook.course.steps import Step, all_steps

from .chapter import Links, read_chapter, size_of
from .diagrams import names, picture, title_of, whole_of

# This file makes a folder a book of ours. It lists the book's files, so that a later book can remove them.
LIST = ".workbook-book.json"
_STYLES = ("desk.css", "chapter.css", "book.css")
_LINKS = Links(
    step="{}.html",
    page="{}.{}.html",
    glossary="glossary.html",
    diagram="diagrams/{}",
    hosts=(("http://localhost", None), ("http://127.0.0.1", None)),
)


@dataclass(frozen=True)
class _Shown:
    """A picture on the page of all diagrams. `size` is its attributes of width and height."""

    url: str
    title: str
    size: Markup
    whole: str | None


def write_book(folder: Path) -> int:
    """Writes the book into a folder that is new, empty, or has a book; gives the number of its pages.

    WorkbookError where the folder is something else, or cannot be written. Files that are not the book's are kept.
    """
    before = _files_before(folder)
    files = dict(_files())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The list comes first: where writing stops in the middle, the folder can be written again.
        _write(folder / LIST, json.dumps(sorted({*before, *files}), indent=1))
        for name, text in files.items():
            _write(folder / name, text)
        for name in before - files.keys():
            (folder / name).unlink(missing_ok=True)
        _write(folder / LIST, json.dumps(sorted(files), indent=1))
    except OSError as error:
        raise WorkbookError(f"{folder} cannot be written ({error.strerror}).") from None
    return sum(name.endswith(".html") for name in files)


def _files_before(folder: Path) -> set[str]:
    """The files of the book that is in a folder."""
    try:
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return set()
        if folder.is_dir():
            listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
            inside = folder.resolve()
            return {name for name in listed if (folder / name).resolve().is_relative_to(inside)}
    except FileNotFoundError:
        raise WorkbookError(
            f"{folder} has files in it, and none of them is a book. Name a new folder with --site."
        ) from None
    except (ValueError, TypeError):
        raise WorkbookError(f"{folder / LIST} is damaged. Name a new folder with --site.") from None
    except OSError as error:
        raise WorkbookError(f"{folder} cannot be read ({error.strerror}).") from None
    raise WorkbookError(f"{folder} is a file. Name a folder with --site.")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")


def _files() -> Iterator[tuple[str, str]]:
    """Every file of the book: its name and its text."""
    templates = Environment(loader=PackageLoader("workbook.web"), autoescape=True)

    def page(template: str, title: str, **values: object) -> str:
        return templates.get_template(f"book/{template}.html").render(title=title, styles=_STYLES, **values)

    def chapter(
        file: Path, step: Step | None = None, before: Step | None = None, after: Step | None = None
    ) -> str:
        read = read_chapter(file, _LINKS, step.exercises if step else ())
        return page("chapter", read.title, chapter=read, before=before, after=after)

    steps = all_steps()
    yield "index.html", page("index", "The Flask OAuth Workbook", steps=steps)
    for before, step, after in zip((None, *steps), steps, (*steps[1:], None), strict=False):
        yield f"{step.name}.html", chapter(step.chapter, step, before, after)
        for file in sorted(step.chapter.parent.glob("*.md")):
            if file != step.chapter:
                yield f"{step.name}.{file.stem}.html", chapter(file, before=step)
    yield "glossary.html", chapter(CHAPTERS / "GLOSSARY.md")
    yield "diagrams.html", page("diagrams", "Diagrams", shown=[(step, _pictures(step)) for step in steps])
    for name in names():
        for one in filter(None, (name, whole_of(name))):
            yield f"diagrams/{one}", picture(one) or ""
    static = Path(__file__).parent / "static"
    for style in _STYLES:
        yield style, (static / style).read_text(encoding="utf-8")


def _pictures(step: Step) -> list[_Shown]:
    """The pictures of a step, in the order in which its chapter has them."""
    chapter = step.chapter.read_text(encoding="utf-8")
    of_step = [name for name in names() if name.startswith(f"{step.name}.")]
    found = []
    for name in sorted(of_step, key=chapter.find):
        file, whole = DIAGRAMS / name, whole_of(name)
        title = title_of(file.read_text(encoding="utf-8"))
        url, whole_url = _LINKS.diagram.format(name), _LINKS.diagram.format(whole) if whole else None
        found.append(_Shown(url, title, Markup(size_of(file)), whole_url))
    return found
