"""The files that are derived from the solutions are current."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from workbook.course.places import DIAGRAMS, ROOT

from .derived import build


@pytest.mark.slow
def test_the_repository_is_current(tmp_path: Path) -> None:
    """Without PNGs and pictures of tables, because they take long; the next test compares these with the texts beside
    them.

    A student's work in chapters/ is no mistake.
    """
    (tmp_path / "mermaidx.py").write_text("raise ImportError('no package for this machine')")
    code, said, output = build(ROOT, "--check", found_first=tmp_path)
    edited = {thing for thing in said["stale"] if "has been edited" in thing}
    assert said["stale"] == edited, output
    assert code == (1 if edited else 0), output
    assert said["current"]


@pytest.mark.parametrize("text", sorted(DIAGRAMS.glob("*.mmd")), ids=lambda file: file.stem)
def test_a_picture_is_of_the_text_beside_it(text: Path) -> None:
    """A picture has the digest of its source text in all its ids."""
    digest = hashlib.sha256(text.read_text(encoding="utf-8").encode()).hexdigest()[:8]
    assert f'id="flow-{digest}"' in text.with_suffix(".svg").read_text(encoding="utf-8")
