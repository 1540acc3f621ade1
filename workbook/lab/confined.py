"""Confines an app that is not trusted, by the namespaces of Linux: it sees its own files, its own processes and a
loopback network with nothing but the local providers and the lab's browser, and it has limits.

Three processes take part. The one that checks enters a network and a view of the files of its own, and makes a file
system of a limited size for all that apps write. The warm process forks a *keeper* for it, which joins these, and is
the parent of the *first process*: process 1 of process IDs of its own, in a root of its own, as a user without rights.
The first process forks the apps. What the apps start cannot outlive it, and the keeper ends it if it uses too much.

No process that runs an app's code has a descriptor, a name or an ID of anything outside (namespaces(7),
user_namespaces(7), pid_namespaces(7), pivot_root(2)).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import resource
import select
import signal
import socket
import struct
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbook.course.errors import WorkbookError
from workbook.course.places import ROOT

from .allowed import MEGABYTE, Allowed
from .rooms import set_apart
from .syscalls import take_away_calls
from .warm import Reports, Warm, answer_orders

# Numbers of <linux/sched.h>, <linux/mount.h>, <linux/prctl.h>, <linux/if.h> and <linux/sockios.h>.
_NEW_FILES, _NEW_NAMES, _NEW_IPC = 0x0002_0000, 0x0400_0000, 0x0800_0000
_NEW_USERS, _NEW_PROCESSES, _NEW_NETWORK = 0x1000_0000, 0x2000_0000, 0x4000_0000
_READ_ONLY, _NO_SETUID, _NO_DEVICES, _REMOUNT, _NO_LINKS = 0x1, 0x2, 0x4, 0x20, 0x100
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x4_0000
# The options of a mount that a user who is not root may not take away.
_KEPT = {"nosuid": _NO_SETUID, "nodev": _NO_DEVICES, "noexec": 0x8, "nosymfollow": _NO_LINKS}
_DETACH = 2
_END_WITH_PARENT, _SET_DUMPABLE, _DROP_BOUND, _NO_NEW_RIGHTS = 1, 4, 24, 38
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1

# A process without rights needs a user ID that no other process has, or the limit of processes counts theirs, too.
_NOBODY = 65534
_FIRST_OF_OURS = 1_000_000_000
# What the process that checks may use: its own data (bytes).
_OF_THE_CHECKS = 2048 * MEGABYTE
# How often the keeper looks at what the apps use (seconds).
_LOOK = 0.2
# How long the keeper and the first process may take to get ready (seconds).
_PATIENCE = 20.0

# The parts of this package that run beside an app, or that an app imports itself. It sees no others.
_PARTS_IN_SIGHT = ("__init__.py", "compat.py", "course", "flow", "providers", "lab")
# Files of the system that Python and its libraries need, where they are there.
_OF_THE_SYSTEM = (
    *("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo"),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/ssl", "/etc/mime.types"),
)
# Not zero: its memory, where it is shared, is in the account of no process.
_DEVICES = ("null", "full", "random", "urandom")
_ETC = {
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "passwd": f"nobody:x:{_NOBODY}:{_NOBODY}:nobody:/tmp:/bin/false\n",
    "group": f"nobody:x:{_NOBODY}:\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
}


class CannotConfine(WorkbookError):
    """This machine, or this user, cannot confine an app. The text says in a few words why."""


class Confined:
    """Confines the apps of one run, and the network of this process.

    `apps` is the warm process outside, `place` a folder for this run alone. This process cannot go back: use it in one
    that ends with the run, and before it has threads. All that it confines ends with it.
    """

    def __init__(self, apps: Warm, place: Path, allowed: Allowed | None = None) -> None:
        self._apps = apps
        self._place = place
        self._allowed = allowed or Allowed()
        self._first = 0

    def enter(self) -> Warm:
        """The warm process that starts confined apps; CannotConfine where this machine cannot do it."""
        room, root = self._place / "room", self._place / "root"
        room.mkdir()
        root.mkdir()
        as_root = _enter_network()
        _write_only(self._place)
        _made_room(room, self._allowed)
        os.umask(0)
        set_apart(room)
        os.environ.update({"HOME": "/tmp", "PATH": "/usr/bin:/bin"})
        os.environ.pop("TMPDIR", None)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            keeper = self._apps.run(
                f"{__name__}:keep",
                {
                    **{"checker": os.getpid(), "as_root": as_root, "room": str(room), "root": str(root)},
                    "allowed": asdict(self._allowed),
                },
                folder=Path("/"),
                environment=dict(os.environ),
                log=self._place / "keeper.log",
                hand_over=theirs,
            )
        assert isinstance(keeper.events, Reports)
        self._events = keeper.events
        self._reports = keeper.reports()
        begun = next(self._reports, {})
        if "first" not in begun:
            raise CannotConfine(begun.get("error") or self._last_line())
        self._first = begun["first"]
        # An app can send a lot to this process, too.
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = _OF_THE_CHECKS if hard == resource.RLIM_INFINITY else min(_OF_THE_CHECKS, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        return Warm.over(ours.detach())

    def left_behind(self) -> int:
        """How many processes of the apps still run; to be called when the lab has ended every app."""
        return sum(1 for pid in _family(self._first) if pid != self._first and not _is_zombie(pid))

    def why_ended(self) -> str:
        """Why the keeper has ended the apps: a few words; "" where it has not."""
        if not self._events.has_more():
            return ""
        return str(next(self._reports, {}).get("ended", "the first process ended"))

    def _last_line(self) -> str:
        said = (self._place / "keeper.log").read_text(encoding="utf-8", errors="replace").strip()
        return said.splitlines()[-1] if said else "the keeper ended"


def keep(arguments: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """The job of the keeper. Reports {"first": PID}, or {"error": why}; later {"ended": why} where it ended the apps.

    `arguments`: "checker" (the ID of the process that checks), "as_root", "room" and "root" (folders), "allowed" (of
    Allowed), "socket" (the number of the one for orders).
    """
    allowed = Allowed(**arguments["allowed"])
    try:
        _join(arguments["checker"], users=not arguments["as_root"])
        if arguments["as_root"]:
            user = _FIRST_OF_OURS + os.getpid()
            _unshare(_NEW_PROCESSES)
        else:
            user = _NOBODY
            _unshare(_NEW_USERS | _NEW_PROCESSES)
            _map_users(_NOBODY)
        ready, tells = os.pipe()
        first = os.fork()
        if first == 0:
            _be_first(tells, arguments, user, allowed)
        os.close(tells)
        os.close(arguments["socket"])
        with os.fdopen(ready, encoding="utf-8", errors="replace") as said:
            if not select.select([said], [], [], _PATIENCE)[0]:
                raise CannotConfine("its first process did not start in time")
            problem = said.read()
        if problem != "ready":
            raise CannotConfine(problem or "its first process ended")
    except (OSError, CannotConfine) as error:
        report({"error": str(error)})
        return
    report({"first": first})
    why = _guard(first, allowed)
    report({"ended": why})


def _guard(first: int, allowed: Allowed) -> str:
    """Waits for the end of the first process, and ends it where all its descendants use too much. Returns why it
    ended."""
    ended = os.pidfd_open(first)
    while not select.select([ended], [], [], _LOOK)[0]:
        why = ""
        if _uses_more(first, allowed.memory):
            why = f"the app used more than {allowed.memory // MEGABYTE} MB of memory"
        elif sum(map(_processor_time, _family(first))) > allowed.cpu:
            why = f"the app used more than {allowed.cpu} seconds of processor time"
        if why:
            os.kill(first, 9)
            os.waitpid(first, 0)
            return why
    os.waitpid(first, 0)
    return "the first process ended"


# The first process


def _be_first(tells: int, arguments: dict[str, Any], user: int, allowed: Allowed) -> None:
    """The work of the first process. It never returns: the rest of the process is the keeper's."""
    orders: int = arguments["socket"]
    try:
        _unshare(_NEW_FILES | _NEW_IPC | _NEW_NAMES)
        _call("sethostname", b"localhost", 9)
        _change_root(Path(arguments["root"]), Path(arguments["room"]), allowed)
        _limit(allowed)
        _without_rights(user, as_root=arguments["as_root"])
        take_away_calls()
        # The kernel forgets this at a change of users. The keeper has no process ID in here.
        _call("prctl", _END_WITH_PARENT, 9, 0, 0, 0)
        _close_all_but({0, 1, 2, orders, tells})
        os.write(tells, b"ready")
        os.close(tells)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(tells, f"{type(error).__name__}: {error}".encode())
        os._exit(1)
    code = 1
    try:
        # The kernel keeps every other signal of an app from this process (pid_namespaces(7)); for this one Python has a
        # handler. Apps get the handler back.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.register_at_fork(after_in_child=_as_before)
        answer_orders(socket.socket(fileno=orders))
        code = 0
    finally:
        os._exit(code)


def _as_before() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _change_root(root: Path, room: Path, allowed: Allowed) -> None:
    """Gives this process a root with what Python needs, read only, and the room."""
    _mount("none", "/", "", _RECURSIVE | _PRIVATE)
    _mount("tmpfs", root, "tmpfs", _NO_SETUID | _NO_DEVICES, "size=4m,mode=755")
    for folder in ("tmp", "dev/shm", "etc"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    half = f"size={allowed.files // 2},nr_inodes={allowed.names},mode=1777"
    for folder in ("tmp", "dev/shm"):
        _mount("tmpfs", root / folder, "tmpfs", _NO_SETUID | _NO_DEVICES, half)
    # The workbook itself may be in one of these.
    for place in _in_sight():
        _show(place, root)
    for name in _DEVICES:
        target = root / "dev" / name
        target.touch()
        _mount(Path("/dev") / name, target, "", _BIND)
    for name, text in _ETC.items():
        (root / "etc" / name).write_text(text, encoding="utf-8")
    inside = root / room.relative_to("/")
    inside.mkdir(parents=True)
    _mount(room, inside, "", _BIND)
    # pivot_root(2), "pivot_root(".", ".")": the old root is put over the new one, and taken away.
    os.chdir(root)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", _DETACH)
    os.chdir("/")
    _mount("none", "/", "", _REMOUNT | _BIND | _READ_ONLY | _NO_SETUID | _NO_DEVICES)


def _in_sight() -> list[Path]:
    """The files and folders that an app can see: those of Python, of the installed libraries, and a part of this
    package. No folder has the workbook itself in it."""
    paths = sysconfig.get_paths()
    wanted = [
        *(Path(place) for place in _OF_THE_SYSTEM),
        *(Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *(Path(sysconfig.get_config_var(name) or "/lib") for name in ("LIBDIR", "DESTSHARED")),
        Path(sys.base_prefix) / "lib",
        *(ROOT / "workbook" / part for part in _PARTS_IN_SIGHT),
    ]
    found: list[Path] = []
    for place in sorted({place.absolute() for place in wanted if place.exists()}):
        if not ROOT.is_relative_to(place) and not any(place.is_relative_to(other) for other in found):
            found.append(place)
    return found


def _show(place: Path, root: Path) -> None:
    """Mounts a file or folder in the new root at its own place, read only."""
    target = root / place.relative_to("/")
    if place.is_symlink() and place.is_dir():
        # /lib is a link to usr/lib on most systems.
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(place.readlink())
        return
    if place.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(place, target, "", _BIND | _RECURSIVE)
    # A mount in a user's own namespace keeps the flags that it has outside.
    kept = os.statvfs(target).f_flag & (
        os.ST_NOEXEC | os.ST_NODEV | os.ST_NOSUID | os.ST_NOATIME | os.ST_RELATIME
    )
    _mount("none", target, "", _BIND | _REMOUNT | _READ_ONLY | _NO_SETUID | _mount_flags(kept))


def _mount_flags(kept: int) -> int:
    """Flags of statvfs(3) as those of mount(2): they differ in those for access times."""
    times = {os.ST_NOATIME: 0x400, os.ST_RELATIME: 0x20_0000}
    whole = kept & (os.ST_NOEXEC | os.ST_NODEV | os.ST_NOSUID)
    return whole | sum(flag for one, flag in times.items() if kept & one)


def _limit(allowed: Allowed) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, allowed.address_space),
        (resource.RLIMIT_NPROC, allowed.processes),
        (resource.RLIMIT_NOFILE, allowed.open_files),
        (resource.RLIMIT_CPU, allowed.cpu),
        (resource.RLIMIT_FSIZE, allowed.file),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _without_rights(user: int, *, as_root: bool) -> None:
    """Makes this process an ordinary one of a user who owns nothing, for good: it and its children can get no rights
    again, and cannot be looked into by one another."""
    for number in range(64):
        if _LIBC.prctl(_DROP_BOUND, number, 0, 0, 0) != 0:
            break  # there are no more
    if as_root:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = struct.pack("=Ii", 0x2008_0522, 0)  # version 3 (capget(2))
    _call("capset", header, bytes(24))
    _call("prctl", _NO_NEW_RIGHTS, 1, 0, 0, 0)
    _call("prctl", _SET_DUMPABLE, 0, 0, 0, 0)


def _close_all_but(kept: Iterable[int]) -> None:
    wanted = sorted(kept)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    for low, high in zip([-1, *wanted], [*wanted, max(most, 4096)], strict=True):
        if low + 1 < high:  # Python makes everything of closerange(0, 0)
            os.closerange(low + 1, high)


# The process that checks


def _enter_network() -> bool:
    """Gives this process a network of its own, with nothing but loopback, and a view of the files of its own. Returns
    whether it could do so as root; any other user needs a namespace of users for it."""
    user, group = os.geteuid(), os.getegid()
    as_root = user == 0
    if as_root:
        try:
            _unshare(_NEW_NETWORK | _NEW_FILES)
        except OSError:  # root of a container
            as_root = False
    if not as_root:
        try:
            _unshare(_NEW_USERS | _NEW_NETWORK | _NEW_FILES)
            _map_users(user, group)
        except OSError as error:
            raise CannotConfine(
                f"this user may not make namespaces ({error.strerror})"
                if error.errno in (errno.EPERM, errno.EACCES, errno.ENOSPC, errno.EUSERS)
                else str(error)
            ) from None
    try:
        _mount("none", "/", "", _RECURSIVE | _PRIVATE)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            name = struct.pack("16sH14x", b"lo", 0)
            (flags,) = struct.unpack_from("H", fcntl.ioctl(any_socket, _GET_FLAGS, name), 16)
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))
    except OSError as error:  # AppArmor lets every user make namespaces, and nothing be done in them
        raise CannotConfine(f"this user may do nothing in a namespace ({error.strerror})") from None
    return as_root


def _write_only(place: Path) -> None:
    """Makes all files read only for this process, apart from those in `place`. It opens the databases of apps, and an
    SQLite journal that an app has written can name any file, which SQLite then deletes."""
    _mount(place, place, "", _BIND)
    for target, options, kind in list(_mounts()):
        # In /proc the keeper maps users. autofs mounts what is looked at.
        if target == str(place) or kind in ("proc", "autofs"):
            continue
        kept = sum(flag for name, flag in _KEPT.items() if name in options)
        try:
            _mount("none", target, "", _BIND | _REMOUNT | _READ_ONLY | kept)
        except OSError as error:
            # Another mount hides it, or it is one of FUSE that only its owner may look at.
            if error.errno not in (errno.ENOENT, errno.EACCES, errno.EINVAL, errno.ENOTDIR):
                raise CannotConfine(f"a file system cannot be made read only ({error})") from None


def _mounts() -> Iterator[tuple[str, list[str], str]]:
    """The mounts of this process: place, options and kind (proc_pid_mountinfo(5))."""
    with Path("/proc/self/mountinfo").open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            fields, _, rest = line.partition(" - ")
            _, _, _, _, target, options, *_ = fields.split(" ")
            target = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), target)
            yield target, options.split(","), rest.split(" ")[0]


def _made_room(room: Path, allowed: Allowed) -> None:
    """A file system for what apps write. In it, symbolic links lead nowhere: what an app leaves there cannot lead this
    process to other files."""
    flags = _NO_SETUID | _NO_DEVICES | _NO_LINKS
    _mount("tmpfs", room, "tmpfs", flags, f"size={allowed.files},nr_inodes={allowed.names},mode=777")


def _join(process: int, *, users: bool) -> None:
    """Enters the namespaces of another process."""
    names = [*(["user"] if users else []), "net", "mnt"]
    opened = [os.open(f"/proc/{process}/ns/{name}", os.O_RDONLY) for name in names]
    for number in opened:
        _call("setns", number, 0)
        os.close(number)


def _map_users(inside: int, group: int | None = None) -> None:
    """In a new namespace of users there is one user, the one who made it, and one group."""
    # Of the namespace that was left, this process has no view any more; these are its IDs there.
    outside, outside_group = _ids_outside
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{inside} {outside} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(
        f"{inside if group is None else group} {outside_group} 1", encoding="ascii"
    )


_ids_outside = (0, 0)


# Calls of the system that Python 3.10 does not have

_LIBC = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(_LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _unshare(what: int) -> None:
    global _ids_outside
    _ids_outside = os.geteuid(), os.getegid()
    _call("unshare", what)


def _mount(source: str | Path, target: str | Path, kind: str, flags: int, options: str = "") -> None:
    try:
        _call(
            "mount",
            os.fsencode(source),
            os.fsencode(target),
            kind.encode() or None,
            ctypes.c_ulong(flags),
            options.encode() or None,
        )
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} ({target})") from None


# What processes use


def _family(first: int) -> Iterator[int]:
    """A process and all its descendants (proc_pid_task(5), "children")."""
    rest = [first]
    while rest:
        pid = rest.pop()
        yield pid
        with contextlib.suppress(OSError, ValueError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                rest += map(int, (task / "children").read_text(encoding="ascii").split())


def _uses_more(first: int, most: int) -> bool:
    """Whether a process and its descendants use more memory (bytes) than that, apart from what is a file's."""
    # What processes share since a fork is in the account of each of them. Taken together it is too much, but the right
    # account takes a hundred times as long.
    if sum(_memory(pid, "status", "Rss") for pid in _family(first)) <= most:
        return False
    # Only root may look how much of it they share. They are forks of the first process, and share what it has.
    common = _memory(first, "status", "Rss")
    shares = (
        _memory(pid, "smaps_rollup", "Pss_")
        or max(0, _memory(pid, "status", "Rss") - (pid != first) * common)
        for pid in _family(first)
    )
    return sum(shares) > most


def _memory(pid: int, account: str, name: str) -> int:
    """The memory of a process by one of its accounts in /proc (bytes); 0 where it has ended, or may not be looked
    into."""
    try:
        text = Path(f"/proc/{pid}/{account}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    sizes = re.findall(rf"^{name}(?:Anon|Shmem):\s+(\d+) kB$", text, re.MULTILINE)
    return 1024 * sum(map(int, sizes))


def _processor_time(pid: int) -> float:
    """How long a process has worked (seconds)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    # The name of the process, in brackets, may have any characters (proc_pid_stat(5)).
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _is_zombie(pid: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
