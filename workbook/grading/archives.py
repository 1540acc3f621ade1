"""Archives as sources: zip, and tar as it is or packed with gzip, bzip2 or xz, read with the standard library.

What an archive says of itself (sizes, numbers of entries) is not believed: everything is read piece by piece, and the
bytes that really come out are counted. Nothing is written here.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import time
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from .limits import Limits, TooMuch
from .names import shown_path
from .sources import CHUNK, CannotRead, Entry, Kind, Source, kind_of
from .submissions import Note, NoteKind

# What is opened as an archive, by the end of its name, whatever is in it then.
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz")
# Archives for which the standard library has nothing.
OTHERS = (".7z", ".rar", ".tar.zst", ".tar.lz", ".lzh", ".arj", ".cab", ".ace", ".zipx")

# A header of a tar that is longer than this is no header: the longest path of Linux has 4096 bytes. Python's tarfile
# searches in it with a pattern that takes the square of its length.
_TAR_HEADER = 16 * 1024
# The list of contents at the end of a zip, which is read at once: so many bytes for each entry.
_ZIP_ENTRY = 200
# xz -9 needs 64 MB to unpack.
_XZ_MEMORY = 128 * 1024 * 1024


def is_packed(name: str) -> bool:
    """Whether a file of this name is an archive of a kind that is opened."""
    return name.lower().endswith(SUFFIXES)


def is_packed_otherwise(name: str) -> bool:
    """Whether a file of this name is an archive of a kind that cannot be opened here."""
    return name.lower().endswith(OTHERS)


def without_suffix(name: str) -> str:
    """The name of an archive without the end that says that it is one."""
    for suffix in sorted(SUFFIXES + OTHERS, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def open_archive(path: Path, limits: Limits) -> Source:
    """The archive at `path`, which is closed again between two uses. Its kind is found by what is in it.

    CannotRead says why there is nothing to be had from it: it is damaged, none, or needs a password.
    """
    with _file(path) as file:
        begin = file.read(512)
        size = file.seek(0, io.SEEK_END)
    if not size:
        raise CannotRead("is empty: its upload may have broken off")
    if begin.startswith((b"PK\3\4", b"PK\5\6", b"PK\7\x08")):
        return _Zip(path, limits)
    if begin.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")) or begin[257:262] == b"ustar":
        return _Tar(path, limits)
    if _sums_up(begin):
        return _Tar(path, limits)
    raise CannotRead("is no zip and no tar, whatever its name says")


def _file(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise CannotRead(f"cannot be read ({error.strerror})") from None


def _sums_up(block: bytes) -> bool:
    """Whether it is the header of a tar of before 1988, which has a checksum and no other mark."""
    try:
        return len(block) == 512 and tarfile.nti(block[148:156]) in tarfile.calc_chksums(block)  # type: ignore[attr-defined]
    except tarfile.TarError:
        return False


class _Counted:
    """Bytes that came out of one archive, held against its limits."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self._limits = limits
        self._most = limits.read
        if packed * limits.ratio < limits.read:
            self._most = max(packed * limits.ratio, limits.ratio_from)
        self._count = 0
        self._end = time.monotonic() + limits.seconds

    def more(self, size: int) -> None:
        self._count += size
        if self._count > self._most:
            times = f"more than {self._limits.ratio} times its size"
            raise TooMuch(times if self._most < self._limits.read else "too much to unpack")
        if time.monotonic() > self._end:
            raise TooMuch(f"not unpacked within {self._limits.seconds:g} seconds")


class _Zip:
    """A zip."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self.remarks: list[Note] = []
        self.entries: list[Entry] = []
        self._infos: list[zipfile.ZipInfo] = []
        with _file(path) as file, _opened(file, limits) as archive:
            self._infos = archive.infolist()[: limits.entries]
            if len(archive.infolist()) > limits.entries:
                self.remarks.append(
                    Note("limit", f"has more than {limits.entries} entries; the rest was left out")
                )
        # Old tools of Windows write backslashes for the "/" that the form of zip wants (APPNOTE.TXT 4.4.17.1).
        by_backslash = not any("/" in info.orig_filename for info in self._infos)
        for number, info in enumerate(self._infos):
            name = _zip_name(info)
            if by_backslash:
                name = name.replace("\\", "/")
            self.entries.append(Entry(number, name, _zip_kind(info, name), _zip_time(info)))
        # Not info.is_dir(), which fails on an entry without a name.
        files = [self._infos[entry.number] for entry in self.entries if entry.kind == "file"]
        if files and all(info.flag_bits & 1 for info in files):
            raise CannotRead("needs a password")

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[Entry, Iterator[bytes]]]:
        with _file(self._path) as file, _opened(file, self._limits) as archive:
            counted = _Counted(self._limits, self._path.stat().st_size)
            for entry in self.entries:
                if entry.number in wanted:
                    yield entry, _zip_contents(archive, self._infos[entry.number], counted)


def _opened(file: IO[bytes], limits: Limits) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(_AtOnce(file, limits.entries * _ZIP_ENTRY))
    except TooMuch:
        raise CannotRead(f"has more than {limits.entries} entries") from None
    except Exception:  # whatever the standard library says to bytes that are no zip
        raise CannotRead("is damaged, or no zip") from None


def _zip_contents(archive: zipfile.ZipFile, info: zipfile.ZipInfo, counted: _Counted) -> Iterator[bytes]:
    if info.flag_bits & 1:
        raise CannotRead("needs a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The others are unpacked without a limit to their memory.
        raise CannotRead("is packed in an unusual way: pack it with the ordinary method, Deflate")
    try:
        with archive.open(info) as file:
            while chunk := file.read(CHUNK):
                counted.more(len(chunk))
                yield chunk
    except (TooMuch, GeneratorExit):
        raise
    except Exception:  # a wrong checksum, a wrong length, bytes that are no Deflate
        raise CannotRead("is damaged") from None


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name as it stands in the archive. macOS writes UTF-8 without saying so."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name


def _zip_kind(info: zipfile.ZipInfo, name: str) -> Kind:
    # The upper half has the mode where the archive was made on Unix, and nothing elsewhere.
    mode = info.external_attr >> 16
    kind = kind_of(mode)
    if name.endswith("/") and kind in ("file", "folder", "other"):
        return "folder"
    return "file" if not stat.S_IFMT(mode) else kind


def _zip_time(info: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


_TAR_KINDS: dict[bytes, Kind] = {
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "symbolic link",
    tarfile.LNKTYPE: "hard link",
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "device",
    tarfile.FIFOTYPE: "pipe",
}


class _Tar:
    """A tar, packed or not. It is read from its beginning to its end, each time anew."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self.remarks: list[Note] = []
        self.entries: list[Entry] = []
        try:
            for number, (_tar, member) in enumerate(self._members()):
                if number == limits.entries:
                    raise TooMuch(f"more than {limits.entries} entries")
                kind = "file" if member.isreg() else _TAR_KINDS.get(member.type, "other")
                self.entries.append(Entry(number, member.name, kind, _tar_time(member)))
        except TooMuch as much:
            self._cut_off("limit", f"is too much ({much})")
        except CannotRead as error:
            if not self.entries:
                raise
            self._cut_off("unread", str(error))
        # What is read again later is what was seen now, and no more.
        self._number = len(self.entries)

    def contents(self, wanted: Collection[int]) -> Iterator[tuple[Entry, Iterator[bytes]]]:
        last = max(wanted, default=-1)
        for number, (tar, member) in enumerate(self._members()):
            if number > last or number >= self._number:
                return
            if number in wanted:
                yield self.entries[number], _tar_contents(tar, member)

    def _cut_off(self, kind: NoteKind, reason: str) -> None:
        last = shown_path(self.entries[-1].name) if self.entries else "its beginning"
        self.remarks.append(Note(kind, f"{reason}; what comes after {last} was left out"))

    def _members(self) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
        with _file(self._path) as file:
            counted = _Counted(self._limits, self._path.stat().st_size)
            stream = _Forward(_unpacked(file), counted)
            try:
                with tarfile.open(fileobj=stream, mode="r:") as tar:  # type: ignore[call-overload]
                    while member := tar.next():
                        tar.members.clear()  # it would keep them all
                        yield tar, member
                    # tarfile takes a header that is none for the end. The end is a block of zeros.
                    if stream.last.strip(b"\0"):
                        raise CannotRead("is damaged")
            except (TooMuch, CannotRead, GeneratorExit):
                raise
            except Exception:  # whatever the standard library says to bytes that are no tar
                raise CannotRead("is damaged, or no tar") from None


def _tar_contents(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    try:
        file = tar.extractfile(member)
        if file is None:
            return
        left = member.size
        while chunk := file.read(CHUNK):
            left -= len(chunk)
            yield chunk
        if left:
            raise CannotRead("is cut off")
    except (TooMuch, CannotRead, GeneratorExit):
        raise
    except Exception:
        raise CannotRead("is damaged") from None


def _tar_time(member: tarfile.TarInfo) -> float:
    try:
        return min(max(float(member.mtime), 0.0), 2.0**33)
    except (ValueError, OverflowError):
        return 0.0


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    """The bytes of a tar, however it is packed."""
    begin = file.read(6)
    file.seek(0)
    if begin.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]
    if begin.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if begin.startswith(b"\xfd7zXZ\0"):
        return io.BufferedReader(_Xz(file), CHUNK)
    return file


class _Xz(io.RawIOBase):
    """What is in an xz file. Unlike lzma.LZMAFile it takes no more memory than it is given."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._unpack = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        while not self._unpack.eof:
            data = self._file.read(CHUNK) if self._unpack.needs_input else b""
            if not data and self._unpack.needs_input:
                raise EOFError("The file ends before its end.")
            if out := self._unpack.decompress(data, max_length=len(buffer)):
                buffer[: len(out)] = out
                return len(out)
        return 0


class _AtOnce:
    """A file from which no more than `most` bytes are read at once."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._most = max(most, 128 * 1024)  # zipfile looks for the end of a zip in the last 64 KB
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable
        self.close = file.close

    def read(self, size: int = -1) -> bytes:
        if size > self._most:
            raise TooMuch
        return self._file.read(size if size >= 0 else self._most)


class _Forward:
    """The bytes of a tar for tarfile: only forward, counted, with no long headers. `last` is what was read last."""

    def __init__(self, file: IO[bytes], counted: _Counted) -> None:
        self._file = file
        self._counted = counted
        self._at = 0
        self.last = b""

    def tell(self) -> int:
        return self._at

    def seek(self, to: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or to < self._at:
            raise OSError("A tar is read forward.")
        while self._at < to:
            if not self._take(min(to - self._at, CHUNK)):
                break
        return self._at

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _TAR_HEADER:
            raise TooMuch("a header that is too long")
        self.last = self._take(size)
        return self.last

    def _take(self, size: int) -> bytes:
        parts = []
        while size and (data := self._file.read(size)):
            parts.append(data)
            size -= len(data)
            self._at += len(data)
            self._counted.more(len(data))
        return b"".join(parts)
