"""Archives of every kind are unpacked, hostile ones too, and nothing of them lands outside."""

from __future__ import annotations

import io
import lzma
import random
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from workbook.grading.limits import Limits

from .making import (
    SECOND,
    STEP,
    app,
    files_of,
    from_bytes,
    said,
    tar_entry,
    tarred,
    tree,
    within,
    zip_entry,
    zip_of_entries,
    zipped,
)

ANNA = app("anna")
KEPT = {f"{STEP}/app.py": "# anna\n", f"{STEP}/templates/index.html": "<p>anna</p>\n"}


@pytest.mark.parametrize(
    "name, data",
    [
        ("anna.zip", zipped(ANNA)),
        ("anna.tar", tarred(ANNA)),
        ("anna.tar.gz", tarred(ANNA, "gz")),
        ("anna.tgz", tarred(ANNA, "gz")),
        ("anna.tar.bz2", tarred(ANNA, "bz2")),
        ("anna.tar.xz", tarred(ANNA, "xz")),
        ("ANNA.ZIP", zipped(ANNA)),
        ("anna.zip", tarred(ANNA, "gz")),  # what it is counts, not what it is called
        ("anna.tar.gz", zipped(ANNA)),
    ],
    # Not by its content: a gzip file has the second in it at which it was made, and workers need the same names.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_kind_of_archive(tmp_path: Path, name: str, data: bytes) -> None:
    one = from_bytes(data, tmp_path, name)
    assert files_of(one) == KEPT and one.steps == (STEP,) and said(one) == ""
    assert one.student.lower() == "anna"


def test_all_archives_of_the_same_files_have_one_digest(tmp_path: Path) -> None:
    data = (zipped(ANNA), tarred(ANNA), tarred(within("deep/in/it", ANNA), "xz"))
    assert len({from_bytes(one, tmp_path).digest for one in data}) == 1
    assert from_bytes(zipped(app("ben")), tmp_path).digest != from_bytes(data[0], tmp_path).digest


HOSTILE = {
    f"../{STEP}/up.py": "a path with ..",
    f"{STEP}/../../up.py": "a path with ..",
    f"/{STEP}/root.py": "an absolute path",
    f"//host/{STEP}/share.py": "an absolute path",
    f"C:/{STEP}/drive.py": "a path with a drive letter",
    f"c:{STEP}/drive.py": "a path with a drive letter",
    f"{STEP}/back\\slash.py": "a backslash in the name",
    f"{STEP}/line\nbreak.py": "a control character or a line break in the name",
    f"{STEP}/line\u2028break.py": "a control character or a line break in the name",
    f"{STEP}/escape\x1b[31m.py": "a control character or a line break in the name",
    f"{STEP}/con.py": "a name that Windows does not allow",
    f"{STEP}/NUL": "a name that Windows does not allow",
    f"{STEP}/lpt1.html": "a name that Windows does not allow",
    f"{STEP}/stream.py:hidden": "a name that Windows does not allow",
    f"{STEP}/dot./app.py": "a name that Windows does not allow",
    f"{STEP}/space /app.py": "a name that Windows does not allow",
    f"{STEP}/what?.py": "a name that Windows does not allow",
    f"{STEP}/" + "a/" * 200 + "deep.py": "more than 20 folders in one another",
    f"{STEP}/" + "b" * 190 + "/c.py": "a path of more than 200 characters",
    f"{STEP}/" + "ü" * 101 + ".py": "a name of more than 200 bytes",
}


@pytest.mark.parametrize("make", [zipped, tarred], ids=["zip", "tar"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_could_lead_out_is_left_out(
    tmp_path: Path, make: Callable[..., bytes], name: str
) -> None:
    before = tree(tmp_path)
    one = from_bytes(make({**ANNA, name: "evil"}), tmp_path)
    assert files_of(one) == KEPT, "and nothing else"
    assert HOSTILE[name] in said(one)
    assert not any(char < " " for note in one.notes for char in note.text)
    outside = {place for place in tree(tmp_path) if not place.startswith("into")} - set(before)
    assert outside == {"anna.zip"}


def test_a_nul_in_a_name_is_left_out(tmp_path: Path) -> None:
    """Python's zipfile would call it app.py."""
    data = zip_of_entries(
        *((zip_entry(name), text) for name, text in ANNA.items()), (zip_entry(f"{STEP}/app.py\0.txt"), "evil")
    )
    one = from_bytes(data, tmp_path)
    assert files_of(one) == KEPT and "a NUL in the name" in said(one)


def test_a_zip_of_old_windows_has_backslashes(tmp_path: Path) -> None:
    files = {name.replace("/", "\\"): text for name, text in ANNA.items()}
    assert files_of(from_bytes(zipped(files), tmp_path)) == KEPT
    out = {**files, f"..\\..\\{STEP}\\up.py": "evil", f"C:\\{STEP}\\drive.py": "evil"}
    one = from_bytes(zipped(out), tmp_path)
    assert files_of(one) == KEPT
    assert "a path with .." in said(one) and "a drive letter" in said(one)


def test_a_zip_of_macos_has_utf_8_without_saying_so(tmp_path: Path) -> None:
    data = zipped({**ANNA, f"{STEP}/static/Müller.css": "p {}"})
    # The flag stands at 6 in a local header, and at 8 in the list at the end.
    assert b"PK\3\4" in data
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            flags = struct.unpack_from("<H", data, at + place)[0] & ~0x800
            data = data[: at + place] + struct.pack("<H", flags) + data[at + place + 2 :]
    assert f"{STEP}/static/Müller.css" in files_of(from_bytes(data, tmp_path))


@pytest.mark.parametrize(
    "mode, kind",
    [
        (stat.S_IFLNK, "a symbolic link"),
        (stat.S_IFIFO, "a pipe"),
        (stat.S_IFSOCK, "a socket"),
        (stat.S_IFCHR, "a device"),
        (stat.S_IFBLK, "a device"),
    ],
)
def test_what_is_no_file_in_a_zip(tmp_path: Path, mode: int, kind: str) -> None:
    entries = [(zip_entry(name), text) for name, text in ANNA.items()]
    for name in (f"{STEP}/answers.toml", SECOND, "chapters"):
        entries.append((zip_entry(name, mode=mode | 0o777), "/etc/passwd"))
    one = from_bytes(zip_of_entries(*entries), tmp_path)
    assert files_of(one) == KEPT
    names = ", ".join(f"anna.zip/{name}" for name in (f"{STEP}/answers.toml", SECOND, "chapters"))
    assert f"led out: Left out, {kind}: {names}." in said(one)


@pytest.mark.parametrize(
    "member, kind",
    [
        (tar_entry(f"{STEP}/answers.toml", tarfile.SYMTYPE, "/etc/passwd"), "a symbolic link"),
        (tar_entry(f"{STEP}", tarfile.SYMTYPE, "../../solutions"), "a symbolic link"),
        (tar_entry(f"{STEP}/hard.py", tarfile.LNKTYPE, f"{STEP}/app.py"), "a hard link"),
        (tar_entry(f"{STEP}/hard.py", tarfile.LNKTYPE, "/etc/passwd"), "a hard link"),
        (tar_entry(f"{STEP}/null", tarfile.CHRTYPE), "a device"),
        (tar_entry(f"{STEP}/disk", tarfile.BLKTYPE), "a device"),
        (tar_entry(f"{STEP}/pipe", tarfile.FIFOTYPE), "a pipe"),
    ],
    ids=lambda value: value.name if isinstance(value, tarfile.TarInfo) else value,
)
def test_what_is_no_file_in_a_tar(tmp_path: Path, member: tarfile.TarInfo, kind: str) -> None:
    one = from_bytes(tarred(ANNA, more=(member,)), tmp_path)
    assert files_of(one) == KEPT
    assert f"led out: Left out, {kind}: anna.zip/{member.name}." in said(one)


def test_a_file_is_not_written_through_a_link_before_it(tmp_path: Path) -> None:
    """The oldest trick: a link to a folder outside, then a file in that folder."""
    outside = tmp_path / "outside"
    outside.mkdir()
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        archive.addfile(tar_entry(f"{STEP}/templates", tarfile.SYMTYPE, str(outside)))
        info = tarfile.TarInfo(f"{STEP}/templates/evil.html")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"evil"))
    one = from_bytes(whole.getvalue(), tmp_path, "anna.tar")
    assert list(outside.iterdir()) == []
    assert files_of(one) == {f"{STEP}/templates/evil.html": "evil"} and "a symbolic link" in said(one)


SMALL = Limits(
    kept=20_000,
    file=5_000,
    files=20,
    packed=200_000,
    archives=5,
    nested=2,
    ratio=50,
    ratio_from=30_000,
    entries=200,
    read=300_000,
)


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("make", [zipped, tarred], ids=["zip", "tar"])
@pytest.mark.parametrize(
    "more, reason",
    [
        ({f"{STEP}/video.mp4": noise(5_001)}, "larger than one file may be"),
        ({f"{STEP}/{n}.bin": noise(4_000, n) for n in range(6)}, "more than 20000 bytes in all files"),
        ({f"{STEP}/{n}.txt": "" for n in range(30)}, "more than 20 files"),
        ({f"{n}.txt": "" for n in range(300)}, "more than 200 entries"),
        ({f"{STEP}/{n}.bin": noise(5_001, n) for n in range(80)}, "to unpack"),
    ],
    ids=["file", "kept", "files", "entries", "read"],
)
def test_a_limit_ends_it_and_what_was_before_stays(
    tmp_path: Path, make: Callable[..., bytes], more: dict[str, bytes], reason: str
) -> None:
    one = from_bytes(make({**ANNA, **more}), tmp_path, limits=SMALL)
    kept = files_of(one)
    assert KEPT.items() <= kept.items(), said(one)
    assert len(kept) <= 20 and sum(len(text.encode()) for text in kept.values()) < 100_000
    assert all(file.stat().st_size <= 5_000 for file in one.folder.rglob("*") if file.is_file())
    assert reason in said(one)
    assert {"limit"} & {note.kind for note in one.notes}


def test_a_bomb_in_a_zip_is_counted_and_not_believed(tmp_path: Path) -> None:
    """Its header says that there is one byte; 10 MB come out."""
    data = zipped({**ANNA, f"{STEP}/bomb.txt": b"0" * 10_000_000})
    assert len(data) < 20_000
    one = from_bytes(data, tmp_path, limits=SMALL)
    assert files_of(one) == KEPT and "bomb.txt" in said(one)
    lying = data.replace(struct.pack("<L", 10_000_000), struct.pack("<L", 1))
    one = from_bytes(lying, tmp_path, limits=SMALL)
    assert KEPT.items() <= files_of(one).items()
    assert sum(len(text) for text in files_of(one).values()) < 10_000


def test_the_ratio_of_an_archive_is_limited(tmp_path: Path) -> None:
    """Many files, each of an allowed size."""
    limits = Limits(ratio=20, ratio_from=10_000)
    files = {**ANNA, **{f"{STEP}/{n}.txt": b"0" * 50_000 for n in range(20)}}
    for data in (zipped(files), tarred(files, "gz"), tarred(files, "xz"), tarred(files, "bz2")):
        one = from_bytes(data, tmp_path, limits=limits)
        size = sum(len(text) for text in files_of(one).values())
        assert size <= max(20 * len(data), 10_000) and "more than 20 times its size" in said(one)
    assert "times" not in said(from_bytes(tarred(files), tmp_path, limits=limits))


@pytest.mark.parametrize("packed", ["gz", "bz2", "xz"])
def test_a_tar_that_never_ends_is_cut(tmp_path: Path, packed: str) -> None:
    """8 MB of it are unwanted: they are read over, and that is counted, too."""
    files = {**ANNA, "beside.bin": b"\1" * 8_000_000, f"{SECOND}/app.py": "late"}
    one = from_bytes(tarred(files, packed), tmp_path, limits=Limits(ratio=100, ratio_from=2_000_000))
    assert files_of(one) == KEPT
    assert "more than 100 times its size" in said(one) and "beside.bin" in said(one)


def test_an_xz_that_wants_all_memory_is_damaged_for_us(tmp_path: Path) -> None:
    packed = lzma.compress(
        tarred(ANNA), filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    )
    one = from_bytes(packed, tmp_path, "anna.tar.xz")
    assert files_of(one) == {} and "unread" in said(one)


def test_a_long_header_of_a_tar_is_not_read(tmp_path: Path) -> None:
    """Python's tarfile would read 30 MB at once, and search in it for ever."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 30_000_000
    data = tarred(ANNA)[: -tarfile.RECORDSIZE] + b"" + info.tobuf(tarfile.GNU_FORMAT) + b"1" * 30_000_000
    members = tarred(ANNA).rstrip(b"\0")
    data = members + b"\0" * (-len(members) % 512) + info.tobuf(tarfile.GNU_FORMAT) + b"1" * 30_000_000
    one = from_bytes(data, tmp_path, "anna.tar")
    assert files_of(one) == KEPT and "a header that is too long" in said(one)


def test_headers_without_end_in_a_tar(tmp_path: Path) -> None:
    """Each long name stands before the next long name: tarfile goes one deeper for each."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 4
    one_header = info.tobuf(tarfile.GNU_FORMAT) + b"abc\0".ljust(512, b"\0")
    one = from_bytes(one_header * 20_000 + tarred(ANNA), tmp_path, "anna.tar")
    assert files_of(one) == {} and "damaged" in said(one)


def test_a_zip_with_a_long_list_is_not_read(tmp_path: Path) -> None:
    """zipfile would make an object for each entry, before anybody can count them."""
    data = zipped({**ANNA, **{f"{n:06}": "" for n in range(4_000)}})
    one = from_bytes(data, tmp_path, limits=Limits(entries=500))
    assert files_of(one) == {} and "has more than 500 entries" in said(one)


@pytest.mark.parametrize("make", [zipped, lambda files: tarred(files, "gz")], ids=["zip", "tar.gz"])
def test_an_archive_in_an_archive(tmp_path: Path, make: Callable[..., bytes]) -> None:
    data = make({"Hand in/work.zip": zipped(within("chapters", ANNA)), "notes.txt": "hello"})
    one = from_bytes(data, tmp_path)
    assert files_of(one) == KEPT and one.student == "anna"
    for_each_step = make(
        {f"{STEP}.zip": zipped({"app.py": "# anna\n"}), f"{SECOND}.tgz": tarred(app("anna", SECOND), "gz")}
    )
    one = from_bytes(for_each_step, tmp_path)
    assert one.steps == (STEP, SECOND)
    assert files_of(one)[f"{STEP}/app.py"] == "# anna\n" == files_of(one)[f"{SECOND}/app.py"]


def test_an_archive_beside_the_folder_that_it_was_made_of(tmp_path: Path) -> None:
    """Two versions are not mixed: it is the one or the other."""
    old, new = {f"{STEP}/app.py": "# old", f"{STEP}/only_old.py": ""}, {"app.py": "# new", "only_new.py": ""}
    whole = zip_of_entries(
        *((zip_entry(name, (2026, 11, 1)), text) for name, text in old.items()),
        (zip_entry(f"{STEP}.zip", (2026, 11, 2)), zipped(new, (2026, 11, 2))),
    )
    one = from_bytes(whole, tmp_path)
    assert files_of(one) == {f"{STEP}/{name}": text for name, text in new.items()}
    assert (
        f"anna.zip/{STEP}.zip was taken: it is the newest. The rest was left out: anna.zip/{STEP}."
        in said(one)
    )


def test_archives_in_archives_end_somewhere(tmp_path: Path) -> None:
    data = zipped(ANNA)
    for n in range(10):
        data = zipped({f"{n}.zip": data})
    one = from_bytes(data, tmp_path)
    assert files_of(one) == {} and "archives in more than 3 archives" in said(one)
    many = zipped({f"{n}.zip": zipped({"readme.txt": ""}) for n in range(100)} | ANNA)
    assert "more than 50 archives" in said(from_bytes(many, tmp_path))


def test_an_archive_in_a_step_folder_is_a_file_of_the_app(tmp_path: Path) -> None:
    files = {**ANNA, f"{STEP}/static/download.zip": zipped({"a": "b"})}
    assert f"{STEP}/static/download.zip" in files_of(from_bytes(zipped(files), tmp_path))


def test_a_name_twice_in_an_archive(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with pytest.warns(UserWarning), zipfile.ZipFile(whole, "w") as archive:
        for text in ("first", "second"):
            archive.writestr(f"{STEP}/app.py", text)
    one = from_bytes(whole.getvalue(), tmp_path)
    assert files_of(one) == {f"{STEP}/app.py": "second"} and "the same name again" in said(one)


@pytest.mark.parametrize(
    "second, reason",
    [
        (f"{STEP}/APP.py", "only in case"),
        (f"{STEP.upper()}/app.py", "only in case"),
        (f"{STEP}/app.py/x.py", "a file and a folder of one name"),
        (f"{STEP}/templates", "a file and a folder of one name"),
    ],
)
def test_names_that_are_one_on_some_systems(tmp_path: Path, second: str, reason: str) -> None:
    one = from_bytes(zipped({**ANNA, second: "second"}), tmp_path)
    assert files_of(one) == KEPT and reason in said(one)


def with_password(data: bytes) -> bytes:
    """The same zip, which says of every entry that it is encrypted."""
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data = data.replace(mark, mark[:2] + mark[2:])
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            flags = struct.unpack_from("<H", data, at + place)[0] | 1
            data = data[: at + place] + struct.pack("<H", flags) + data[at + place + 2 :]
    return data


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "is empty"),
        (b"no archive at all", "is no zip and no tar"),
        (b"PK\3\4" + noise(1000), "is damaged, or no zip"),
        (zipped(ANNA)[:-30], "is damaged, or no zip"),
        (b"\x1f\x8b" + noise(1000), "is damaged, or no tar"),
        (b"BZh9" + noise(1000), "is damaged, or no tar"),
        (b"\xfd7zXZ\0" + noise(1000), "is damaged, or no tar"),
        (with_password(zipped(ANNA)), "needs a password"),
        (b"Rar!\x1a\7" + noise(100), "is no zip and no tar"),
    ],
    ids=[
        "empty",
        "text",
        "zip of noise",
        "cut zip",
        "gz of noise",
        "bz2 of noise",
        "xz of noise",
        "password",
        "rar",
    ],
)
def test_what_is_no_archive_is_a_note(tmp_path: Path, data: bytes, reason: str) -> None:
    one = from_bytes(data, tmp_path)
    assert one.steps == () and reason in said(one)
    assert {note.kind for note in one.notes} == {"unread", "nothing"}


@pytest.mark.parametrize("packed", ["", "gz", "bz2", "xz"])
def test_a_tar_that_was_cut_off_keeps_what_came_before(tmp_path: Path, packed: str) -> None:
    files = {**ANNA, f"{STEP}/long.bin": noise(1_100_000), f"{SECOND}/app.py": "late"}
    data = tarred(files, packed)
    one = from_bytes(data[: len(data) // 2], tmp_path, "anna.tar")
    assert f"{SECOND}/app.py" not in files_of(one)
    assert "unread" in said(one)
    if packed != "bz2":  # it gives nothing before a block of 900 KB is whole
        assert KEPT.items() <= files_of(one).items()


def test_a_damaged_header_in_a_tar_is_no_silent_end(tmp_path: Path) -> None:
    """tarfile takes it for the end, and would say nothing of what comes after."""
    data = bytearray(tarred({**ANNA, f"{SECOND}/app.py": "late"}))
    at = data.index(SECOND.encode())
    data[at + 150] ^= 0xFF  # the checksum
    one = from_bytes(bytes(data), tmp_path, "anna.tar")
    assert files_of(one) == KEPT and "damaged" in said(one)


def test_a_damaged_file_in_a_zip_is_left_out_alone(tmp_path: Path) -> None:
    data = bytearray(zipped({f"{STEP}/broken.bin": noise(1000), **ANNA}))
    at = data.index(b"broken.bin") + 200
    data[at] ^= 0xFF
    one = from_bytes(bytes(data), tmp_path)
    assert files_of(one) == KEPT and f"unread: Left out, it is damaged: anna.zip/{STEP}/broken.bin." in said(
        one
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_is_packed_in_an_unusual_way(tmp_path: Path, method: int) -> None:
    """Python would unpack it without a limit to its memory."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(f"{STEP}/app.py", "x" * 100, method)
    one = from_bytes(whole.getvalue(), tmp_path)
    assert files_of(one) == {} and "packed in an unusual way" in said(one)


def test_a_zip_that_was_written_as_a_stream(tmp_path: Path) -> None:
    """Moodle writes its export so: sizes and checksums stand after the files."""

    class Stream(io.RawIOBase):
        whole = b""

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:  # type: ignore[no-untyped-def]
            self.whole += bytes(data)
            return len(data)

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, text in ANNA.items():
            archive.writestr(name, text)
    assert files_of(from_bytes(stream.whole, tmp_path)) == KEPT


def test_time_is_limited(tmp_path: Path) -> None:
    one = from_bytes(zipped(ANNA), tmp_path, limits=Limits(seconds=-1))
    assert files_of(one) == {} and "seconds" in said(one)


def test_what_tools_leave_is_left_out_without_a_word(tmp_path: Path) -> None:
    junk = [
        f"__MACOSX/{STEP}/._app.py",
        f"{STEP}/.venv/lib/flask.py",
        f"{STEP}/myenv/pyvenv.cfg",
        f"{STEP}/myenv/lib/flask.py",
        f"{STEP}/node_modules/x/index.js",
        f"{STEP}/.git/config",
        f"{STEP}/__pycache__/app.cpython-311.pyc",
        f"{STEP}/instance/people.db",
        f"{STEP}/people.db",
        f"{STEP}/.env",
        f"{STEP}/.DS_Store",
        f"{STEP}/.vscode/settings.json",
    ]
    one = from_bytes(zipped({**ANNA, **dict.fromkeys(junk, "junk")}), tmp_path)
    assert files_of(one) == KEPT and said(one) == ""
