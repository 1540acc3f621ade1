"""Importing this module makes what providers need and what takes long, once for all servers of later forks."""

from __future__ import annotations

from .faults import Faults
from .pages import about, pages_of
from .people import PEOPLE, People
from .registry import PROVIDERS
from .world import World

_world, _people, _faults = World(), People(PEOPLE), Faults({})
_states = {provider: provider.state(_world, _people, "") for provider in PROVIDERS}
about(_states, _faults)
for _provider, _state in _states.items():
    pages_of(_provider, _state, _faults)
    if _provider.make_beforehand is not None:
        _provider.make_beforehand(_state)
