"""`start` in a shell that other projects have used."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbook.course.errors import WorkbookError
from workbook.course.places import SOLUTIONS
from workbook.course.starters import source_files
from workbook.lab.browser import Browser
from workbook.lab.visits import sign_in
from workbook.web import surroundings as module
from workbook.web.surroundings import local_keys, surroundings

from .starting import started

LOCAL = {
    "FLASK_APP": "app",
    "TWITTER_URL": "http://127.0.0.1:5001/twitter",
    "TWITTER_KEY": "ours",
    "FACEBOOK_GRAPH_URL": "http://127.0.0.1:5001/facebook/graph",
    "FACEBOOK_KEY": "ours",
    "SECRET_KEY": "ours",
}


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A shell with none of the names that matter."""
    for name in {*LOCAL, *local_keys(), "DATABASE_URL", "NO_PROXY", "no_proxy", "SSH_CONNECTION"}:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def no_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workbook's folder without a .env."""
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path


def test_in_a_shell_with_nothing_all_is_local(shell: pytest.MonkeyPatch, no_env_file: Path) -> None:
    found = surroundings(LOCAL)
    assert LOCAL.items() <= found.environment.items()
    assert (found.taken, found.left) == ((), ())
    assert found.environment["PATH"] == os.environ["PATH"]


def test_another_projects_app_and_keys_are_left_out(shell: pytest.MonkeyPatch, no_env_file: Path) -> None:
    for name, value in {"FLASK_APP": "shop", "TWITTER_KEY": "theirs", "FACEBOOK_KEY": "theirs"}.items():
        shell.setenv(name, value)
    found = surroundings(LOCAL)
    assert LOCAL.items() <= found.environment.items()
    assert found.left == ("FACEBOOK_KEY", "FLASK_APP", "TWITTER_KEY") and found.taken == ()


def test_a_key_with_its_providers_url_is_taken(shell: pytest.MonkeyPatch, no_env_file: Path) -> None:
    shell.setenv("TWITTER_KEY", "mine")
    shell.setenv("TWITTER_URL", "https://api.twitter.com")
    shell.setenv("FACEBOOK_KEY", "mine")
    shell.setenv("FACEBOOK_GRAPH_URL", "https://graph.facebook.com")
    found = surroundings(LOCAL)
    assert found.environment["TWITTER_KEY"] == found.environment["FACEBOOK_KEY"] == "mine"
    assert found.taken == ("FACEBOOK_GRAPH_URL", "FACEBOOK_KEY", "TWITTER_KEY", "TWITTER_URL")


def test_a_database_and_a_secret_key_are_taken_and_named(
    shell: pytest.MonkeyPatch, no_env_file: Path
) -> None:
    shell.setenv("DATABASE_URL", "sqlite:////elsewhere.db")
    shell.setenv("SECRET_KEY", "mine")
    found = surroundings(LOCAL)
    assert found.taken == ("DATABASE_URL", "SECRET_KEY") and found.environment["SECRET_KEY"] == "mine"


def test_the_same_value_is_not_worth_a_line(shell: pytest.MonkeyPatch, no_env_file: Path) -> None:
    shell.setenv("TWITTER_KEY", "ours")
    assert (surroundings(LOCAL).taken, surroundings(LOCAL).left) == ((), ())


def test_env_file_goes_before_what_is_local(shell: pytest.MonkeyPatch, no_env_file: Path) -> None:
    (no_env_file / ".env").write_text("TWITTER_KEY=mine\n", encoding="utf-8")
    shell.setenv("TWITTER_KEY", "theirs")
    found = surroundings(LOCAL)
    # The app reads .env itself: what is there is neither set nor hidden.
    assert "TWITTER_KEY" not in found.environment and found.left == ("TWITTER_KEY",)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_env_file_in_another_encoding_is_one_line(
    encoding: str, shell: pytest.MonkeyPatch, no_env_file: Path
) -> None:
    (no_env_file / ".env").write_bytes("TWITTER_KEY=schlüssel\n".encode(encoding))
    with pytest.raises(WorkbookError, match=r"\.env is not saved as UTF-8"):
        surroundings(LOCAL)


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        (None, "localhost,127.0.0.1,::1"),
        ("", "localhost,127.0.0.1,::1"),
        ("intranet, localhost", "intranet,localhost,127.0.0.1,::1"),
        ("*", "*"),
    ],
)
def test_this_machine_is_not_behind_a_proxy(
    said: str | None, becomes: str, shell: pytest.MonkeyPatch, no_env_file: Path
) -> None:
    if said is not None:
        shell.setenv("NO_PROXY", said)
    assert surroundings(LOCAL).environment["NO_PROXY"] == becomes


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port of this machine at which nobody answers, and that nobody else gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def write_solution(step: str, folder: Path) -> None:
    for file in source_files(SOLUTIONS / step):
        copy = folder / step / file.relative_to(SOLUTIONS / step)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())


def test_a_login_works_there_and_start_says_what_it_did(
    shell: pytest.MonkeyPatch, dead_port: int, tmp_path: Path
) -> None:
    proxy = f"http://127.0.0.1:{dead_port}"
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        shell.setenv(name, proxy)
    for name, value in {
        "FLASK_APP": "shop:create",
        "TWITTER_KEY": "theirs",
        "SSH_CONNECTION": "a b c d",
    }.items():
        shell.setenv(name, value)
    write_solution("04_users_in_a_database", tmp_path)
    with started(Path.cwd(), "04", "--in", str(tmp_path)) as start:
        said = "\n".join(start.lines)
        assert "Not from it" in said and "FLASK_APP, TWITTER_KEY" in said and "Over SSH" in said
        assert "Its database" in said and "people.db" in said
        browser = Browser(start.port)
        page = sign_in(browser, "ada", start="/login/twitter")
        browser.close()
        assert page.status == 200 and "Ada" in page.words
