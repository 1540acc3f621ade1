"""Attacks as checks: an exercise asks that its app withstands one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbook.attacks.carrying_out import tried
from workbook.attacks.outcomes import WITHSTOOD, Outcome
from workbook.attacks.registry import Way, attacks
from workbook.attacks.scene import Scene
from workbook.attacks.server import EvesServer
from workbook.lab.site import Site

from .missed import Missed

# Opens a site of the checked app; arguments as for Site.
OpenSite = Callable[..., Site]


def ways(*names: str) -> dict[str, tuple[str, Way]]:
    """The ways of the attacks with these names, each with its attack, by the words of an ID."""
    return {
        f"{name} {way.__name__.replace('_', ' ')}": (name, way)
        for name in names
        for way in attacks()[name].ways
    }


def outcome_of(
    name: str, way: Way, folder: Path, site: Site | None = None, open_site: OpenSite | None = None
) -> Outcome:
    """Tries one way of an attack, on the app in `folder` as it runs in `site`. An attack that changes the app's
    environment needs `open_site` instead."""
    attack = attacks()[name]
    with EvesServer() as server:
        if attack.environment is None:
            assert site is not None, f"{name} needs a site"
            running = site
        else:
            assert open_site is not None, f"{name} needs a site of its own"
            running = open_site(environment=attack.environment(server))
        return tried(way, Scene(folder, lambda: running, server))


def check_withstood(outcome: Outcome, *, should: str, look: str | Callable[[Outcome], str]) -> None:
    """Raises Missed if an attack works, or could not be tried. `look` can depend on the outcome."""
    if outcome.result != WITHSTOOD:
        raise Missed(
            should=should,
            did=outcome.because,
            look=look if isinstance(look, str) else look(outcome),
        )
