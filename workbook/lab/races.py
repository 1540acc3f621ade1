"""Somebody comes to the app several times at the same moment, as by a double click: a race, made certain."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack

from .browser import Browser, Form, NoAnswer, Page
from .site import Site

# How long the database is kept locked where the app does not get as far as a write for everybody, as with a lock of
# its own (seconds). SQLite's patience, as Python sets it, is 5 seconds.
LONGEST = 1.5
# How long the others stand still for the first one, who may have to wait for them (seconds).
HEAD_START = 1.0


def at_once(
    site: Site,
    visits: Sequence[tuple[Browser, str]],
    *,
    tables: str = "users, identities",
    first_alone: bool = False,
) -> list[Page | NoAnswer]:
    """Opens each address in its browser, all at the same moment; gives what they see, in the same order.

    Nobody can write to these tables until everybody is about to. Until then each has looked up what there was before
    the first of them wrote. The site has to watch writes. With `first_alone` the others then wait, in the middle of
    their write, until the first has been answered: the first one's browser has to be the only one of its worker.
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
    """Sends each form in its browser, all at the same moment; gives what they see, in the same order.

    Nobody sees what another one has changed in the table before each has looked. On SQLite nobody writes until each
    is about to; on PostgreSQL nobody commits until each is about to. Whoever waits for another one is let go after
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
