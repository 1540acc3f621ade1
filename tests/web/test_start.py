"""`start`: the tour in a real browser, a save that is answered, and an end that leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from workbook.course.places import SOLUTIONS
from workbook.course.starters import write_starter
from workbook.providers.people import person
from workbook.web.surroundings import local_keys

from ..processes import end
from .browsing import chromium, press
from .starting import INTERRUPT, PATIENCE, Started, free_port, fresh_copy, is_free, started

STEP = "01_twitter_login"
START = (sys.executable, "-m", "workbook", "start")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A student's folder of step folders, with the starter in it."""
    write_starter(SOLUTIONS / STEP, tmp_path / "work" / STEP)
    return tmp_path / "work"


def choose(page: Page, who: str, button: str) -> None:
    """At Twitter: chooses a person and clicks."""
    page.locator(f"input[name=person][value={who}]").check()
    press(page, button)


@pytest.mark.browser
def test_the_tour_on_a_fresh_clone(tmp_path: Path, shots: Path) -> None:
    with started(fresh_copy(tmp_path)) as start, chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        live = context.new_page()
        live.goto(start.page)
        expect(live.get_by_text("A minute's tour")).to_be_visible()
        live.screenshot(path=shots / "tour-begins.png")
        with context.expect_page() as opened:
            live.get_by_role("link", name="Open the finished app").click()
        app = opened.value
        app.get_by_role("link", name="Sign in with Twitter").click()
        app.screenshot(path=shots / "twitter.png")
        choose(app, "ada", "Sign In")
        expect(app).to_have_url(f"{start.app}/welcome")
        expect(app.get_by_text(person("ada").name)).to_be_visible()
        app.screenshot(path=shots / "welcome.png")
        live.bring_to_front()
        expect(live.locator("#diagram svg")).to_be_visible()
        # In the list everybody has the name that the picture gives them.
        expect(live.locator("#messages")).to_contain_text("Your app → Twitter: POST /oauth/access_token")
        live.wait_for_function("document.querySelectorAll('#diagram .message').length >= 12")
        live.screenshot(path=shots / "tour-signed-in.png", full_page=True)

        live.get_by_role("link", name="log out there").click()
        press(app, "Log out here")
        live.get_by_role("link", name="sign in once more").click()
        choose(app, "bo", "Cancel")
        app.get_by_role("link", name="Return to").click()
        expect(app.get_by_text("You denied the request to sign in.")).to_be_visible()
        expect(live.locator("#messages")).to_contain_text("denied")
        expect(live.locator("#messages")).not_to_contain_text("/oauth/access_token")
        expect(live.get_by_label("Login", exact=True).locator("option").first).to_contain_text("denied")
        live.screenshot(path=shots / "tour-refused.png", full_page=True)


@pytest.mark.browser
def test_a_save_is_seen_in_terminal_and_page(work: Path, shots: Path) -> None:
    with started(Path.cwd(), "01", "--in", str(work)) as start, chromium() as browser:
        start.wait_for("0 of 7 exercises passed")
        live = browser.new_page(viewport={"width": 1280, "height": 900})
        live.goto(start.page)
        expect(live.locator("#verdicts")).to_contain_text("✗ 1.1")
        live.screenshot(path=shots / "exercises-open.png", full_page=True)
        app = work / STEP / "app.py"
        solution = (SOLUTIONS / STEP / "app.py").read_text(encoding="utf-8")

        begun = time.monotonic()
        app.write_text(solution, encoding="utf-8")
        start.wait_for("6 of 7 exercises passed")
        print(f"save to verdict: {time.monotonic() - begun:.2f} s")
        expect(live.locator("#verdicts")).to_contain_text("✓ 1.5")

        app.write_text(solution + "\nthis is no Python\n", encoding="utf-8")
        start.wait_for("Your app does not start: SyntaxError")
        expect(live.get_by_role("alert")).to_contain_text("SyntaxError")
        broken = browser.new_page()
        broken.goto(start.app)
        expect(broken.get_by_text("Your app does not start")).to_be_visible()
        broken.screenshot(path=shots / "does-not-start.png")

        raises = solution.replace('"index.html"', '"no_such.html"') + "\nprint('loaded', 'again')\n"
        app.write_text(raises, encoding="utf-8")
        start.wait_for("^loaded again")
        expect(live.locator("#printed")).to_contain_text("loaded again")
        broken.goto(start.app)
        expect(broken.get_by_text("TemplateNotFound").first).to_be_visible()
        broken.screenshot(path=shots / "raised.png")
        start.wait_for("^TemplateNotFound: no_such.html")
        start.wait_for(r"^app\.py, line \d+, in index: ")
        assert not any("Traceback" in line or "site-packages" in line for line in start.lines)
        expect(live.locator("#printed")).to_contain_text("TemplateNotFound: no_such.html")

        (work / STEP / "templates" / "welcome.html").write_text(
            (SOLUTIONS / STEP / "templates" / "welcome.html").read_text(encoding="utf-8"), encoding="utf-8"
        )
        app.write_text(solution, encoding="utf-8")
        start.wait_for("7 of 7 exercises passed")
        expect(live.get_by_role("alert")).to_be_hidden()
        live.screenshot(path=shots / "exercises-passed.png", full_page=True)


@pytest.mark.browser
def test_a_page_that_was_left_open_goes_on_with_the_next_start(work: Path, shots: Path) -> None:
    with chromium() as browser:
        live = browser.new_page()
        with started(Path.cwd(), "00", "--in", "solutions") as first:
            live.goto(first.page)
            expect(live.get_by_role("heading", level=1)).to_contain_text("Step 00")
            expect(live.get_by_text("The workbook has stopped")).to_be_hidden()
        expect(live.get_by_text("The workbook has stopped")).to_be_visible()
        live.screenshot(path=shots / "stopped.png")
        with started(Path.cwd(), "01", "--in", str(work), ports=(first.port, first.provider_port)):
            expect(live.get_by_role("heading", level=1)).to_contain_text("Step 01")
            expect(live.get_by_text("The workbook has stopped")).to_be_hidden()
            expect(live.locator("#verdicts")).to_contain_text("✗ 1.1")


def test_what_the_app_prints_is_shown(work: Path) -> None:
    app = work / STEP / "app.py"
    app.write_text(app.read_text(encoding="utf-8") + "\nprint('printed by', 'the app')\n", encoding="utf-8")
    with started(Path.cwd(), "01", "--in", str(work)) as start:
        if not any("printed by the app" in line for line in start.lines):
            start.wait_for("printed by the app")


def assert_nothing_left(start: Started, family: list[psutil.Process]) -> None:
    assert end(family)
    assert is_free(start.port) and is_free(start.provider_port)


@pytest.mark.parametrize("early", [True, False], ids=["while it checks", "at rest"])
def test_an_interrupt_leaves_nothing(work: Path, early: bool) -> None:
    with started(Path.cwd(), "01", "--in", str(work)) as start:
        if not early:
            start.wait_for("of 7 exercises passed")
        family = start.family()
        assert len(family) > 1
        start.process.send_signal(INTERRUPT)
        assert start.process.wait(timeout=PATIENCE) == 0
        assert_nothing_left(start, family)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_a_kill_leaves_nothing(work: Path) -> None:
    with started(Path.cwd(), "01", "--in", str(work)) as start:
        family = start.family()
        os.kill(start.process.pid, signal.SIGKILL)
        assert_nothing_left(start, family)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_when_whatever_started_it_is_killed_nothing_is_left(work: Path, tmp_path: Path) -> None:
    port, provider_port = free_port(), free_port()
    script = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-m', 'workbook', 'start', '01', '--in', {str(work)!r}, "
        f"'--no-browser', '--port', '{port}', '--provider-port', '{provider_port}'],\n"
        "                         stdout=subprocess.PIPE, text=True)\n"
        "for line in child.stdout:\n    print(line, end='', flush=True)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    for line in parent.stdout:
        if "Ctrl-C ends it" in line:
            break
    family = psutil.Process(parent.pid).children(recursive=True)
    assert len(family) > 1 and not is_free(port)
    parent.kill()
    parent.communicate()
    assert end(family)
    assert is_free(port) and is_free(provider_port)


@pytest.mark.parametrize("option", ["--port", "--provider-port"])
def test_a_port_in_use_is_one_line(work: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        other = {"--port": str(free_port()), "--provider-port": str(free_port()), option: str(number)}
        done = subprocess.run(
            [sys.executable, "-m", "workbook", "start", "01", "--in", str(work), "--no-browser"]
            + [word for pair in other.items() for word in pair],
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"Port {number} is taken" in line and f"{option} {number + 10}" in line


def test_a_second_start_names_the_one_that_runs(work: Path) -> None:
    with started(Path.cwd(), "01", "--in", str(work)) as first:
        done = subprocess.run(
            [*START, "00", "--no-browser", *first.same_ports],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert f"runs already, with step 01: {first.page}" in line


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of its own is POSIX")
def test_a_second_start_at_a_terminal_opens_the_page_of_the_one_that_runs(work: Path, tmp_path: Path) -> None:
    import pty

    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    with started(Path.cwd(), "01", "--in", str(work)) as first:
        ours, theirs = pty.openpty()
        second = subprocess.Popen(
            [*START, "00", *first.same_ports],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "BROWSER": f"{browser} %s"},
        )
        os.close(theirs)
        os.write(ours, b"\n")
        assert second.wait(timeout=PATIENCE) == 0
        os.close(ours)
        assert opened.read_text().strip() == first.page


def test_settings_that_change_are_read_again(tmp_path: Path) -> None:
    copy = fresh_copy(tmp_path)
    write_starter(copy / "solutions" / STEP, copy / "work" / STEP)
    app = copy / "work" / STEP / "app.py"
    app.write_text(
        app.read_text(encoding="utf-8") + "\nprint('key', os.environ['TWITTER_KEY'])\n", encoding="utf-8"
    )
    with started(copy, "01", "--in", "work") as start:
        (copy / ".env").write_text("TWITTER_KEY=one\n", encoding="utf-8")
        start.wait_for("^[.]env has changed")
        start.wait_for("^key one")
        (copy / ".env").write_text("TWITTER_KEY=two\n", encoding="utf-16")
        start.wait_for("is not saved as UTF-8")
        (copy / ".env").unlink()
        start.wait_for("^[.]env has changed")
        start.wait_for("^key (?!one)")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP is POSIX")
def test_it_goes_on_after_a_sleep(work: Path) -> None:
    """As a laptop that is closed in the middle of the checks: every process stands still, and goes on later."""
    app = work / STEP / "app.py"
    with started(Path.cwd(), "01", "--in", str(work)) as start:
        family = start.family()
        for member in reversed(family):
            member.suspend()
        app.write_text((SOLUTIONS / STEP / "app.py").read_text(encoding="utf-8"), encoding="utf-8")
        for member in family:
            member.resume()
        start.wait_for("6 of 7 exercises passed")


def test_ten_broken_saves_in_a_row_and_a_replaced_folder(work: Path) -> None:
    folder = work / STEP
    app = folder / "app.py"
    solution = (SOLUTIONS / STEP / "app.py").read_text(encoding="utf-8")
    with started(Path.cwd(), "01", "--in", str(work)) as start:
        for number in range(10):
            app.write_text(f"{solution}\nbroken {number}\n", encoding="utf-8")
        start.wait_for("Your app does not start: SyntaxError")
        folder.rename(work / "aside")
        write_starter(SOLUTIONS / STEP, folder)
        app.write_text(solution, encoding="utf-8")
        start.wait_for("6 of 7 exercises passed")


def test_a_database_that_is_behind_its_migrations_is_one_line(tmp_path: Path) -> None:
    step = "05_one_user_many_identities"
    write_starter(SOLUTIONS / step, tmp_path / step)
    for command, said in (
        (["upgrade", "0001"], "has had no migration, and they go to 0002"),
        (["upgrade"], "has come to migration 0001, and they go to 0002"),
        (["current"], None),
    ):
        with started(Path.cwd(), "05", "--in", str(tmp_path)) as start:
            (url,) = (line for line in start.lines if "Its database" in line)
            assert "sqlite:///" in url and "people.db" in url
            lines = [line for line in start.lines if "migration" in line]
            assert len(lines) == (1 if said else 0)
            assert said is None or said in lines[0]
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        subprocess.run(
            [sys.executable, "-m", "flask", "db", *command],
            cwd=tmp_path / step,
            env={**environment, **local_keys()},
            check=True,
            capture_output=True,
        )
