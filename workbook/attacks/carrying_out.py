"""Carries attacks out against the app in a folder, which it starts itself on the loopback address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbook.course.errors import WorkbookError
from workbook.flow.messages import Flow
from workbook.lab.browser import NoAnswer
from workbook.lab.running import AppFailed
from workbook.lab.site import Site
from workbook.lab.visits import NotAsked
from workbook.lab.warm import Warm

from .outcomes import NOT_TRIED, WITHSTOOD, WORKS, CannotTry, Outcome, of_all
from .registry import Attack, Way
from .scene import Scene
from .server import EvesServer

# With the same seed the providers give the same tokens, so that two attacks on one app are equal.
SEED = 1


@dataclass(frozen=True)
class Attempt:
    """An attack on one app: what came of it, and the messages of the way that says most."""

    attack: Attack
    outcome: Outcome
    flow: Flow


def carry_out(attacks: Iterable[Attack], folder: Path, warm: Warm) -> Iterator[Attempt]:
    """Carries attacks out against the app in `folder`, one after the other. WorkbookError where it does not start."""
    usual: list[Scene] = []
    with EvesServer() as server:

        def site(attack: Attack) -> Site:
            changed = attack.environment(server) if attack.environment else {}
            return Site(folder, warm, seed=SEED, environment=changed)

        try:
            for attack in attacks:
                if attack.environment or not usual:
                    scene = Scene(folder, lambda attack=attack: site(attack), server)  # type: ignore[misc]
                    if not attack.environment:
                        usual.append(scene)
                else:
                    (scene,) = usual
                    scene.begin_anew()
                try:
                    yield _attempt(attack, scene)
                finally:
                    if scene not in usual:
                        scene.site.close()
        except AppFailed as error:
            raise WorkbookError(f"The app in {folder} does not start: {error.error}.") from None
        finally:
            for scene in usual:
                scene.site.close()


def _attempt(attack: Attack, scene: Scene) -> Attempt:
    """Tries the ways one after the other, until one works."""
    outcomes: list[Outcome] = []
    flows: dict[str, Flow] = {}
    for number, way in enumerate(attack.ways):
        if number:
            scene.begin_anew()
        outcome = tried(way, scene)
        outcomes.append(outcome)
        # Of the ways that the app withstood the first one is drawn.
        flows.setdefault(outcome.result, scene.flow(attack.title))
        if outcome.result == WORKS:
            break
    whole = of_all(outcomes)
    return Attempt(attack, whole, flows[whole.result])


def tried(way: Way, scene: Scene) -> Outcome:
    """What came of one way of an attack."""
    try:
        return way(scene)
    except CannotTry as error:
        return Outcome(NOT_TRIED, f"{error}{_raised(scene)}")
    except (NotAsked, NoAnswer) as error:
        return Outcome(NOT_TRIED, f"It ended early: {error}.{_raised(scene)}")


def _raised(scene: Scene) -> str:
    """The exception that the app left unhandled last, as one more sentence; nothing if there is none."""
    failed = scene.site.last_error()
    return f" The app raised {failed.error}." if failed else ""


def counted(attempts: Iterable[Attempt]) -> dict[str, int]:
    """How many attacks had each result."""
    results = [attempt.outcome.result for attempt in attempts]
    return {result: results.count(result) for result in (WORKS, WITHSTOOD, NOT_TRIED)}
