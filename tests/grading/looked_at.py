"""The pages of a report in a real browser: readable for all, and asking for nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.web.browsing import chromium

SIZES = {"wide": (1280, 900), "phone": (390, 844)}


@contextmanager
def opened() -> Iterator[Page]:
    """A page of Chromium."""
    with chromium() as browser:
        yield browser.new_context().new_page()


def assert_for_all(page: Page, file: Path, shots: Path, *, long: bool = False) -> None:
    """Wide and narrow, light and dark: nothing sticks out, axe finds nothing, the page asks for nothing but itself, and
    its own policy stops nothing that it needs. Of a `long` page axe reads one form, and the top is photographed."""
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
    page.goto(file.as_uri())
    # It has its style, so the policy allows it.
    assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"
    assert set(asked) == {file.as_uri()} and not said, (asked, said)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{file.name} {size}"
            page.screenshot(path=shots / f"{file.stem}-{size}-{scheme}.png", full_page=not long)
            if (scheme, size) not in (("light", "wide"), ("dark", "phone"))[: 1 if long else 2]:
                continue
            found = Axe().run(page).response["violations"]
            bad = [f"{one['id']}: {one['help']} {[n['html'] for n in one['nodes']][:3]}" for one in found]
            assert not bad, f"{file.name} {size} {scheme}\n" + "\n".join(bad)
    page.emulate_media(media="print", color_scheme="light")
    page.pdf(path=shots / f"{file.stem}.pdf")
    page.emulate_media(media="screen")
    assert set(asked) == {file.as_uri()}, asked


def shots_in(folder: Path) -> Path:
    """Where screenshots go: to the folder that SCREENSHOTS names, for whoever wants to look at them."""
    shots = Path(os.environ.get("SCREENSHOTS", folder / "shots"))
    shots.mkdir(parents=True, exist_ok=True)
    return shots
