"""A real browser for tests: Chromium, headless."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
# Without these it looks for its maker's hosts at every start.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)


# Playwright gives a page 5 s to become as expected. A busy machine takes longer; one that is right never waits so long.
expect.set_options(timeout=90_000)


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """Chromium, with `more` arguments, from wherever this machine has it. Without one the test is left out, but never
    in CI."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        assert not os.environ.get("CI"), "this machine has no Chromium"
        pytest.skip("this machine has no Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *more])
        yield browser
        browser.close()


def press(page: Page, button: str) -> None:
    """Presses a button of a form, and waits for the page that follows: a click alone ends before the form is sent."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()
