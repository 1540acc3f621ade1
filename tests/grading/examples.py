"""Hypothesis as these tests use it: the same examples at every run, and nothing written into the repository."""

from __future__ import annotations

import tempfile

from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

# It keeps what it knows of Unicode in a folder, also without a database.
_HOME = tempfile.TemporaryDirectory(prefix="hypothesis-")
set_hypothesis_home_dir(_HOME.name)


def examples(number: int) -> settings:
    """So many examples for a test."""
    return settings(max_examples=number, derandomize=True, database=None, deadline=None)
