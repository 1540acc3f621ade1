"""The object by which a package is one of the local providers. registry.py lists these objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import Blueprint

from .faults import Faults
from .people import People
from .state import State
from .world import World

S = TypeVar("S", bound=State[Any])


@dataclass(frozen=True, eq=False)
class Provider(Generic[S]):
    """A local provider.

    `state` makes the provider's state in one world, about its people, on the server of that URL. The provider's name
    and label are in that state. `pages` makes everything below the name. `faults` names the endpoints, and for each
    endpoint the faults that it can have beyond those of every endpoint. `asked_by_browser` says whether browsers
    request a path below the name. Apps request all other paths. With `named_anew` the name differs from world to world.
    `make_beforehand` makes what takes long and is the same on each server of a process. Paths that begin with one of
    `at_root` are the provider's without its name before them, too.
    """

    state: Callable[[World, People, str], S]
    pages: Callable[[S, Faults], Blueprint]
    faults: Mapping[str, tuple[str, ...]]
    asked_by_browser: Callable[[S, str], bool]
    named_anew: bool = False
    make_beforehand: Callable[[S], None] | None = None
    at_root: tuple[str, ...] = ()
