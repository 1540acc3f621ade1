"""Keeps nearly all of the shell's settings from the workbook's own processes and the apps under check.

A variable of another project, or of the user's own tools, must neither help nor harm a verdict. PYTHONOPTIMIZE takes
assertions away, PYTEST_ADDOPTS ends a run early, PYTHONPATH brings other libraries, HTTP_PROXY sends requests
elsewhere, and FLASK_DEBUG, SECRET_KEY, TWITTER_KEY or DATABASE_URL configure the app differently from the one in the
folder.
"""

from __future__ import annotations

import os

# The variables of the machine's environment that any program needs, on any platform.
_OF_THE_MACHINE = (
    *("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "TMPDIR"),
    *("LANG", "LC_ALL", "HOME", "USERPROFILE"),
)
# The variables that Python itself needs: the places of its shared libraries, and of its compiled files.
_OF_PYTHON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE")


def bare_environment() -> dict[str, str]:
    """The part of this process's environment that an app may see."""
    return _part(_OF_THE_MACHINE)


def own_environment() -> dict[str, str]:
    """The part of this process's environment that a process of the workbook's own may see."""
    return _part((*_OF_THE_MACHINE, *_OF_PYTHON))


def _part(names: tuple[str, ...]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}
