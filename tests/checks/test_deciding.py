"""The verdicts of a run in any order are those of a run in the order of the exercises."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from workbook.checks.deciding import Decisions, Outcome
from workbook.course.steps import Exercise

# An exercise passes, fails, or fails because the app does not start.
PASSED, FAILED, NOT_STARTED = "passed", "failed", "not started"
KINDS = (PASSED, FAILED, NOT_STARTED)

# By the exercise: what it needs.
Needs = dict[str, tuple[str, ...]]


def exercises_of(needs: Needs) -> list[Exercise]:
    return [
        Exercise(id=id, title=f"Title {id}", points=1, needs=needed, keep=False, hints=())
        for id, needed in needs.items()
    ]


def outcome(id: str, kind: str) -> Outcome:
    return Outcome(id, None if kind == PASSED else f"{id} {kind}", 0.25, kind == NOT_STARTED)


@dataclass(frozen=True)
class Said:
    """The verdict on one exercise."""

    id: str
    passed: bool
    waits_for: str | None
    message: str


def said_of(decisions: Decisions) -> list[Said]:
    return [Said(v.id, v.passed, v.waits_for, "" if v.waits_for else v.message) for v in decisions.verdicts]


def one_after_the_other(needs: Needs, kinds: dict[str, str], *, ignore_needs: bool = False) -> list[Said]:
    """The rule: in the order of the exercises, each waits for its first need that is not passed, unless an earlier
    exercise has shown that the app does not start. No exercise waits for a need that is not checked."""
    found: dict[str, Said] = {}
    starts = True
    for id, needed in needs.items():
        open_needs = [need for need in needed if need in found and not found[need].passed]
        if open_needs and starts and not ignore_needs:
            found[id] = Said(id, False, open_needs[0], "")
        else:
            found[id] = Said(
                id, kinds[id] == PASSED, None, "" if kinds[id] == PASSED else f"{id} {kinds[id]}"
            )
            starts = starts and kinds[id] != NOT_STARTED
    return list(found.values())


def all_graphs(size: int) -> Iterator[Needs]:
    """Every way in which `size` exercises can need those before them, in either order of the needs."""
    ids = [f"1.{number + 1}" for number in range(size)]
    before = [
        [some for count in range(number + 1) for some in itertools.permutations(ids[:number], count)]
        for number in range(size)
    ]
    for choice in itertools.product(*before):
        yield dict(zip(ids, choice, strict=True))


def some_graphs(size: int, count: int, chance: random.Random) -> Iterator[Needs]:
    """A sample of the same for more exercises."""
    ids = [f"1.{number + 1}" for number in range(size)]
    for _ in range(count):
        yield {
            id: tuple(chance.sample(ids[:number], chance.randint(0, min(number, 2))))
            for number, id in enumerate(ids)
        }


def held_against_the_rule(needs: Needs, kinds: dict[str, str], order: tuple[str, ...]) -> None:
    """Takes every outcome in that order. No verdict is ever taken back, and in the end the verdicts are the rule's."""
    decisions = Decisions(exercises_of(needs))
    wanted = {said.id: said for said in one_after_the_other(needs, kinds)}
    told: list[str] = []
    for id in order:
        told += [verdict.id for verdict in decisions.take(outcome(id, kinds[id]))]
        assert said_of(decisions) == [wanted[id] for id in needs if id in told], (needs, kinds, order)
    assert decisions.complete and len(told) == len(set(told)) == len(needs), (needs, kinds, order)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_in_every_order_of_few_exercises(size: int) -> None:
    for needs in all_graphs(size):
        for found in itertools.product(KINDS, repeat=size):
            for order in itertools.permutations(needs):
                held_against_the_rule(needs, dict(zip(needs, found, strict=True)), order)


@pytest.mark.parametrize("size", [4, 5, 8])
def test_in_some_orders_of_more_exercises(size: int) -> None:
    chance = random.Random(size)
    for needs in some_graphs(size, 100, chance):
        for _ in range(10):
            kinds = {id: chance.choice((PASSED, *KINDS)) for id in needs}
            held_against_the_rule(needs, kinds, tuple(chance.sample(list(needs), size)))


Choose = Callable[[list[str], random.Random], str]
CHOICES: dict[str, Choose] = {
    "first": lambda wanted, chance: wanted[0],
    "last": lambda wanted, chance: wanted[-1],
    "any": lambda wanted, chance: chance.choice(wanted),
}


def ran(
    decisions: Decisions, kinds: dict[str, str], workers: int, choose: Choose, chance: random.Random
) -> list[str]:
    """Runs the exercises to run with some workers, of which any may be ready next; returns the exercises in the order
    of their runs."""
    running: list[str] = []
    every: list[str] = []
    while True:
        while len(running) < workers and (wanted := decisions.to_run(running)):
            decided = {verdict.id for verdict in decisions.verdicts}
            assert not decided & set(wanted) and not set(every) & set(wanted), "no work is done twice"
            assert len(set(wanted)) == len(wanted)
            running.append(choose(wanted, chance))
            every.append(running[-1])
        if not running:
            return every
        ready = running.pop(chance.randrange(len(running)))
        decisions.take(outcome(ready, kinds[ready]))


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("choice", CHOICES)
def test_every_run_comes_to_its_end(choice: str, workers: int) -> None:
    chance = random.Random(workers)
    for needs in (*all_graphs(3), *some_graphs(7, 60, chance)):
        for _ in range(5):
            kinds = {id: chance.choice((PASSED, *KINDS)) for id in needs}
            decisions = Decisions(exercises_of(needs))
            assert not decisions.complete
            ran(decisions, kinds, workers, CHOICES[choice], chance)
            assert decisions.complete, (needs, kinds)
            assert said_of(decisions) == one_after_the_other(needs, kinds), (needs, kinds)
            assert decisions.to_run(()) == []


def test_one_worker_that_takes_the_first_runs_nothing_in_vain() -> None:
    """It runs the exercises of the rule, and none that has to wait: a starter with one open exercise takes a short
    time."""
    chance = random.Random(1)
    for needs in (*all_graphs(3), *some_graphs(7, 60, chance)):
        kinds = {id: chance.choice((PASSED, FAILED)) for id in needs}
        every = ran(Decisions(exercises_of(needs)), kinds, 1, CHOICES["first"], chance)
        assert set(every) == {said.id for said in one_after_the_other(needs, kinds) if not said.waits_for}


@pytest.mark.parametrize("choice", CHOICES)
def test_where_none_waits(choice: str) -> None:
    chance = random.Random(2)
    for needs in some_graphs(5, 50, chance):
        kinds = {id: chance.choice(KINDS) for id in needs}
        decisions = Decisions(exercises_of(needs), ignore_needs=True)
        every = ran(decisions, kinds, 2, CHOICES[choice], chance)
        assert set(every) == set(needs)
        assert said_of(decisions) == one_after_the_other(needs, kinds, ignore_needs=True)
        assert not any(said.waits_for for said in said_of(decisions))


def test_a_need_that_is_not_checked_is_not_waited_for() -> None:
    decisions = Decisions(exercises_of({"1.2": ("1.1",), "1.3": ("1.1", "1.2")}))
    assert decisions.to_run(()) == ["1.2", "1.3"]
    assert decisions.take(outcome("1.3", PASSED)) == []
    assert [verdict.passed for verdict in decisions.take(outcome("1.2", PASSED))] == [True, True]


def test_what_waits_is_said_in_words_and_took_no_time() -> None:
    decisions = Decisions(exercises_of({"1.1": (), "1.2": ("1.1",)}))
    decisions.take(outcome("1.2", PASSED))
    _, second = decisions.take(outcome("1.1", FAILED))
    assert (second.passed, second.waits_for, second.seconds) == (False, "1.1", 0.0)
    assert second.message == "Waits for 1.1 (Title 1.1). Then: Title 1.2."


def test_nothing_to_check_is_complete() -> None:
    decisions = Decisions([])
    assert decisions.complete and decisions.verdicts == () and decisions.to_run(()) == []
