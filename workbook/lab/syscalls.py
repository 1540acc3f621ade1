"""Takes system calls away from a process, and from all that it starts: those that no web app needs, and by which others
have left a namespace, looked into another process, or used memory that nobody counts (seccomp(2)).

The filter is a program of the kernel's, so it needs the numbers of one kind of processor. There are two kinds here; on
any other, or where the kernel has no such filters, all stays as it is.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import sys
from dataclasses import dataclass

# Numbers of <linux/seccomp.h>, <linux/bpf_common.h> and <linux/prctl.h>.
_SET_FILTER, _MODE_FILTER = 22, 2
_ALLOW, _REFUSE = 0x7FFF_0000, 0x0005_0000
_LOAD, _AND, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
# Where the parts of a call are (struct seccomp_data): its number, the kind of processor, its arguments.
_NUMBER, _KIND, _ARGUMENTS = 0, 4, 16

# Every flag of clone(2) that makes a namespace.
_NAMESPACES = 0x7E02_0000
# MAP_SHARED and MAP_ANONYMOUS of mmap(2): memory that is in the account of no process once it is let go.
_SHARED_MEMORY = 0x21
_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6
_TYPES_INTO_A_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX


@dataclass(frozen=True)
class _Processor:
    """A kind of processor: its name for the kernel (AUDIT_ARCH_…), and the numbers of its calls."""

    kind: int
    clone: int
    socket: int
    socketpair: int
    mmap: int
    ioctl: int
    refused: tuple[int, ...]


# Newer calls have the same number everywhere: io_uring_*, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick,
# pidfd_getfd, process_madvise, mount_setattr, quotactl_fd, memfd_secret, process_mrelease, set_mempolicy_home_node,
# statmount, listmount, open_tree_attr.
_ANYWHERE = (*range(425, 434), 438, 440, 442, 443, 447, 448, 450, 457, 458, 467)
_CLONE3 = 435

_PROCESSORS = {
    "x86_64": _Processor(
        kind=0xC000_003E,
        clone=56,
        socket=41,
        socketpair=53,
        mmap=9,
        ioctl=16,
        refused=(
            *(101, 310, 311, 312),  # ptrace, process_vm_readv, process_vm_writev, kcmp
            *(155, 161, 165, 166, 272, 308),  # pivot_root, chroot, mount, umount2, unshare, setns
            *(248, 249, 250),  # add_key, request_key, keyctl
            *(298, 321, 323, 300),  # perf_event_open, bpf, userfaultfd, fanotify_init
            *(319, 29, 30, 64, 68, 69, 240),  # memfd_create, shmget, shmat, semget, msgget, msgsnd, mq_open
            *(203, 237, 238, 256, 279),  # sched_setaffinity, mbind, set_mempolicy, migrate_pages, move_pages
            *(175, 176, 313, 246, 320, 169),  # init_module, delete_module, finit_module, kexec_*, reboot
            *(163, 167, 168, 179, 103),  # acct, swapon, swapoff, quotactl, syslog
            *(303, 304, 212, 135),  # name_to_handle_at, open_by_handle_at, lookup_dcookie, personality
            *(
                170,
                171,
                164,
                227,
                305,
            ),  # sethostname, setdomainname, settimeofday, clock_settime, clock_adjtime
            *(154, 172, 173, 134),  # modify_ldt, iopl, ioperm, uselib
        ),
    ),
    "aarch64": _Processor(
        kind=0xC000_00B7,
        clone=220,
        socket=198,
        socketpair=199,
        mmap=222,
        ioctl=29,
        refused=(
            *(117, 270, 271, 272),
            *(41, 51, 40, 39, 97, 268),
            *(217, 218, 219),
            *(241, 280, 282, 262),
            *(279, 194, 196, 190, 186, 189, 180),
            *(122, 235, 237, 238, 239),
            *(105, 106, 273, 104, 294, 142),
            *(89, 224, 225, 60, 116),
            *(264, 265, 18, 92),
            *(161, 162, 170, 112, 266),
        ),
    ),
}


class _Instruction(ctypes.Structure):
    """struct sock_filter."""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("then", ctypes.c_uint8),
        ("otherwise", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("first", ctypes.POINTER(_Instruction)))


def take_away_calls() -> bool:
    """From now on these calls fail in this process, and in all that it starts; False where there is no filter for this
    machine. The process must already have given up new rights (PR_SET_NO_NEW_PRIVS)."""
    processor = _PROCESSORS.get(platform.machine()) if sys.maxsize > 2**32 else None
    if sys.platform != "linux" or processor is None:
        return False
    steps = _steps(processor)
    program = _Program(len(steps), (_Instruction * len(steps))(*(_Instruction(*step) for step in steps)))
    done: int = ctypes.CDLL(None, use_errno=True).prctl(
        _SET_FILTER, _MODE_FILTER, ctypes.byref(program), 0, 0
    )
    return done == 0


def are_taken_away() -> bool:
    """Whether this process has no such calls: unshare(2) of nothing would else do nothing, and succeed."""
    done: int = ctypes.CDLL(None, use_errno=True).unshare(0)
    return done != 0


def _steps(processor: _Processor) -> list[tuple[int, int, int, int]]:
    """The instructions: each has its code, how many to leave out if it holds, how many if not, and a value."""

    def refused(number: int) -> tuple[int, int, int, int]:
        return _RETURN, 0, 0, _REFUSE | number

    steps = [
        (_LOAD, 0, 0, _KIND),
        # Calls of another kind of processor, such as those of 32 bits, have other numbers.
        (_IF_EQUAL, 1, 0, processor.kind),
        refused(errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
        # x86_64 has each call twice, the second time from here on.
        (_IF_AT_LEAST, 0, 1, 0x4000_0000),
        refused(errno.ENOSYS),
        # The flags of clone3 are out of reach. Without it the C library uses clone.
        (_IF_EQUAL, 0, 1, _CLONE3),
        refused(errno.ENOSYS),
    ]
    for number in (*processor.refused, *_ANYWHERE):
        steps += [(_IF_EQUAL, 0, 1, number), refused(errno.EPERM)]

    def with_argument(number: int, argument: int, *tests: tuple[int, int, int, int]) -> None:
        """For one call: `tests` of one argument; each leaves the next, a refusal, out, or not."""
        part = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), *tests, (_RETURN, 0, 0, _ALLOW)]
        steps.extend([(_IF_EQUAL, 0, len(part), number), *part])

    with_argument(processor.clone, 0, (_IF_ANY_BIT, 0, 1, _NAMESPACES), refused(errno.EPERM))
    with_argument(
        processor.mmap,
        3,
        (_AND, 0, 0, _SHARED_MEMORY),
        (_IF_EQUAL, 0, 1, _SHARED_MEMORY),
        refused(errno.EPERM),
    )
    for call in (processor.socket, processor.socketpair):
        known = [(_IF_EQUAL, len(_FAMILIES) - at, 0, family) for at, family in enumerate(_FAMILIES)]
        with_argument(call, 0, *known, refused(errno.EAFNOSUPPORT))
    for order in _TYPES_INTO_A_TERMINAL:
        steps += [
            (_IF_EQUAL, 0, 4, processor.ioctl),
            (_LOAD, 0, 0, _ARGUMENTS + 8),
            (_IF_EQUAL, 0, 1, order),
            refused(errno.EPERM),
            (_LOAD, 0, 0, _NUMBER),
        ]
    return [*steps, (_RETURN, 0, 0, _ALLOW)]
