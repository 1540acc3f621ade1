"""A clone, and a registry to install from."""

from __future__ import annotations

from pathlib import Path

import pytest

from .newcomer import Clone, make_registry


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of wheels, the fast installer among them."""
    return make_registry(tmp_path_factory.mktemp("registry") / "wheels")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A fresh clone."""
    return Clone(tmp_path)
