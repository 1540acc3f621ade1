"""Whatever names, kinds and bytes an archive has: nothing is written outside of the folder for it, and intake ends with
a submission."""

from __future__ import annotations

import io
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.grading.intake import take_in
from workbook.grading.limits import Limits
from workbook.grading.paths import LeadsOut, parts_of

from .examples import examples
from .making import STEP, Files, tarred, tree, zip_entry, zip_of_entries, zipped

QUICK = examples(60)
LIMITS = Limits(kept=50_000, file=20_000, files=30, archives=5, entries=200, read=500_000, ratio_from=100_000)

PARTS = st.one_of(
    st.sampled_from(
        [
            "..",
            ".",
            "",
            "/",
            "\\",
            "C:",
            "~",
            STEP,
            STEP.upper(),
            "chapters",
            "app.py",
            "con",
            "a\0b",
            "a\nb",
            "x" * 300,
        ]
    ),
    st.text(st.characters(codec="utf-8"), max_size=8),
)
NAMES = st.lists(PARTS, min_size=1, max_size=6).flatmap(
    lambda parts: st.sampled_from(["/", "\\", "//"]).map(lambda between: between.join(parts))
)
TO = st.sampled_from(["/etc/passwd", "..", "../../..", "../outside", "app.py", ""])
ZIP_MODES = st.sampled_from(
    [0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK]
)
TAR_KINDS = st.sampled_from(
    [
        tarfile.REGTYPE,
        tarfile.DIRTYPE,
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
        b"Z",
        b"S",
    ]
)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def hold(place: Path, data: bytes) -> None:
    """Takes it in, in the middle of a folder of which everything else must stay as it is."""
    here = place / "a" / "b" / "c"
    shutil.rmtree(place / "a", ignore_errors=True)
    (here / "outside").mkdir(parents=True)
    (here / "outside" / "app.py").write_text("the teacher's")
    (here / "class").mkdir()
    (here / "class" / "anna.zip").write_bytes(data)
    before = tree(place)
    (one,) = take_in([here / "class"], here / "into", LIMITS).submissions
    after = tree(place)
    inside = {path: kept for path, kept in after.items() if path.startswith("a/b/c/into")}
    assert {path: kept for path, kept in after.items() if path not in inside} == before
    assert all(stat.S_ISDIR(mode) or stat.S_ISREG(mode) for mode, _ in inside.values())
    assert one.student == "anna" and {path.name for path in (here / "into").iterdir()} == {one.key}
    assert {path.name for path in one.folder.iterdir()} == set(one.steps)
    files = [content for mode, content in inside.values() if stat.S_ISREG(mode)]
    assert len(files) <= LIMITS.files and sum(map(len, files)) <= LIMITS.kept
    assert all(note.text.splitlines() == [note.text] and note.text.isprintable() for note in one.notes)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@QUICK
@given(st.lists(st.tuples(NAMES, ZIP_MODES, TO), max_size=8))
def test_no_zip_writes_outside(place: Path, entries: list[tuple[str, int, str]]) -> None:
    made = [
        (zip_entry(name.encode("utf-8", "replace").decode(), mode=mode | 0o777), to)
        for name, mode, to in entries
    ]
    hold(place, zip_of_entries(*made))


@QUICK
@given(st.lists(st.tuples(NAMES, TAR_KINDS, TO), max_size=8), st.sampled_from(["", "gz"]))
def test_no_tar_writes_outside(place: Path, members: list[tuple[str, bytes, str]], packed: str) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode=f"w:{packed}", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        for name, kind, to in members:
            info = tarfile.TarInfo(name.replace("\0", ""))
            info.type, info.linkname = kind, to
            info.size = len(to) if kind in (tarfile.REGTYPE, b"Z", b"S") else 0
            archive.addfile(info, io.BytesIO(to.encode()) if info.size else None)
    hold(place, whole.getvalue())


WHOLE: Files = {
    f"{STEP}/app.py": "x = 1\n" * 50,
    f"{STEP}/static/a.css": "p {}",
    "more.zip": zipped({"a": "b"}),
}
SEEDS = [zipped(WHOLE), tarred(WHOLE), tarred(WHOLE, "gz"), tarred(WHOLE, "bz2"), tarred(WHOLE, "xz")]


@QUICK
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=4)), max_size=6),
)
def test_no_damage_is_an_error(place: Path, data: bytes, changes: list[tuple[int, bytes]]) -> None:
    whole = bytearray(data)
    for at, new in changes:
        at %= len(whole)
        whole[at : at + len(new)] = new
    hold(place, bytes(whole))


@QUICK
@given(
    st.sampled_from([b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b""]),
    st.binary(max_size=800),
)
def test_no_bytes_are_an_error(place: Path, begin: bytes, rest: bytes) -> None:
    hold(place, begin + rest)


@examples(500)
@given(NAMES)
def test_every_name_leads_below_or_nowhere(name: str) -> None:
    try:
        parts = parts_of(name, Limits())
    except LeadsOut:
        return
    base = Path("base").resolve()
    place = base.joinpath(*parts)
    assert place.resolve().is_relative_to(base) and place.relative_to(base).parts == parts
    assert not {"..", ".", ""} & set(parts) and not any(char in part for part in parts for char in "/\\:\0\n")
