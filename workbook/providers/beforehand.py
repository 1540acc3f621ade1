"""Importing this makes what providers need and what takes long, once for all servers of later forks.

These are the pages, and the keys that Google signs with.
"""

from __future__ import annotations

from .faults import Faults
from .google.keys import SigningKeys
from .pages import pages_of
from .people import PEOPLE, People
from .registry import PROVIDERS
from .world import World

_world = World()
for _provider in PROVIDERS:
    pages_of(_provider, _provider.state(_world, People(PEOPLE), ""), Faults({}))
_keys = SigningKeys(_world)
_keys.stranger()
_keys.rotate()
