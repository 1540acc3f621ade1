"""The registry: every module in `known` is an attack.

Such a module has two things, and may have a third:

- its docstring: the first line says what Eve reaches, and the rest tells the story;
- `WAYS`, the ways in which the attack is tried: functions that take a Scene and return an Outcome. Each gets an app
  without users. They may raise CannotTry;
- `environment(server)`, the app's environment variables for this attack, from Eve's server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import cleandoc
from pkgutil import iter_modules

from . import known
from .outcomes import Outcome
from .scene import Scene
from .server import EvesServer

Way = Callable[[Scene], Outcome]


@dataclass(frozen=True)
class Attack:
    """An attack. `name` is that on the command line, `title` one line, `story` paragraphs."""

    name: str
    title: str
    story: str
    ways: tuple[Way, ...]
    environment: Callable[[EvesServer], Mapping[str, str | None]] | None


@cache
def attacks() -> dict[str, Attack]:
    """All attacks by their names, in the order of the alphabet."""
    return {
        attack.name: attack for attack in map(_attack, sorted(m.name for m in iter_modules(known.__path__)))
    }


def _attack(name: str) -> Attack:
    module = import_module(f"{known.__name__}.{name}")
    title, _, story = cleandoc(module.__doc__ or "").partition("\n")
    return Attack(
        name.replace("_", "-"),
        title.removesuffix("."),
        story.strip(),
        tuple(module.WAYS),
        getattr(module, "environment", None),
    )
