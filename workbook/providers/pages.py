"""The Flask app that a provider's pages stand in."""

from __future__ import annotations

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache


class _Compiled(BytecodeCache):
    """Templates as they were compiled, for every server of this process: a check starts many, and a page takes longer
    to compile than to show. BytecodeCache holds what is kept against a digest of the template's source."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


class Pages(Flask):
    """Flask, with templates that are compiled once in a process."""

    jinja_options = {"bytecode_cache": _Compiled()}  # noqa: RUF012 (Flask reads it from the class)
