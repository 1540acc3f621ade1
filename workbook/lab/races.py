"""A user sends the app several requests at the same moment, as by a double click: a race, made certain."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack

from .browser import Browser, Form, NoAnswer, Page
from .site import Site

# How long the database stays locked if not every request gets as far as a write, as with a lock of the app's own
# (seconds). SQLite's patience, as Python sets it, is 5 seconds.
LONGEST = 1.5
# How long the other workers stand still for the first request, which may have to wait for them (seconds).
HEAD_START = 1.0


def at_once(
    site: Site,
    visits: Sequence[tuple[Browser, str]],
    *,
    tables: str = "users, identities",
    first_alone: bool = False,
) -> list[Page | NoAnswer]:
    """Opens each URL in its browser, all at the same moment; returns their pages, in the same order.

    No request can write to these tables until all are about to. So each has read the rows from before the first write.
    The site has to watch writes. With `first_alone` the others then wait, in the middle of their write, until the first
    has its response: the first browser has to be the only one of its worker.
    """
    with ThreadPoolExecutor(len(visits)) as threads, ExitStack() as standing_still:
        with site.database.locked(tables):
            before = site.writes
            opened = [threads.submit(_open, browser, address) for browser, address in visits]
            site.wait_for_writes(before + len(visits), LONGEST)
            if first_alone:
                for worker in site.workers[1:]:
                    standing_still.enter_context(worker.paused())
        if first_alone:
            wait(opened[:1], HEAD_START)
            standing_still.close()
        return [one.result() for one in opened]


def submitted_at_once(site: Site, tabs: Sequence[tuple[Browser, Form]], table: str) -> list[Page | NoAnswer]:
    """Sends each form in its browser, all at the same moment; returns their pages, in the same order.

    No request sees a change of another one in the table before all have read it. On SQLite no request writes until all
    are about to; on PostgreSQL none commits until all are about to. A request that waits for another one goes on after
    LONGEST. The site has to watch writes.
    """
    with ThreadPoolExecutor(len(tabs)) as threads:
        if site.database.server is not None:
            with site.database.commits_held(table) as wait_for_commits:
                sent = [threads.submit(_submit, browser, form) for browser, form in tabs]
                wait_for_commits(len(tabs), LONGEST)
        else:
            with site.database.locked(table):
                before = site.writes
                sent = [threads.submit(_submit, browser, form) for browser, form in tabs]
                site.wait_for_writes(before + len(tabs), LONGEST)
        return [one.result() for one in sent]


def _submit(browser: Browser, form: Form) -> Page | NoAnswer:
    try:
        return browser.submit(form)
    except NoAnswer as error:
        return error


def _open(browser: Browser, address: str) -> Page | NoAnswer:
    try:
        return browser.open(address)
    except NoAnswer as error:
        return error
