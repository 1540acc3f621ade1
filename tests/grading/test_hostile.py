"""Hostile submissions, each graded in the same lane as honest ones: none gets what it wants, and nothing is left."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workbook.course.errors import WorkbookError
from workbook.course.places import ROOT
from workbook.course.steps import find_step
from workbook.grading.intake import take_in
from workbook.grading.isolation import FILTERED, isolated_by
from workbook.grading.results import StepResult
from workbook.grading.running import How, Lane

from ..processes import end
from .hostile import ANY, AS_THE_STARTER, FAILS, FIRST, PASSES, WITH_DATABASE, Attack, honest
from .hostile.forging import FORGERIES
from .hostile.lasting import LASTING
from .hostile.looking import PROBES, looks_for
from .hostile.using import DATA, USING
from .making import tree

ATTACKS = {**FORGERIES, **LASTING, **USING, **DATA}
# What only the filter of system calls keeps from an app. It is there on two kinds of processors.
BY_THE_FILTER = (
    *("makes a namespace of users", "clones into a namespace of users", "uses memory that nobody counts"),
    *("uses memory without a name", "uses memory of System V", "leaves its processor", "reads keys"),
    *(
        "asks the kernel for all sockets",
        "has a socket for ciphers",
        "has a socket to the host of a virtual machine",
    ),
    *("uses io_uring", "watches the machine"),
)
# The longest time for an exercise, and for a submission (seconds). Honest work takes a tenth.
HOW = How((FIRST, WITH_DATABASE), seconds=90.0, exercise_seconds=20.0)


def in_memory() -> set[str]:
    """The folders in memory that this process has."""
    return {place.name for place in Path("/dev/shm").glob(f"*-{os.getpid()}-*")}


class Classroom:
    """A lane, and what no submission may change: a folder of the teacher's, and the repository."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.watched = place / "watched"
        self.watched.mkdir(mode=0o777)
        self.victim = self.watched / "victim"
        self.victim.write_text("the teacher's", encoding="utf-8")
        self.victim.chmod(0o666)
        # What other tests of this process have started, and still use.
        self.others = {process.pid for process in psutil.Process().children(recursive=True)}
        self.others_in_memory = in_memory()
        self.lane = Lane(HOW)
        self._numbers = iter(range(10**6))
        self.before = self.outside()

    def outside(self) -> object:
        """All that no submission may change, as it is now."""
        digest = hashlib.sha256()
        # Not chapters: it is the student's, and other tests may be working in it meanwhile.
        for folder in ("workbook", "solutions", "tests", "diagrams"):
            for file in sorted((ROOT / folder).rglob("*")):
                if "__pycache__" not in file.parts and file.is_file():
                    digest.update(
                        f"{file} {file.stat().st_mode} {file.stat().st_size}".encode() + file.read_bytes()
                    )
        return tree(self.watched), digest.hexdigest(), socket.gethostname()

    def children(self) -> list[psutil.Process]:
        """The processes that the lane has started."""
        every = psutil.Process().children(recursive=True)
        return [process for process in every if process.pid not in self.others]

    def new(self) -> tuple[str, Path]:
        """A mark, and a folder, for the next submission."""
        mark = f"submission {next(self._numbers)}"
        folder = self.place / mark.replace(" ", "-")
        folder.mkdir()
        return mark, folder

    def graded(self, folder: Path, step: str = FIRST) -> StepResult:
        """The result of a step of one submission, taken in and graded."""
        (one,) = take_in([folder], folder.with_name(f"{folder.name}-taken")).submissions
        return next(result for result in self.lane.grade(one.folder) if result.step == step)


@pytest.fixture(scope="session")
def isolated() -> str:
    """What submissions are isolated by on this machine."""
    if sys.platform != "linux":
        pytest.skip("only Linux can keep submissions apart")
    try:
        return isolated_by()
    except WorkbookError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def classroom(isolated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    """A lane for all tests of this file, with temporary folders of its own. Other files' tests get theirs elsewhere: a
    PostgreSQL server of root's cannot be below pytest's own folder."""
    with pytest.MonkeyPatch.context() as patch, socket.socket(socket.AF_UNIX) as abstract:
        place = tmp_path_factory.mktemp("hostile")
        (place / "temporary").mkdir()
        patch.setattr(tempfile, "tempdir", str(place / "temporary"))
        patch.setenv("OF_THE_TEACHER", "a secret")
        # Another run of these tests on this machine may have it: then there is one to look for, too.
        with contextlib.suppress(OSError):
            abstract.bind("\0of the teacher")
            abstract.listen()
        room = Classroom(place)
        yield room
        room.lane.__exit__()


@pytest.fixture(scope="module")
def starters_passed(classroom: Classroom) -> set[str]:
    """The exercises of the first step that its starter passes."""
    _, folder = classroom.new()
    result = classroom.graded(Attack("", onto_starter=True).write(folder))
    assert not result.trouble
    return passed(result)


def passed(result: StepResult) -> set[str]:
    return {verdict.id for verdict in result.verdicts if verdict.passed}


def hold_honest_work(classroom: Classroom) -> None:
    mark, folder = classroom.new()
    result = classroom.graded(honest(folder, mark))
    assert not result.trouble and all(verdict.passed for verdict in result.verdicts), result
    assert result.left_behind == 0


def hold_what_is_said(result: StepResult) -> None:
    """A result is complete or says why not; its texts have no traceback and no path of ours, and nothing that a
    terminal would obey."""
    assert bool(result.trouble) == (len(result.verdicts) < len(find_step(result.step).exercises))
    said = "\n".join([result.trouble, *(verdict.message for verdict in result.verdicts)])
    assert "Traceback" not in said and str(ROOT) not in said
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", said)


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_gets_what_it_wants(name: str, classroom: Classroom, starters_passed: set[str]) -> None:
    attack = ATTACKS[name]
    mark, folder = classroom.new()
    where = f"import os\nos.environ['VICTIM'] = {str(classroom.victim)!r}  # {mark}\n"
    attack = Attack(**{**attack.__dict__, "before": f"{where}{attack.before}"})
    result = classroom.graded(attack.write(folder), attack.step)
    hold_what_is_said(result)
    every = {exercise.id for exercise in find_step(attack.step).exercises}
    assert "WORKED" not in str(result.verdicts)
    if attack.expects == PASSES:
        assert passed(result) == every, result
    elif attack.expects == AS_THE_STARTER:
        assert passed(result) == starters_passed, result
    elif attack.expects != ANY:
        assert passed(result) != every, result
        assert attack.expects != FAILS or not result.trouble
    hold_honest_work(classroom)
    assert classroom.outside() == classroom.before


@pytest.fixture(scope="module")
def found(classroom: Classroom, isolated: str) -> set[str]:
    """What an app found that looks for a way out. It passes where it finds nothing."""
    _, folder = classroom.new()
    probes = {
        name: code for name, code in PROBES.items() if isolated == FILTERED or name not in BY_THE_FILTER
    }
    attack = looks_for(probes)
    before = f"import os\nos.environ['WATCHED'] = {str(classroom.watched)!r}\n{attack.before}"
    result = classroom.graded(Attack(attack.tries, before=before).write(folder))
    hold_honest_work(classroom)
    assert classroom.outside() == classroom.before
    if not result.trouble and all(verdict.passed for verdict in result.verdicts):
        return set()
    worked = re.search(r"WORKED: (.*?)'\)", result.verdicts[0].message)
    assert worked, result
    return set(worked[1].split("; "))


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBES)
def test_no_app_finds_a_way_out(name: str, found: set[str], isolated: str) -> None:
    if name in BY_THE_FILTER and isolated != FILTERED:
        pytest.skip("there is no filter of system calls for this machine")
    assert name not in found


@pytest.mark.slow
def test_probes_can_find_something(isolated: str) -> None:
    """Outside of the confinement, probes do find something: none is silent because its code is wrong."""
    names = {}
    exec(looks_for(PROBES).before.rpartition("if worked:")[0].partition("worked = []")[0], names)
    for name in ("sees processes in /proc", "sees another network", "uses memory that nobody counts"):
        exec(PROBES[name], names)


@pytest.mark.slow
def test_nothing_is_left_at_the_end(classroom: Classroom) -> None:
    """The last test of the file: it ends the lane."""
    family = classroom.children()
    classroom.lane.__exit__()
    assert end(family) and not classroom.children()
    assert os.listdir(tempfile.gettempdir()) == []  # noqa: PTH208
    assert in_memory() <= classroom.others_in_memory
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    assert f"-{os.getpid()}-" not in mounts and str(classroom.place) not in mounts
    assert classroom.outside() == classroom.before
