"""The lab calls functions of an app's module from outside, and reports their results and exceptions."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.lab.commands import call
from workbook.lab.warm import Warm

MODULE = """
def joined(one, other="z"):
    return one + other

def as_bytes(text):
    return text.encode()

def raises(text):
    return {}[text]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "02_a_step"
    folder.mkdir()
    (folder / "app.py").write_text("raise RuntimeError('the app is not loaded for this')")
    (folder / "words.py").write_text(MODULE)
    return folder


def test_each_call_tells_what_it_gave(warm: Warm, folder: Path) -> None:
    calls = [
        ("joined", ("é", "b")),
        ("joined", ("a",)),
        ("as_bytes", ("a",)),
        ("raises", ("a",)),
        ("none", ()),
    ]
    done = call(folder, warm, {}, "words", calls)
    assert done.failure is None
    assert done.told[:3] == [
        {"type": "str", "value": "éb"},
        {"type": "str", "value": "az"},
        {"type": "bytes", "value": "b'a'"},
    ]
    assert done.told[3]["error"] == "KeyError: 'a'"
    assert done.told[3]["traceback"] == "words.py, line 9, in raises: return {}[text]"
    assert done.told[4]["error"].startswith("AttributeError: module 'words' has no attribute 'none'")


def test_a_module_that_does_not_load_is_a_failure(warm: Warm, folder: Path) -> None:
    (folder / "words.py").write_text("import no_such_thing")
    done = call(folder, warm, {}, "words", [("joined", ("a",))])
    assert done.failure is not None
    assert done.failure.error == "ModuleNotFoundError: No module named 'no_such_thing'"
