"""Importing this makes what providers need and what takes long, once for all servers of later forks."""

from __future__ import annotations

from .faults import Faults
from .pages import pages_of
from .people import PEOPLE, People
from .registry import PROVIDERS
from .world import World

for _provider in PROVIDERS:
    _state = _provider.state(World(), People(PEOPLE), "")
    pages_of(_provider, _state, Faults({}))
    if _provider.make_beforehand is not None:
        _provider.make_beforehand(_state)
