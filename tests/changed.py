"""`python3 -m workbook test --changed [BASE]`: the files that git names as changed, and the tests that these touch."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from workbook.course.places import ROOT

from .reach import Reach, Touched, touched

# How long tests are begun (seconds), so that all end in under a minute.
_LONG = 40.0
_EVERYTHING = "`python3 -m workbook test` runs everything."


class NotKnown(Exception):
    """The changed files are not known. Its text is one line that says why."""


def changed_files(root: Path, base: str | None = None) -> tuple[str, list[str]]:
    """The changes below `root`: since when, in words, and the files' paths from there.

    Without a base these are the files that are not committed; where there are none, those of the last commit. With a
    base they are all files that differ from the commit where the branches of HEAD and of the base part. NotKnown where
    git fails.
    """
    try:
        _git(root, "ls-files", "--error-unmatch", "pyproject.toml")
    except NotKnown:
        raise NotKnown(
            f"{root} is no git checkout, so nobody knows what has changed. {_EVERYTHING}"
        ) from None
    if base:
        try:
            commit = _git(root, "merge-base", base, "HEAD").strip()
        except NotKnown:
            raise NotKnown(f"git knows no commit {base!r} from which this branch grew.") from None
        return f"since {base} ({commit[:7]})", _differ(root, commit)
    if open_now := _differ(root, "HEAD"):
        return "since the last commit", open_now
    try:
        return "with the last commit", _differ(root, "HEAD~1")
    except NotKnown:
        raise NotKnown("Before the last commit git has none: name a BASE to compare with.") from None


def _differ(root: Path, commit: str) -> list[str]:
    """The files that differ from that commit, untracked ones among them."""
    told = _git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", commit, "--")
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({path for path in (told + new).split("\0") if path})


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, encoding="utf-8")
    except FileNotFoundError:
        raise NotKnown(f"git is not installed here. {_EVERYTHING}") from None
    if done.returncode != 0:
        raise NotKnown(done.stderr.strip())
    return done.stdout


def said(since: str, changed: Sequence[str], tests: Touched, of: int) -> str:
    """The tests that run and why, in one line."""
    what = f"{len(changed)} {'file has' if len(changed) == 1 else 'files have'} changed {since} ({_some(changed)})"
    if not changed:
        return f"Nothing has changed {since}."
    if not tests.files:
        return f"{what}, and no test is known for {'it' if len(changed) == 1 else 'them'}."
    untested = f" No test is known for {_some(tests.untested)}." if tests.untested else ""
    return (
        f"{what}: tests of up to {len(tests.files)} of {of} files run, the nearest first ({_some(tests.files)})."
        f"{untested} Slow tests, and those that have not begun after {_LONG:.0f} seconds, are left to the whole suite."
    )


def _some(paths: Sequence[str]) -> str:
    return ", ".join([*paths[:3], *([f"{len(paths) - 3} more"] if len(paths) > 3 else [])])


def main(base: str, arguments: Sequence[str]) -> int:
    """Runs the tests; returns 0 where none fails, 1 where one does, 2 where the changed files are not known."""
    until = time.time() + _LONG
    try:
        since, changed = changed_files(ROOT, base or None)
    except NotKnown as error:
        print(error, file=sys.stderr)
        return 2
    reach = Reach(ROOT)
    tests = touched(reach, changed)
    print(said(since, changed, tests, len(reach.tests())), flush=True)
    if not tests.files:
        return 0
    code = pytest.main(
        [
            *("--nbval", "-n", "auto", "--dist", "loadgroup", "--no-loadscope-reorder"),
            *("-p", "tests.nearest", f"--touched={json.dumps(tests.plain())}", f"--until={until}"),
            *arguments,
            *tests.files,
        ]
    )
    return 0 if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
