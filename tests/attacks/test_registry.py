"""An attack is added by a module, and nowhere else. Attacks reach nothing but this machine."""

from __future__ import annotations

import inspect
import socket
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbook.attacks import known
from workbook.attacks.carrying_out import carry_out
from workbook.attacks.registry import attacks
from workbook.attacks.server import EvesServer
from workbook.cli.attack import attack_command
from workbook.course.places import SOLUTIONS
from workbook.flow.drawn import arrows, participants
from workbook.flow.terminal import to_terminal
from workbook.lab.warm import Warm


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One more module in `known`."""
    module = '''
        """Eve does nothing.

        The story.
        """

        from workbook.attacks.outcomes import works


        def way(scene):
            scene.begin()
            scene.greeting(scene.eve(), "ada")
            return works("Nothing was done.")


        WAYS = (way,)
        '''
    (tmp_path / "an_attack_of_a_test.py").write_text(textwrap.dedent(module), encoding="utf-8")
    monkeypatch.setattr(known, "__path__", [*known.__path__, str(tmp_path)])
    attacks.cache_clear()
    yield
    attacks.cache_clear()


def test_a_module_adds_an_attack(one_more: None, warm: Warm) -> None:
    added = attacks()["an-attack-of-a-test"]
    assert (added.title, added.story) == ("Eve does nothing", "The story.")
    (attempt,) = carry_out([added], SOLUTIONS / "01_twitter_login", warm)
    assert attempt.outcome.because == "Nothing was done." and len(attempt.flow) == 6


@pytest.mark.parametrize("name", attacks())
def test_an_attack_tells_its_story(name: str) -> None:
    attack = attacks()[name]
    assert len(attack.title) < 100 and "\n" not in attack.title
    assert len(attack.story.split(". ")) >= 3 and attack.ways
    assert all(inspect.getdoc(way) for way in attack.ways)


def test_no_option_of_the_command_takes_a_url() -> None:
    assert {parameter.name for parameter in attack_command.params} == {"name", "step", "folder", "as_json"}


def test_eves_server_listens_on_the_loopback_address_only() -> None:
    with EvesServer() as server:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
        with pytest.raises(OSError):  # a server that listens on every address would respond here, too
            socket.create_connection(("127.0.0.2", server.port), timeout=5).close()


def test_the_drawing_has_eve_and_no_port_of_hers(warm: Warm) -> None:
    drawings = []
    for _ in range(2):
        (attempt,) = carry_out([attacks()["forced-linking"]], SOLUTIONS / "04_users_in_a_database", warm)
        drawn = arrows(attempt.flow)
        people = list(participants(drawn).values())
        assert people[:4] == ["Eve's browser", "Eve's server", "Ada's browser", "Your app"]
        drawings.append(to_terminal(drawn))
    assert drawings[0] == drawings[1]


def test_a_providers_request_to_eves_server_is_drawn_by_its_name(warm: Warm) -> None:
    (attempt,) = carry_out([attacks()["mix-up"]], SOLUTIONS / "06_google_and_github", warm)
    text = to_terminal(arrows(attempt.flow), width=118)
    assert "evil.example/v25.0/dialog/oauth" in text and "Eve's server" in text
