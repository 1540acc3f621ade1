"""What earlier steps taught, tried again in a later one: state, refusal, log-out, and pages that are not for strangers.

An exercise that is kept is no exercise about logging in. Where nobody can sign in, another exercise says so, and what
needs somebody who is signed in is not tried.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from workbook.lab.browser import HOME, Browser, Form, NoAnswer, Page
from workbook.lab.databases import Database
from workbook.lab.site import Site
from workbook.lab.visits import SOMEBODY, NotAsked, form_to, refuse, sign_in
from workbook.providers.people import PEOPLE

from .any_provider import (
    DENIED,
    NOT_OURS,
    asked_of,
    callback_at,
    callback_for,
    label,
    reads,
    start_of,
)
from .facebook_login import changed
from .missed import Missed
from .twitter_login import shortened

Tables = dict[str, list[dict[str, Any]]]


def every_row(database: Database) -> Tables:
    """What stands in the app's tables, other than how far the migrations have come."""
    tables = sorted(set(database.look().get_table_names()) - {"alembic_version"})
    return {table: sorted(database.rows(f"SELECT * FROM {table}"), key=str) for table in tables}


def is_in(browser: Browser) -> str | None:
    """The name of whoever is signed in, as the app's pages say it; None where they name nobody. Whether /welcome shows
    for strangers is another question."""
    for path in ("/", "/welcome"):
        words = browser.open(path).words
        name = next((one.name for one in PEOPLE if one.name in words), None)
        if name:
            return name
    return None


def check_nobody_is_in(browser: Browser, *, what: str, look: str) -> None:
    """Missed where somebody is signed in."""
    name = is_in(browser)
    if name:
        raise Missed(should=f"{what}: nobody is signed in.", did=f"{name} is signed in.", look=look)


def can_come_in(browser: Browser, name: str, who: str = SOMEBODY) -> bool:
    """A person signs in with a provider; whether that worked."""
    try:
        sign_in(browser, who, start=start_of(name))
        return is_in(browser) is not None
    except (NotAsked, NoAnswer):
        return False


def sent(browser: Browser, path: str, **fields: str) -> Page:
    """A form is sent to a path of the app by POST, whether a page has such a form or not."""
    browser.open("/")
    return browser.submit(Form("POST", urljoin(HOME, path), tuple(fields.items()), ()))


# State


def check_forged_callbacks(site: Site, name: str, look: str) -> None:
    """A callback that another person's login has made changes nothing: not for a stranger, and not for a user."""
    ada, stranger = site.browser(), site.browser()
    people = [(stranger, "nobody is")]
    other = "facebook" if name == "twitter" else "twitter"
    if can_come_in(ada, other):
        people.append((ada, "Ada is"))
    for browser, whose in people:
        asked_of(site, browser, name)  # a login is under way here, so the app expects a callback
        before = every_row(site.database)
        for how in ("with the state of Eve's own login", "without a state", "with an empty state"):
            link = callback_for(site, site.browser(), name, "eve")
            if how != "with the state of Eve's own login":
                link = changed(link, state=None if how == "without a state" else "")
            page = browser.open(link)
            what = f"Eve makes a callback for {label(site, name)} {how}, and a browser where {whose} logged in opens it"
            check_nothing_came_of_it(site, browser, page, before, what, look, still_in=browser is ada)
            reads(site, page, NOT_OURS, what=what, look=look)


def check_used_state(site: Site, name: str, look: str) -> None:
    """The state of a login that has ended is good for nothing."""
    browser = site.browser()
    used = callback_for(site, browser, name)
    if browser.open(used).status >= 400 or not is_in(browser):
        return
    before = every_row(site.database)
    code = parse_qs(urlsplit(callback_for(site, site.browser(), name, "eve")).query)["code"][0]
    page = browser.open(changed(used, code=code))
    what = f"Ada has signed in with {label(site, name)}, and the state of that login comes once more, with Eve's code"
    check_nothing_came_of_it(site, browser, page, before, what, look, still_in=True)
    reads(site, page, NOT_OURS, what=what, look=look)


def check_nothing_came_of_it(
    site: Site, browser: Browser, page: Page, before: Tables, what: str, look: str, *, still_in: bool
) -> None:
    """Missed where a callback that does not count has changed a row, or who is signed in (Ada, or nobody)."""
    rows = every_row(site.database)
    if rows != before:
        new = [row for table in rows for row in rows[table] if row not in before.get(table, [])]
        did = f"these rows are new: {'; '.join(str(row) for row in new)}." if new else "rows are gone."
        raise Missed(should=f"{what}: the database stays as it was.", did=did, look=look)
    if not still_in:
        check_nobody_is_in(browser, what=what, look=look)
        return
    words = browser.open("/").words
    if "Ada Okafor" not in words:
        raise Missed(
            should=f"{what}: Ada stays signed in.",
            did=f"it ended at {page.path}, and the front page says: {shortened(words)}",
            look=look,
        )


# Refusal


def check_refusals(site: Site, names: tuple[str, ...], look: str) -> None:
    """A person who says no is signed in as nobody and reads why; one who is signed in already stays so, and a login in
    another tab goes on."""
    for name in names:
        browser = site.browser()
        before = every_row(site.database)
        what = f"somebody says no at {label(site, name)}"
        page = refuse(browser, start=start_of(name))
        check_nothing_came_of_it(site, browser, page, before, what, look, still_in=False)
        reads(site, page, DENIED, what=what, look=look)
    ada = site.browser()
    if not can_come_in(ada, names[0]):
        return
    for name in names[1:]:
        waiting = callback_for(site, ada, name)
        before = every_row(site.database)
        what = f"Ada is signed in with {label(site, names[0])}, and says no at {label(site, name)}"
        # Facebook would not ask her again in this browser, so the callback of a refusal is made here.
        state = asked_of(site, ada, name).get("state", "")
        page = ada.open(f"{callback_at(name)}?error=access_denied&state={state}")
        check_nothing_came_of_it(site, ada, page, before, what, look, still_in=True)
        reads(site, page, DENIED, what=what, look=look)
        page = ada.open(waiting)
        if NOT_OURS in page.words:
            raise Missed(
                should=f"{what}. A login at {label(site, name)} that she began before, in another tab, goes on.",
                did=f"it ended at {page.path}, where she reads: {shortened(page.words)}",
                look=f"{look} A refusal ends the login that was refused, and no other one.",
            )


# Log-out


def check_log_out(site: Site, first: str, second: str, look: str) -> None:
    """After a click on *Log out* nothing of the session is left: nobody is signed in, no login that was under way comes
    to its end, and no page waits."""
    browser = site.browser()
    if not can_come_in(browser, first):
        return
    # Two logins are under way, one of them begun from a page where she wants to go back to.
    waiting = [(second, callback_for(site, browser, second)), (first, callback_for(site, browser, first))]
    browser.open(f"{start_of(second)}?next=/account", follow=False)
    front = browser.open("/")
    form = form_to(front, "/logout")
    if form is None or form.method != "POST":
        raise Missed(
            should="whoever is signed in has a button on the front page that sends a POST to /logout.",
            did="there is no such form." if form is None else f"that form is sent by {form.method}.",
            look=f"templates/index.html. {look}",
        )
    page = browser.submit(form)
    what = "Ada clicks on Log out"
    if page.status >= 400:
        did = f"{page.path} answered with the status {page.status}: {shortened(page.words)}"
        raise Missed(should=f"{what}, and is on the front page.", did=did, look=look)
    check_nobody_is_in(browser, what=what, look=look)
    before = every_row(site.database)
    for name, callback in waiting:
        browser.open(callback)
        words = f"{what} while a login with {label(site, name)} is under way, and then its callback comes"
        check_nobody_is_in(browser, what=words, look=f"{look} What waited for that login has to go, too.")
        if every_row(site.database) != before:
            raise Missed(
                should=f"{words}: the database stays as it was.", did="a row is new or changed.", look=look
            )
    sign_in(browser, start=start_of(first))
    ended = browser.page
    if ended is not None and ended.path == "/account":
        raise Missed(
            should=f"{what}, and signs in again: the login ends on /welcome.",
            did="it ended on /account, which a login of before the log-out had asked for: session['next'] was still "
            "there.",
            look=look,
        )


# Strangers


def check_strangers(site: Site, pages: tuple[str, ...], name: str, look: str) -> None:
    """A stranger gets none of the pages of people who are signed in, by GET or by POST; and once signed in, is
    where the stranger wanted to go."""
    for path in pages:
        for method in ("GET", "POST"):
            stranger = site.browser()
            page = stranger.open(path) if method == "GET" else sent(stranger, path)
            should = f"a stranger who sends a {method} to {path} is sent away, to the front page."
            shown = page.path == path and page.status < 400
            if shown or page.status >= 500:
                did = f"{page.path} answered with the status {page.status}: {shortened(page.words)}"
                raise Missed(should=should, did=did, look=look)
    for path in pages:
        stranger = site.browser()
        page = stranger.open(path)
        link = next((one for one in page.links() if urlsplit(one).path == start_of(name)), None)
        if site.at_provider(page) or link is None:
            continue
        query = urlsplit(link).query
        try:
            ended = sign_in(stranger, start=f"{start_of(name)}{'?' if query else ''}{query}")
        except (NotAsked, NoAnswer):
            return
        if ended.status < 400 and ended.path != path and is_in(stranger):
            raise Missed(
                should=f"a stranger opens {path}, is sent to {page.path}{'?' if page.query else ''}{page.query}, signs "
                f"in there with {label(site, name)}, and is on {path} then.",
                did=f"the button leads to {start_of(name)}{'?' if query else ''}{query}, and the login ended on "
                f"{ended.path}.",
                look=f"templates/index.html: the links to /login/… carry next on, as it is in the query string of the "
                f"front page. And {look}",
            )
