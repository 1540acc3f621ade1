"""Users with several identities: a login with any provider, and the user in the database to whom it leads."""

from __future__ import annotations

import secrets

from workbook.flow.drawn import PROVIDER_LABELS
from workbook.lab.browser import Browser, NoAnswer, Page
from workbook.lab.site import Site

from .any_provider import tried
from .missed import Missed
from .twitter_login import shortened


def comes_in(
    site: Site, who: str, provider: str, look: str, *, browser: Browser | None = None, why: str = ""
) -> Browser:
    """A user logs in, in a new browser if none is given, and gets a page that is only for logged-in users.

    Missed if that does not work. `look` says where to look then, and `why` what is special about this login.
    """
    browser = browser or site.browser()
    page = tried(site, browser, provider, who)
    is_in(
        browser,
        page,
        f"{site.providers.people[who].name} logs in with {PROVIDER_LABELS[provider]}{why}, and can open /welcome.",
        look,
    )
    return browser


def is_in(browser: Browser, page: Page | NoAnswer, should: str, look: str) -> None:
    """Missed if a login did not end well, or no user is logged in after it. `page` is where it ended."""
    if isinstance(page, NoAnswer):
        raise Missed(should=should, did=f"{page}.", look=look)
    if page.status >= 400:
        did = f"{page.path} responded with status {page.status}: {shortened(page.words)}"
        raise Missed(should=should, did=did, look=look)
    welcome = browser.open("/welcome")
    if welcome.path != "/welcome" or welcome.status != 200:
        did = f"the login ended at {page.path}, which says: {shortened(page.words)}"
        raise Missed(should=should, did=f"{did} No user is logged in afterwards.", look=look)


def user_in(site: Site, browser: Browser) -> int | None:
    """The ID of the logged-in user in a browser, None if there is none.

    Every row of users gets a name of its own for a moment, and /welcome greets one of them.
    """
    rows = site.database.rows("SELECT id, name FROM users")
    word = secrets.token_hex(6)
    for row in rows:
        site.database.change(
            "UPDATE users SET name = :name WHERE id = :id", name=f"{word}-{row['id']}-", id=row["id"]
        )
    words = browser.open("/welcome").words
    for row in rows:
        site.database.change("UPDATE users SET name = :name WHERE id = :id", name=row["name"], id=row["id"])
    return next((int(row["id"]) for row in rows if f"{word}-{row['id']}-" in words), None)


def users_in_words(site: Site) -> str:
    """The users in the tables, and the providers of their identities."""
    users = site.database.rows("SELECT id, name FROM users ORDER BY id")
    identities = site.database.rows("SELECT user_id, provider FROM identities ORDER BY id")
    if not users:
        return "there is no user in the database"
    many = f"there are {len(users)} users" if len(users) > 1 else "there is one user"
    told = []
    for user in users:
        ways = [
            PROVIDER_LABELS.get(str(i["provider"]), str(i["provider"]))
            for i in identities
            if i["user_id"] == user["id"]
        ]
        told.append(f"{user['name']} (id {user['id']}, with {' and '.join(ways) or 'no identity'})")
    return f"{many} in the database: {', '.join(told)}"
