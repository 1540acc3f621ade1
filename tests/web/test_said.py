"""What is said, on the desk, in a real browser: drawn at once, read message by message, kept, compared, saved."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from workbook.course.places import SOLUTIONS
from workbook.course.steps import find_step
from workbook.flow.mermaid import from_mermaid
from workbook.lab.running import RunningApp
from workbook.lab.warm_apps import warm_for_apps
from workbook.providers.people import person
from workbook.providers.server import ProvidersServer
from workbook.web.desk import desk
from workbook.web.live import Live
from workbook.web.surroundings import local_keys, surroundings

from .browsing import chromium, press

pytestmark = pytest.mark.browser

STEP = find_step("01")
KEY = "key-of-the-faults-page"
PRINTS = """

@app.before_request
def tell():
    print("asked for <b>", flush=True)
"""
# What the page needs and no more. The pages of the desk run under it here.
# The picture is drawn anew for a new width.
AS_WIDE = """() => {
  const picture = document.querySelector("#diagram svg"), room = picture.parentElement.clientWidth;
  return Math.abs(picture.clientWidth - Math.min(Math.max(room, 315), 780)) <= 8;
}"""


@dataclass
class Desk:
    """A desk, the app that it shows, and the providers."""

    live: Live
    app: RunningApp
    providers: ProvidersServer
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def desk_at_work(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / STEP.name
    shutil.copytree(SOLUTIONS / STEP.name, folder)
    with (folder / "app.py").open("a", encoding="utf-8") as file:
        file.write(PRINTS)
    live = Live(step=STEP.name, title=STEP.title, app_url="http://localhost:5000")
    with (
        ProvidersServer(keys=local_keys(), control_key=KEY, threads=64) as providers,
        warm_for_apps() as warm,
    ):
        providers.on_message = live.heard
        providers.mount("/", desk(live))
        environment = surroundings({**local_keys(), **providers.environment()}).environment
        with RunningApp(
            warm, folder, environment, in_place=True, on_message=live.heard, on_output=live.prints
        ) as app:
            yield Desk(live, app, providers)


def opened(context: BrowserContext, at: Desk) -> Page:
    """The desk. What goes wrong in the page, or breaks its Content-Security-Policy, is added to its errors."""
    page = context.new_page()
    page.on("console", lambda said: at.errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: at.errors.append(str(error)))
    page.goto(at.providers.url)
    return page


def log_in(context: BrowserContext, at: Desk, who: str = "ada", button: str = "Sign In") -> None:
    page = context.new_page()
    page.goto(f"{at.app.url}/login")
    page.locator(f"input[name=person][value={who}]").check()
    press(page, button)
    if button == "Cancel":
        page.get_by_role("link", name="Return to").click()
        expect(page.get_by_text("You denied the request")).to_be_visible()
    page.close()


def assert_for_all(page: Page, shots: Path, name: str) -> None:
    """Wide and narrow, light and dark, magnified: nothing sticks out, and axe finds nothing."""
    sizes = {"wide": (1280, 900), "half": (800, 900), "phone": (360, 740), "200": (640, 450)}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for size, (width, height) in sizes.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_function(AS_WIDE)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {size}"
            page.screenshot(path=shots / f"said-{name}-{size}-{scheme}.png", full_page=True)
        found = Axe().run(page).response["violations"]
        bad = [f"{one['id']}: {one['help']} {[n['html'] for n in one['nodes']]}" for one in found]
        assert not bad, "\n".join(bad)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_login_is_drawn_and_every_message_can_be_read(
    browser: Browser, desk_at_work: Desk, shots: Path
) -> None:
    at = desk_at_work
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, at)
    expect(page.get_by_text("Nothing yet. Open the app")).to_be_visible()
    log_in(context, at)
    arrows = page.locator("#diagram .message")
    expect(page.locator("#messages")).to_contain_text("Your app → Twitter: POST /oauth/access_token")
    expect(page.locator("#messages")).to_contain_text("Your app: GET /welcome")
    said = page.locator("#messages li").count()
    assert said >= 12 and arrows.count() == said
    # What the app prints has a place of its own, as text.
    expect(page.locator("#printed")).to_contain_text("asked for <b>")
    expect(page.locator("#diagram")).not_to_contain_text("asked for")

    line = page.locator("#messages").get_by_role(
        "button", name="Your app → Twitter: POST /oauth/request_token"
    )
    page.locator("#diagram .message", has_text="POST /oauth/request_token").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("oauth_callback")
    expect(dialog).to_contain_text(
        "The callback URL: Twitter sends the browser there after the user has decided."
    )
    expect(dialog).to_contain_text("RFC 5849 section 2.1")
    expect(dialog.locator("pre").first).to_have_text(f"POST {at.providers.url}/twitter/oauth/request_token")
    page.screenshot(path=shots / "said-message.png")
    dialog.get_by_role("button", name="Next message").click()
    expect(dialog).to_contain_text("oauth_token_secret")
    expect(dialog).to_contain_text("Not the browser: it takes no part in this message.")
    assert_for_all(page, shots, "message")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    # By the keyboard: from the picture's arrow to the next, and from the list.
    page.locator("#diagram .message[tabindex='0']").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading", level=2)).to_contain_text("2. Your app → Twitter")
    page.keyboard.press("Escape")
    expect(page.locator("#diagram .message[data-number='2']")).to_be_focused()
    line.focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    again = context.new_page()
    again.goto(f"{at.app.url}/welcome")
    again.close()
    page.bring_to_front()
    expect(arrows).to_have_count(said + 4)
    page.keyboard.press("Escape")
    # The page that was opened meanwhile has taken the window's focus.
    page.wait_for_function("words => document.activeElement.textContent === words", arg=line.inner_text())
    assert_for_all(page, shots, "login")
    assert at.errors == []
    context.close()


def test_logins_are_kept_compared_and_saved(browser: Browser, desk_at_work: Desk, shots: Path) -> None:
    at = desk_at_work
    context, other = browser.new_context(viewport={"width": 1280, "height": 900}), browser.new_context()
    page = opened(context, at)
    log_in(context, at)
    log_in(other, at, "bo", "Cancel")
    logins = page.get_by_label("Login", exact=True)
    expect(logins.locator("option")).to_have_count(2)
    expect(logins.locator("option").first).to_contain_text("denied")
    expect(logins.locator("option").last).to_contain_text("finished")
    expect(page.locator("#messages")).not_to_contain_text("/oauth/access_token")

    # The browser of the first login goes on: that is no part of the other's.
    again = context.new_page()
    again.goto(f"{at.app.url}/welcome")
    expect(again.get_by_text(person("ada").name)).to_be_visible()
    page.bring_to_front()
    logins.select_option(index=1)
    expect(page.locator("#messages")).to_contain_text("/oauth/access_token")
    assert page.locator("#messages li", has_text="GET /welcome").count() == 2
    logins.select_option(index=0)

    page.get_by_label("Compare with").select_option(label="A login with Twitter")
    comparison = page.get_by_role("region", name="Comparison")
    expect(comparison).to_contain_text("is the first that differs")
    assert comparison.locator("li.parts").count() == 2
    assert page.locator("#diagram .message.parts").count() == 1
    comparison.get_by_text("The diagram of").click()
    assert_for_all(page, shots, "comparison")
    page.get_by_label("Compare with").select_option(label="A user who denies access")
    expect(comparison).to_contain_text("No difference")
    assert page.locator(".message.parts").count() == 0
    page.get_by_label("Compare with").select_option(index=3)
    expect(comparison.get_by_role("heading").first).to_contain_text("finished")

    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name of this login").fill("Bo says <no>")
    page.keyboard.press("Enter")
    expect(logins.locator("option").first).to_have_text("Bo says <no>")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as Mermaid").click()
    assert saved.value.suggested_filename.startswith("bo-says-no-")
    drawn = from_mermaid(saved.value.path().read_text(encoding="utf-8"))
    assert len(drawn) == page.locator("#diagram .message").count()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as SVG").click()
    assert saved.value.path().read_text(encoding="utf-8").startswith("<svg xmlns=")

    page.get_by_role("button", name="Forget all logins").click()
    expect(page.get_by_text("Nothing yet. Open the app")).to_be_visible()
    expect(page.locator("#diagram")).to_be_hidden()
    assert at.errors == []
    other.close()
    context.close()


def test_a_fault_shows_where_the_flow_parts(browser: Browser, desk_at_work: Desk, shots: Path) -> None:
    """The browser that `start` opens has the faults page in reach, and no key in its URL."""
    at = desk_at_work
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    entrance = at.providers.entrance()
    page = context.new_page()
    page.goto(entrance)
    assert page.url == f"{at.providers.url}/" and KEY not in page.content()
    with context.expect_page() as opening:
        page.get_by_role("link", name="Faults").click()
    faults = opening.value
    faults.get_by_label("access_token", exact=True).first.select_option("error")
    press(faults, "Set twitter access_token")
    assert at.providers.faults.on() == {("twitter", "access_token"): "error"}
    log_in(context, at)
    page.bring_to_front()
    page.get_by_label("Compare with").select_option(label="A login with Twitter")
    comparison = page.get_by_role("region", name="Comparison")
    expect(comparison).to_contain_text("is the first that differs")
    expect(page.locator("#diagram .message.parts")).to_contain_text("503 Service Unavailable")
    page.screenshot(path=shots / "said-fault.png", full_page=True)

    # The ticket is good once.
    later = browser.new_context()
    second = later.new_page()
    second.goto(entrance)
    second.goto(f"{at.providers.url}/control/faults")
    expect(second.get_by_text("The URL ends in a key")).to_be_visible()
    later.close()
    context.close()
