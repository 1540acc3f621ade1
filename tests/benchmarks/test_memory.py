"""The memory of the local providers, as `start` serves them, after many logins; beside Authlib, which keeps little."""

from __future__ import annotations

from dataclasses import replace

import pytest

from . import servers
from .conftest import Figures

pytestmark = pytest.mark.slow

# The numbers of logins, half of them with Google and half with Twitter.
LOGINS = (100, 1000, 3000)
MB = 1024 * 1024
HEADING = ("", "MB at first", *(f"after {logins}" for logins in LOGINS), "the last to the first")


def test_memory_after_many_logins(figures: Figures) -> None:
    with servers.ours() as ours, servers.bare_authlib() as bare, servers.clients(1) as clients:
        for name, server in (("the local providers", ours), ("bare Authlib", bare)):
            # The first size is taken after each page and the keys were made.
            sizes, done = [], 0
            for logins in (2, *LOGINS):
                for plan in server.plans.values():
                    # The client logs in once before it counts.
                    clients.rate(server, replace(plan, logins=max(1, (logins - done) // 2 - 1)), 1)
                done = logins
                sizes.append(server.memory)
            figures.add(
                "memory in use (RSS)",
                name,
                *(size / MB for size in sizes),
                f"{sizes[-1] / sizes[0]:.2f}",
                heading=HEADING,
            )
