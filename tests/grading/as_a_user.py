"""Runs a lane as a user without rights, and says what came out: `python -m tests.grading.as_a_user FOLDER NAME…`.

It starts as root, and gives up all of root's rights first. Where a folder above Python, its packages or the workbook is
closed to other users, it gets a mount namespace of its own, in which that folder has nothing but these.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import tempfile
from pathlib import Path

from workbook.course.places import ROOT

NOBODY = 65534
_NEW_MOUNTS, _BIND, _RECURSIVE, _PRIVATE = 0x2_0000, 0x1000, 0x4000, 0x4_0000


def open_to_all(places: list[Path], hold: Path) -> None:
    """Lets every user of this process's mount namespace come to these places."""
    libc = ctypes.CDLL(None, use_errno=True)

    def called(done: int) -> None:
        if done != 0:
            raise OSError(ctypes.get_errno(), "no mount namespace")

    def mount(source: Path, target: Path, kind: bytes | None, flags: int, options: bytes | None) -> None:
        called(libc.mount(bytes(source), bytes(target), kind, flags, options))

    closed: dict[Path, list[Path]] = {}
    for place in places:
        for folder in reversed(place.parents):
            if not folder.stat().st_mode & 0o001:
                closed.setdefault(folder, []).append(place)
                break
    called(libc.unshare(_NEW_MOUNTS))
    mount(Path("none"), Path("/"), None, _RECURSIVE | _PRIVATE, None)
    for folder, inside in closed.items():
        kept = []
        for number, place in enumerate(inside):
            kept.append(hold / f"{folder.name}-{number}")
            kept[-1].mkdir()
            mount(place, kept[-1], None, _BIND | _RECURSIVE, None)
        mount(Path("none"), folder, b"tmpfs", 0, b"mode=755")
        for place, held in zip(inside, kept, strict=True):
            place.mkdir(parents=True, exist_ok=True)
            mount(held, place, None, _BIND | _RECURSIVE, None)


def main(place: Path, names: list[str]) -> None:
    """Grades the attacks of these names, and honest work after each, in a folder that everyone may write to. Prints
    what submissions are isolated by, and for each the number of exercises, those passed, the trouble, and what it
    said."""
    (place / "hold").mkdir()
    open_to_all(list(dict.fromkeys([Path(sys.base_prefix), Path(sys.prefix), ROOT, place])), place / "hold")
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.environ["HOME"] = tempfile.tempdir = str(place / "temporary")

    from workbook.grading.isolation import isolated_by

    from .test_hostile import ATTACKS, FIRST, PROBES, Attack, Classroom, honest, looks_for

    said: dict[str, object] = {"isolated by": isolated_by()}
    classroom = Classroom(place)
    with classroom.lane:
        for name in names:
            attack = looks_for(PROBES) if name == "all probes" else ATTACKS[name]
            _, folder = classroom.new()
            known = {"VICTIM": str(classroom.victim), "WATCHED": str(classroom.watched)}
            before = f"import os\nos.environ.update({known!r})\n{attack.before}"
            result = classroom.graded(
                Attack(**{**attack.__dict__, "before": before}).write(folder), attack.step
            )
            mark, folder = classroom.new()
            after = classroom.graded(honest(folder, mark), FIRST)
            said[name] = {
                "passed": [verdict.passed for verdict in result.verdicts],
                "trouble": result.trouble,
                "messages": [verdict.message for verdict in result.verdicts],
                "honest": [verdict.passed for verdict in after.verdicts],
                "outside": classroom.outside() == classroom.before,
            }
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
