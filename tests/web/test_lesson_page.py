"""The lesson in a real browser, beside the student's own app: a save, a verdict, a hint, a restart, no script."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from workbook.course.places import SOLUTIONS
from workbook.course.progress import FILE

from .browsing import chromium
from .starting import fresh_copy, started

pytestmark = pytest.mark.browser

STEP = "01_twitter_login"
SOLUTION = (SOLUTIONS / STEP / "app.py").read_text(encoding="utf-8")
GUARD = """\
    if resp is None:
        flash("You denied the request to sign in.")
        return redirect(url_for("index"))
"""
WIDE, HALF, PHONE = (1280, 800), (800, 800), (360, 740)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook of a student who is in step 01, with all of its exercises passed but 1.4."""
    copy = fresh_copy(tmp_path_factory.mktemp("student"))
    shutil.copytree(
        SOLUTIONS / STEP,
        copy / "chapters" / STEP,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (copy / "chapters" / STEP / "app.py").write_text(SOLUTION.replace(GUARD, ""), encoding="utf-8")
    return copy


def new_page(
    browser: Browser, size: tuple[int, int] = WIDE, scheme: str = "light", script: bool = True
) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=script,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    page.on("console", lambda said: ERRORS.append(said.text) if said.type == "error" else None)
    return page


# What goes wrong in a page, or breaks its Content-Security-Policy.
ERRORS: list[str] = []


@pytest.fixture(autouse=True)
def no_errors() -> Iterator[None]:
    ERRORS.clear()
    yield
    # A stopped workbook refuses the connection of a page that is still open.
    assert not [error for error in ERRORS if "ERR_CONNECTION" not in error and "ERR_INCOMPLETE" not in error]


def exercise(page: Page, id: str) -> Locator:
    return page.locator(f'[id="exercise-{id}"]')


def in_bar(page: Page, id: str) -> Locator:
    return page.locator(f'#verdicts a[data-exercise="{id}"]')


def test_a_wrong_edit_a_hint_and_the_right_edit(browser: Browser, clone: Path, shots: Path) -> None:
    assert GUARD in SOLUTION
    app = clone / "chapters" / STEP / "app.py"
    hints = clone / FILE.parent.name / FILE.name
    with started(clone, "01") as start:
        page = new_page(browser)
        page.goto(start.page)
        expect(in_bar(page, "1.4")).to_have_text("✗ 1.4 not passed")
        expect(in_bar(page, "1.4")).to_be_in_viewport(ratio=1)
        expect(in_bar(page, "1.4")).to_have_attribute("aria-current", "step")
        expect(page.locator("#points")).to_have_text("13 of 15 points")
        page.screenshot(path=shots / "lesson-begins.png")

        in_bar(page, "1.3").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        here = exercise(page, "1.4")
        expect(here).to_be_focused()
        expect(here.locator(".state")).to_have_text("✗ not passed")
        for part in ("What should happen:", "NoneType", "Where to look:"):
            expect(here.locator(".verdict")).to_contain_text(part)
        expect(exercise(page, "1.3").locator(".state")).to_have_text("✓ passed")
        expect(exercise(page, "1.3").locator(".verdict")).to_be_hidden()

        place = here.get_by_role("button", name="app.py").first
        place.click()
        expect(page.locator("#copied")).to_contain_text("Copied: app.py")
        assert page.evaluate("navigator.clipboard.readText()").startswith(str(app.resolve()))
        page.get_by_label("When you click a file").select_option("vscode")
        expect(here.get_by_role("link", name="app.py").first).to_have_attribute(
            "href", re.compile(rf"^vscode://file/{re.escape(app.resolve().as_posix().lstrip('/'))}:\d+$")
        )

        expect(here.locator(".hint:visible")).to_have_count(0)
        here.get_by_role("button", name="Show hint 1 of 2").focus()
        page.keyboard.press("Enter")
        expect(here.locator(".hint:visible")).to_have_count(1)
        expect(here.get_by_text("After a denial there is no verifier")).to_be_visible()
        assert json.loads(hints.read_text(encoding="utf-8"))["hints"] == {"1.4": 1}
        page.screenshot(path=shots / "lesson-failed.png")

        app.write_text(SOLUTION, encoding="utf-8")
        expect(in_bar(page, "1.4")).to_have_text("✓ 1.4 passed")
        expect(here.locator(".state")).to_have_text("✓ passed")
        expect(here.locator(".verdict")).to_be_hidden()
        expect(page.locator("#points")).to_have_text("15 of 15 points")
        expect(page.locator("#checking")).to_have_text("")
        expect(page.locator("#verdicts [aria-current]")).to_have_count(0)

    # What is done survives a restart, and so do the hint and the chosen editor.
    with started(clone, "02", ports=(start.port, start.provider_port)):
        expect(page.get_by_role("heading", level=1)).to_contain_text("Step 02")
        page.get_by_text("All steps").click()
        row = page.get_by_role("listitem").filter(has_text="Step 01")
        expect(row).to_contain_text("✓ 7 of 7 exercises passed")
        page.screenshot(path=shots / "lesson-map.png")
        page.locator(".map").get_by_role("link", name="Step 01").click()
        expect(page.locator("header")).to_contain_text("python3 -m workbook start 01")
        expect(in_bar(page, "1.4")).to_have_text("✓ 1.4 passed")
        expect(exercise(page, "1.4").locator(".hint:visible")).to_have_count(1)
        page.get_by_role("link", name="Step 02: Inside the session →").click()
        expect(page).to_have_url(start.page)
        expect(page.get_by_label("When you click a file")).to_have_value("vscode")

        for scheme, name, size in (("light", "wide", WIDE), ("dark", "half", HALF), ("dark", "phone", PHONE)):
            one = new_page(browser, size, scheme)
            for path in ("", "steps/03_facebook_login/", "glossary/"):
                one.goto(start.page + path)
                one.screenshot(path=shots / f"lesson-{path.replace('/', '-')}{name}-{scheme}.png")
                assert one.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, name)
                found = Axe().run(one).response["violations"]
                assert not [f"{bad['id']}: {bad['nodes'][0]['html']}" for bad in found], (path, name)
            one.context.close()

        bare = new_page(browser, script=False)
        bare.goto(start.page)
        expect(exercise(bare, "2.1").locator(".hint").first).to_be_visible()
        expect(bare.locator(".more")).to_have_count(0)
        expect(bare.get_by_role("heading", name="Exercise 2.1:")).to_be_visible()
        bare.screenshot(path=shots / "lesson-no-script.png")
