"""The book opens from a folder: every link and picture works, with no server and no script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from workbook.course.errors import WorkbookError
from workbook.course.places import DIAGRAMS, ROOT
from workbook.course.steps import all_steps
from workbook.web.book import LIST, write_book

from .browsing import chromium


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "a book"
    write_book(folder)
    return folder


def build_site(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    main = "from workbook.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", main, "build", "--site", str(folder), *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )


def test_every_link_and_picture_of_it_works(book: Path) -> None:
    pages = {file: HTMLParser(file.read_text(encoding="utf-8")) for file in book.glob("*.html")}
    linked: set[Path] = set()
    for file, page in pages.items():
        for node in page.css("[href], [src]"):
            target = node.attributes.get("href") or node.attributes.get("src") or ""
            parts = urlsplit(target)
            if parts.scheme:
                assert parts.scheme == "https", f"{file.name}: {target}"
                continue
            other = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            assert other.is_file() and other.is_relative_to(book), f"{file.name}: {target}"
            linked.add(other)
            if parts.fragment:
                assert pages[other].css_first(f'[id="{parts.fragment}"]'), f"{file.name}: {target}"
    # Each file can be reached, and each chapter and diagram is there.
    assert {file.resolve() for file in book.rglob("*") if file.is_file()} - linked == {book / LIST}
    assert {f"{step.name}.html" for step in all_steps()} <= {file.name for file in pages}
    assert {file.name for file in DIAGRAMS.glob("*.svg")} <= {file.name for file in linked}


def test_it_hides_no_hint_and_has_no_script(book: Path) -> None:
    for step in all_steps():
        page = HTMLParser((book / f"{step.name}.html").read_text(encoding="utf-8"))
        assert not page.css("script, style, [style], [hidden], [data-later]")
        for exercise in step.exercises:
            hints = page.css(f'[id="exercise-{exercise.id}"] > .hints > details.hint')
            assert len(hints) == len(exercise.hints)


@pytest.mark.browser
def test_it_is_readable_for_all(book: Path, shots: Path) -> None:
    with chromium() as browser:
        bare = browser.new_context(
            java_script_enabled=False, viewport={"width": 360, "height": 740}, color_scheme="dark"
        ).new_page()
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        asked: list[str] = []
        for one in (bare, page):
            one.on("request", lambda request: asked.append(request.url))
        for file in sorted(book.glob("*.html")):
            bare.goto(file.as_uri())
            bare.screenshot(path=shots / f"book-{file.stem}-phone-dark.png")
            page.goto(file.as_uri())
            empty = page.evaluate("[...document.images].filter(one => !one.naturalWidth).map(one => one.src)")
            assert not empty, f"{file.name}: {empty}"
            page.screenshot(path=shots / f"book-{file.stem}.png")
            bad = [
                f"{one['id']}: {one['nodes'][0]['html']}" for one in Axe().run(page).response["violations"]
            ]
            page.set_viewport_size({"width": 360, "height": 740})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), file.name
            page.set_viewport_size({"width": 1280, "height": 800})
            assert not bad, f"{file.name}: {bad}"
        # Folded hints are printed, too.
        page.goto((book / "01_twitter_login.html").as_uri())
        page.emulate_media(media="print")
        hint = page.locator(".hint p, .hint pre").first
        assert hint.bounding_box(), "a printed page leaves hints out"
        page.pdf(path=shots / "book-01.pdf")
        assert all(url.startswith(book.as_uri()) for url in asked)


def test_it_is_written_again_over_an_older_one(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "book"
    done = build_site(folder)
    assert done.returncode == 0 and str(folder / "index.html") in done.stdout
    (folder / "note.txt").write_text("of the reader's own")
    listed = (folder / LIST).read_text(encoding="utf-8")
    (folder / LIST).write_text(listed.replace('"index.html"', '"index.html", "old.html", "../kept.html"'))
    (folder / "old.html").write_text("of an older book")
    (folder.parent / "kept.html").write_text("outside")
    before = {file.name: file.read_bytes() for file in folder.glob("*.html") if file.name != "old.html"}
    write_book(folder)
    assert {file.name: file.read_bytes() for file in folder.glob("*.html")} == before
    assert (folder / "note.txt").is_file() and (folder.parent / "kept.html").is_file()
    assert (folder / LIST).read_text(encoding="utf-8") == listed


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    done = build_site(tmp_path)
    assert (
        done.returncode == 2
        and len(done.stderr.splitlines()) == 1
        and "none of them is a book" in done.stderr
    )
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(WorkbookError, match="is a file"):
        write_book(tmp_path / "thesis.txt")
    with pytest.raises(WorkbookError, match="cannot be"):
        write_book(tmp_path / "thesis.txt" / "book")
    (tmp_path / LIST).write_text("{")
    with pytest.raises(WorkbookError, match="damaged"):
        write_book(tmp_path)


def test_it_has_every_chapter_or_none(tmp_path: Path) -> None:
    for more in ("01", "--check"):
        done = build_site(tmp_path / "book", more)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "book").exists()
