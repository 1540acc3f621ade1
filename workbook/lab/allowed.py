"""How much the apps of one run may use, where they are confined."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Allowed:
    """What the apps of one run may use.

    `memory` (bytes) and `cpu` (seconds) of all their processes together, `address_space` (bytes, a process),
    `processes` (with threads), `open_files` of each process, `file` (bytes of one file), `files` (bytes of all that
    they write, and the same again in their /tmp) and `names` (how many files).
    """

    memory: int = 768 * MEGABYTE
    address_space: int = 4096 * MEGABYTE
    processes: int = 120
    open_files: int = 256
    cpu: int = 60
    file: int = 32 * MEGABYTE
    files: int = 128 * MEGABYTE
    names: int = 20_000
