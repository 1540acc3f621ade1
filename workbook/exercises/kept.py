"""The lessons of earlier steps, checked again in a later one: state, denial, logout, pages for logged-in users, and
deleting an account.

A keep exercise is not about logging in. If no user can log in, a different exercise says so, and the checks that need
a logged-in user are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from workbook.lab.browser import HOME, Browser, Form, NoAnswer, Page
from workbook.lab.databases import Database
from workbook.lab.site import Site
from workbook.lab.visits import SOMEBODY, NotAsked, form_to, issuer_of, refuse, sign_in
from workbook.providers.people import PEOPLE

from .any_provider import (
    DENIED,
    NO_STATE,
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
from .people import session_of
from .session_lost import why_session_was_lost
from .twitter_login import shortened

Tables = dict[str, list[dict[str, Any]]]


# The cookie by which Flask-Login remembers a user without a session.
REMEMBERED = "remember_token"
CLEAR_FIRST = (
    "session.clear() comes before logout_user(). logout_user() leaves a note in the session that the "
    f"cookie {REMEMBERED} has to be deleted, and session.clear() would remove the note."
)
HEAD_TOO = (
    "Flask lets HEAD reach every view that accepts GET, so a view that changes something accepts only POST."
)
# The fields in which an app might look for the ID of a user, or of an identity.
ID_FIELDS = (
    "id",
    "user_id",
    "user",
    "userid",
    "uid",
    "account_id",
    "account",
    "identity_id",
    "identity",
    "other_id",
    "other",
    "pk",
    "with",
)


def every_row(database: Database) -> Tables:
    """The rows of the app's tables, without the table in which Alembic keeps the version."""
    tables = sorted(set(database.look().get_table_names()) - {"alembic_version"})
    return {table: sorted(database.rows(f"SELECT * FROM {table}"), key=str) for table in tables}


def is_in(browser: Browser) -> str | None:
    """The name of the logged-in user, as the app's pages show it. None if they show no name."""
    for path in ("/", "/welcome"):
        words = browser.open(path).words
        name = next((one.name for one in PEOPLE if one.name in words), None)
        if name:
            return name
    return None


def check_nobody_is_in(site: Site, browser: Browser, *, what: str, look: str) -> None:
    """Missed if a user is logged in: the pages show a name, or this browser gets /welcome and a stranger does not. If
    strangers get it, too, a different exercise says so."""
    name = is_in(browser)
    if name is None:
        page = browser.open("/welcome")
        if (
            page.path != "/welcome"
            or page.status >= 400
            or site.browser().open("/welcome").path == "/welcome"
        ):
            return
    did = f"{name} is logged in." if name else f"/welcome says: {shortened(page.words)}"
    raise Missed(should=f"{what}. Then no user is logged in.", did=did, look=look)


def can_come_in(browser: Browser, name: str, who: str = SOMEBODY) -> bool:
    """A user logs in with a provider; whether that worked."""
    try:
        sign_in(browser, who, start=start_of(name))
        return is_in(browser) is not None
    except (NotAsked, NoAnswer):
        return False


def sent(browser: Browser, path: str, **fields: str) -> Page:
    """Sends a form to a path of the app by POST, whether a page has such a form or not."""
    browser.open("/")
    return browser.submit(Form("POST", urljoin(HOME, path), tuple(fields.items()), ()))


def naming(browser: Browser, form: Form, number: object) -> dict[str, Callable[[], Page]]:
    """Ways to send a form that also names an ID, under the usual names. Each way has the words that say where the ID
    is. The CSRF token stays as it is, because without it an app looks at nothing else."""
    named = tuple((name, str(number)) for name in ID_FIELDS)
    tokens = tuple(field for field in form.fields if "csrf" in field[0])
    # The form's own fields may name an ID, too, under a name that the app has chosen.
    own = tuple(
        (name, str(number)) for name, _ in form.fields if name not in ID_FIELDS and "csrf" not in name
    )
    path, query = form.action.partition("?")[0], urlencode(named)
    headers = {"X-CSRFToken": next((value for _, value in tokens), "")}
    return {
        "in the form": lambda: browser.submit(Form("POST", form.action, (*tokens, *own, *named), ())),
        "in the query string": lambda: browser.submit(Form("POST", f"{path}?{query}", form.fields, ())),
        "in the path": lambda: browser.submit(Form("POST", f"{path}/{number}", (*tokens, *own, *named), ())),
        "as JSON": lambda: browser.send_json(form.action, dict((*own, *named)), headers),
    }


def looked_at(
    browser: Browser, path: str, *, follow: bool = True
) -> tuple[tuple[str, Callable[[], Page]], ...]:
    """The requests for a path that must change nothing, because their methods are safe (RFC 9110 section 9.2.1), each
    with its method. In Flask HEAD reaches every view that accepts GET."""
    browser.open("/")
    head = Form("HEAD", urljoin(HOME, path), (), ())
    return (
        ("GET", lambda: browser.open(path, follow=follow)),
        ("HEAD", lambda: browser.submit(head, follow=follow)),
    )


# State


def check_forged_callbacks(site: Site, name: str, look: str) -> None:
    """A callback of another user's login changes nothing, neither for a stranger nor for a logged-in user."""
    ada, stranger = site.browser(), site.browser()
    people = [(stranger, "no user is")]
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
            what = (
                f"Eve makes the URL of a callback for {label(site, name)} {how}, and a browser where {whose} logged in "
                "opens this URL"
            )
            where = (
                look
                if how == "with the state of Eve's own login"
                else f"{look} An attacker can leave the state out."
            )
            check_nothing_came_of_it(site, browser, page, before, what, where, still_in=browser is ada)
            reads(site, page, NOT_OURS, what=what, look=where)


def check_used_state(site: Site, name: str, look: str) -> None:
    """The state of a login that has ended does not work again."""
    browser = site.browser()
    used = callback_for(site, browser, name)
    if browser.open(used).status >= 400 or not is_in(browser):
        return
    before = every_row(site.database)
    code = parse_qs(urlsplit(callback_for(site, site.browser(), name, "eve")).query)["code"][0]
    page = browser.open(changed(used, code=code))
    what = f"Ada has logged in with {label(site, name)}. A second callback has the state of that login, and Eve's code"
    check_nothing_came_of_it(site, browser, page, before, what, look, still_in=True)
    reads(site, page, NOT_OURS, what=what, look=look)


def check_state_after_an_error(site: Site, name: str, look: str) -> None:
    """The state of a login that a denial or an error has ended does not work again."""
    for error, how in (
        ("access_denied", "Ada has denied access"),
        ("server_error", f"{label(site, name)} has sent an error"),
    ):
        browser = site.browser()
        state = asked_of(site, browser, name).get("state", "")
        browser.open(f"{callback_at(name)}?{urlencode({'error': error, 'state': state})}")
        before = every_row(site.database)
        page = browser.open(changed(callback_for(site, site.browser(), name, "eve"), state=state))
        what = (
            f"{how}, so this login with {label(site, name)} is over. A second callback has the same state, and Eve's "
            "code"
        )
        check_nothing_came_of_it(site, browser, page, before, what, look, still_in=False)


def check_nothing_came_of_it(
    site: Site, browser: Browser, page: Page, before: Tables, what: str, look: str, *, still_in: bool
) -> None:
    """Missed if a callback that does not count has changed a row, or who is logged in (Ada, or no user)."""
    rows = every_row(site.database)
    if rows != before:
        new = [row for table in rows for row in rows[table] if row not in before.get(table, [])]
        did = f"these rows are new: {'; '.join(str(row) for row in new)}." if new else "rows are gone."
        raise Missed(should=f"{what}. Then the database stays as it was.", did=did, look=look)
    if not still_in:
        check_nobody_is_in(site, browser, what=what, look=look)
        return
    words = browser.open("/").words
    if "Ada Okafor" not in words:
        raise Missed(
            should=f"{what}. Then Ada stays logged in.",
            did=f"the callback ended at {page.path}, and the front page says: {shortened(words)}",
            look=look,
        )


# Denial


def check_refusals(site: Site, names: tuple[str, ...], look: str) -> None:
    """A user who denies access at a provider is not logged in, and reads why."""
    for name in names:
        browser = site.browser()
        asked_of(site, browser, name)
        before = every_row(site.database)
        what = f"the user denies access at {label(site, name)}"
        page = refuse(browser, start=start_of(name))
        check_nothing_came_of_it(site, browser, page, before, what, look, still_in=False)
        where = (
            f"{NO_STATE} So do not look for a login with Twitter by its state."
            if name == "twitter" and NOT_OURS in page.words
            else look
        )
        reads(site, page, DENIED, what=what, look=why_session_was_lost(site) or where)


def check_a_refusal_harms_nothing(site: Site, first: str, name: str, look: str) -> None:
    """Ada is logged in with a provider, and denies access at another provider. She stays logged in, and a login that
    she began in another tab goes on."""
    ada = site.browser()
    if not can_come_in(ada, first):
        return
    waiting = callback_for(site, ada, name)
    before = every_row(site.database)
    what = f"Ada is logged in with {label(site, first)}, and denies access at {label(site, name)}"
    # The provider would not ask her again in this browser, so the check makes the callback of a denial itself.
    denial = {"error": "access_denied", "state": asked_of(site, ada, name).get("state", "")}
    issuer = issuer_of(site, name)
    named = {"iss": issuer} if issuer else {}
    page = ada.open(f"{callback_at(name)}?{urlencode(denial | named)}")
    only_that = "the callback in app/auth.py: a denial ends the denied login, and changes nothing else."
    check_nothing_came_of_it(site, ada, page, before, what, only_that, still_in=True)
    reads(site, page, DENIED, what=what, look=look)
    page = ada.open(waiting)
    if NOT_OURS in page.words:
        raise Missed(
            should=f"{what}. A login with {label(site, name)} that she began before, in another tab, goes on.",
            did=f"that login ended at {page.path}, which says: {shortened(page.words)}",
            look=only_that,
        )


# Logout


def why_remembered(browser: Browser, otherwise: str) -> str:
    """Where to look after a logout that logged no user out."""
    return f"logout in app/auth.py: {CLEAR_FIRST}" if browser.cookie(REMEMBERED) else otherwise


def check_log_out(site: Site, first: str, second: str, look: str, *, said_elsewhere: bool = False) -> None:
    """After a click on *Log out* nothing of the session is left: no user is logged in, no login that was under way
    ends well, and no page waits. With `said_elsewhere`, a different exercise checks that the button logs out."""
    browser = site.browser()
    if not can_come_in(browser, first):
        return
    for method, look_at in looked_at(browser, "/logout"):
        look_at()
        if not is_in(browser):
            raise Missed(
                should="only a POST logs a user out. A link on a different website sends a GET.",
                did=f"Ada was logged in, and her browser sent a {method} to /logout. Then no one was logged in.",
                look='@bp.route("/logout", methods=["POST"]). ' + HEAD_TOO,
            )
    # Two logins are under way. One of them ends on a page that she has asked for.
    waiting = [(name, _begun(site, browser, name)) for name in (second, first)]
    browser.open(f"{start_of(second)}?next=/account", follow=False)
    front = browser.open("/")
    form = form_to(front, "/logout")
    if form is None or form.method != "POST":
        if said_elsewhere:
            return
        raise Missed(
            should="for a logged-in user, the front page has a button that sends a POST to /logout.",
            did="there is no such form." if form is None else f"the form there sends a {form.method}.",
            look=f"templates/index.html. {look}",
        )
    page = browser.submit(form)
    what = "Ada clicks on Log out"
    if said_elsewhere and (page.status >= 400 or is_in(browser)):
        return
    if page.status >= 400:
        did = f"{page.path} responded with status {page.status}: {shortened(page.words)}"
        raise Missed(should=f"{what}. Then she is on the front page.", did=did, look=look)
    check_nobody_is_in(site, browser, what=what, look=why_remembered(browser, look))
    before = every_row(site.database)
    for name, callback in waiting:
        if callback is None:
            continue
        browser.open(callback)
        words = f"{what} while a login with {label(site, name)} is under way. The callback of that login comes later"
        check_nobody_is_in(site, browser, what=words, look=f"{look} Your app must forget that login, too.")
        if every_row(site.database) != before:
            raise Missed(
                should=f"{words}. Then the database stays as it was.",
                did="a row is new or changed.",
                look=look,
            )
    try:
        ended = sign_in(browser, start=start_of(first))
    except (NotAsked, NoAnswer):
        return
    if ended.path == "/account":
        raise Missed(
            should=f"{what}, and logs in again. This login ends on /welcome.",
            did="this login ended on /account. A login from before the logout had asked for that page, so "
            "session['next'] was still there.",
            look=look,
        )


def check_log_out_of_a_stranger(site: Site, first: str, second: str, look: str) -> None:
    """A page with the button *Log out* is still open when its user is gone, and a login is under way. A click on that
    button ends the login."""
    browser = site.browser()
    if not can_come_in(browser, first):
        return
    waiting = _begun(site, browser, second)
    form = form_to(browser.open("/"), "/logout")
    if form is None or waiting is None:
        return
    # The starter of step 05 has no table for identities yet.
    for table in ("identities", "users"):
        if site.database.look().has_table(table):
            site.database.change(f"DELETE FROM {table}")
    page = browser.submit(form)
    what = (
        "Ada's account was deleted in another browser, and she clicks on Log out in a page that is still open"
    )
    if page.status >= 500:
        did = f"{page.path} responded with status {page.status}: {shortened(page.words)}"
        raise Missed(should=f"{what}. Then she is on the front page.", did=did, look=look)
    browser.open(waiting)
    name = is_in(browser)
    if name is not None or every_row(site.database)["users"]:
        raise Missed(
            should=f"{what}. From then on no login is under way.",
            did=f"a login with {label(site, second)} was under way. Its callback came after the click, and "
            f"{name or 'a new user'} was logged in.",
            look=f"{look} A logout empties the session, also if no user is logged in. So use no @login_required there.",
        )


def _begun(site: Site, browser: Browser, name: str) -> str | None:
    """The callback of a login that begins in a browser; None if none begins, because a different exercise says so."""
    try:
        return callback_for(site, browser, name)
    except (Missed, NoAnswer):
        return None


# Strangers


def check_strangers(
    site: Site,
    pages: tuple[str, ...],
    name: str,
    look: str,
    closed: tuple[str, ...] | None = None,
    *,
    ends_elsewhere: bool = False,
) -> None:
    """A stranger gets none of the pages for users, by GET or by POST (if `closed` is given, none of those), and gets
    the wanted page after a login. With `ends_elsewhere`, a different exercise checks that a login ends where its next
    says."""
    for path in pages if closed is None else closed:
        for method in ("GET", "POST"):
            stranger = site.browser()
            page = stranger.open(path) if method == "GET" else sent(stranger, path)
            shown = page.path == path and page.status < 400
            if shown or page.status >= (400 if method == "GET" else 500):
                raise Missed(
                    should=f"if a visitor who is not logged in sends a {method} to {path}, your app redirects to the "
                    "front page.",
                    did=f"{page.path} responded with status {page.status}: {shortened(page.words)}",
                    look=look,
                )
    for path in pages:
        stranger, wanted = site.browser(), f"{path}?page=2"
        page = stranger.open(wanted)
        if site.at_provider(page) or (closed is not None and path not in closed and page.path == path):
            continue  # if strangers see the page, or it fails for them, a different exercise says so
        link = next((one for one in page.links() if urlsplit(one).path == start_of(name)), None)
        should = (
            f"a visitor opens {wanted}, is redirected to {page.path}{'?' if page.query else ''}{page.query}, logs in "
            f"there with {label(site, name)}, and ends on {wanted}."
        )
        if link is None:
            did = f"that page has no link to {start_of(name)}."
            raise Missed(should=should, did=did, look="templates/index.html.")
        carried = parse_qs(urlsplit(link).query).get("next") == [wanted]
        if carried and ends_elsewhere:
            continue
        try:
            ended = sign_in(stranger, start=link)
        except (NotAsked, NoAnswer):
            return
        came_to = ended.path + (f"?{ended.query}" if ended.query else "")
        if (came_to != wanted or ended.status >= 400) and is_in(stranger):
            leads = link.removeprefix(HOME)
            if path in parse_qs(page.query).get("next", []):
                raise Missed(
                    should=should,
                    did=f"the redirect led to {page.path}?{page.query}, without the query string of {wanted}.",
                    look=f"the view of {path}: @login_required puts the page into next, with its query string. "
                    "request.path has no query string.",
                )
            raise Missed(
                should=should,
                did=f"the button leads to {leads}, and the login ended at {came_to} with status {ended.status}.",
                look="login in app/auth.py: keep next in the session, and redirect to it at the end of the login."
                if carried
                else "templates/index.html: the links to /login/… pass on the next of the front page's URL.",
            )


# Deleting an account

DELETE = "/account/delete"


def check_account_is_its_users(site: Site, look: str, guard: str) -> None:
    """Eve has an account. Neither a stranger nor Ada can delete it. `look` says where the app chooses the user, and
    `guard` what keeps strangers out."""
    if not can_come_in(site.browser(), "twitter", "eve"):
        return
    eve = site.database.rows("SELECT id FROM users")[0]["id"]
    check_strangers_delete_nothing(site, eve, f"{look} {guard}")
    ada = site.browser()
    if can_come_in(ada, "twitter") and len(site.database.rows("SELECT id FROM users")) > 1:
        check_delete_names_nobody(site, ada, (eve,), look)


def check_delete_names_nobody(site: Site, browser: Browser, others: tuple[int, ...], look: str) -> None:
    """Ada is logged in, and sends the ID of another user along with the form that deletes her account. The other users
    stay. Ada's own account may go or stay. If it goes, the browser keeps nothing that names her."""
    for other in others:
        theirs = _rows_of(every_row(site.database), other)
        for way in range(4):
            form = form_to(browser.open("/account"), DELETE) or Form("POST", urljoin(HOME, DELETE), (), ())
            where, send = list(naming(browser, form, other).items())[way]
            page = send()
            if _rows_of(every_row(site.database), other) != theirs:
                raise Missed(
                    should="a POST to /account/delete deletes the logged-in user, and no other user, whatever else the "
                    "request contains.",
                    did=f"Ada sent the ID of another user, {other}, {where}, and your app deleted that user's account.",
                    look=look,
                )
            if page.status >= 500:
                raise Missed(
                    should="a POST to /account/delete ends on a page of the app, whatever else the request contains.",
                    did=f"{page.path} responded with status {page.status}: {shortened(page.words)}",
                    look=look,
                )
            if is_in(browser) is None:  # Ada's own account is gone
                if browser.cookie(REMEMBERED):
                    raise Missed(
                        should="after a click on Delete my account, the browser keeps nothing that names the user.",
                        did=f"the cookie {REMEMBERED} was still there.",
                        look=f"delete: {CLEAR_FIRST}",
                    )
                can_come_in(browser, "twitter")


def _rows_of(tables: Tables, user: int) -> Tables:
    """A user's rows."""
    return {
        "users": [row for row in tables.get("users", []) if row["id"] == user],
        "identities": [row for row in tables.get("identities", []) if row["user_id"] == user],
    }


def check_strangers_delete_nothing(site: Site, user: int, look: str) -> None:
    """If a stranger sends a form to /account/delete, the app redirects the browser, and every user stays."""
    before = every_row(site.database)
    for fields in ({}, dict.fromkeys(ID_FIELDS, str(user))):
        page = sent(site.browser(), DELETE, **fields)
        should = (
            "if a visitor who is not logged in sends a POST to /account/delete, your app redirects, and deletes no "
            "account."
        )
        if every_row(site.database) != before:
            raise Missed(should=should, did=f"it deleted the account of user {user}.", look=look)
        if page.status >= 500:
            did = f"{page.path} responded with status {page.status}: {shortened(page.words)}"
            raise Missed(should=should, did=did, look=look)


def check_user_is_gone(
    site: Site, browser: Browser, pages: tuple[str, ...], waiting: str, *, said_elsewhere: bool = False
) -> None:
    """A browser is logged in as a user whose account was deleted in another browser. No user is logged in there then:
    pages, the form that deletes, and the callback `waiting` of Ada's login with Facebook. With `said_elsewhere`, a
    different exercise checks that this callback ends without an error."""
    what = "Ada's account was deleted in another browser, so no user is logged in here"
    look = (
        "load_user gives None if there is no such user. And current_user says who is logged in. An ID in the session "
        "does not."
    )
    before = every_row(site.database)
    for path in (*pages, DELETE):
        if path != DELETE and site.browser().open(path).status >= 500:
            continue  # that page fails for every stranger, and a different exercise says so
        page = sent(browser, path) if path == DELETE else browser.open(path)
        sent_there = f"{'a POST to ' if path == DELETE else ''}{path}"
        if page.status >= 500 or (
            path not in ("/", DELETE)
            and page.status == 200
            and page.path == path != site.browser().open(path).path
        ):
            did = f"{sent_there} ended at {page.path} with status {page.status}: {shortened(page.words)}"
            raise Missed(
                should=f"{what}. Then {sent_there} shows the front page, or redirects to it.",
                did=did,
                look=look,
            )
        if every_row(site.database) != before:
            raise Missed(
                should=f"{what}. Then {sent_there} changes nothing.",
                did="rows are changed or gone.",
                look=look,
            )
    page = browser.open(waiting)
    if page.status >= 500 and said_elsewhere:
        return
    if page.status >= 500:
        did = f"{page.path} responded with status {page.status}: {shortened(page.words)}"
        raise Missed(
            should=f"{what}. Then a login that was under way makes a new user, or none.", did=did, look=look
        )
    rows = every_row(site.database)
    owners = {row["id"] for row in before["users"]}
    moved = [
        row for row in rows["identities"] if row not in before["identities"] and row["user_id"] in owners
    ]
    if moved or any(row not in rows[table] for table in before for row in before[table]):
        raise Missed(
            should=f"{what}. Then a login that was under way changes no other user's account.",
            did="another user's rows have changed.",
            look=look,
        )


def check_a_deleted_user(site: Site) -> None:
    """Ada is logged in in two browsers, and deletes her account in one of them. The other is a stranger's."""
    here, there = site.browser(), site.browser()
    if not all(can_come_in(browser, "twitter") for browser in (here, there)):
        return
    waiting = _begun(site, there, "facebook")
    form = form_to(here.open("/account"), DELETE)
    if waiting is None or form is None or here.submit(form).status >= 400 or is_in(here):
        return
    check_user_is_gone(site, there, ("/", "/welcome", "/account"), waiting)


# The cookie


def check_cookie(site: Site, names: tuple[str, ...], look: str) -> None:
    """After a login, the session cookie holds nothing that a provider sent about the user. The check reads it twice,
    after the callback, and after the app has shown its pages."""
    ada = site.providers.people[SOMEBODY]
    emails = {ada.twitter.email, ada.facebook.email, ada.google.email, ada.github.email}
    for name in names:
        browser = site.browser()
        callback = _begun(site, browser, name)
        if callback is None:
            continue
        # Until the app has shown a page, a message that it has flashed is in the cookie, too.
        browser.open(callback, follow=False)
        at_first = session_of(browser)
        for path in ("/welcome", "/"):
            browser.open(path)
        for held in (session_of(browser), at_first):
            for what, value in (("name", ada.name), *(("email address", email) for email in emails if email)):
                if value in held:
                    raise Missed(
                        should="after a login, the session cookie holds the user's ID, and no name and no email "
                        "address.",
                        did=f"Ada logged in with {label(site, name)}. Everybody who has the cookie can read the "
                        f"{what}, {value}, in it. The cookie holds {shortened(held)}",
                        look=f"{look} Flask keeps a message of flash() in the session, until a page shows it."
                        if "_flashes" in held
                        else look,
                    )


# What steps 07 and 08 keep


def since_one_route(*, log_out_elsewhere: bool = False) -> dict[str, Callable[[Site], None]]:
    """The checks that the apps with one login route for all providers keep, each by its subject. With
    `log_out_elsewhere`, a different exercise checks that *Log out* logs out."""
    state = "authorized in app/auth.py: call finish(name, …) first, in every case. If it gives None, the login is over."
    refusal = (
        "authorized in app/auth.py: after a denial, Twitter sends denied, and a provider with OAuth 2 sends "
        "error=access_denied."
    )
    log_out = "logout in app/auth.py: session.clear(), and then logout_user()."
    guard = "@login_required comes below @bp.route. Above @bp.route, @login_required protects nothing."
    delete = "delete: current_user.id says which user to delete. Read no user from the request."
    checks: dict[str, Callable[[Site], None]] = {}
    for name in ("facebook", "google", "github"):
        checks[f"forged {name}"] = partial(check_forged_callbacks, name=name, look=state)
        checks[f"used {name}"] = partial(check_used_state, name=name, look=state)
        checks[f"ended {name}"] = partial(check_state_after_an_error, name=name, look=state)
        checks[f"refused beside {name}"] = partial(
            check_a_refusal_harms_nothing, first="twitter", name=name, look=refusal
        )
    for name in ("twitter", "facebook", "google", "github"):
        checks[f"refused {name}"] = partial(check_refusals, names=(name,), look=refusal)
    for first, second in (("twitter", "facebook"), ("github", "twitter")):
        checks[f"logged out {first} {second}"] = partial(
            check_log_out, first=first, second=second, look=log_out, said_elsewhere=log_out_elsewhere
        )
    pages = ("/welcome", "/account")
    checks["logged out, and gone"] = partial(
        check_log_out_of_a_stranger, first="twitter", second="facebook", look=log_out
    )
    checks["strangers"] = partial(
        check_strangers, pages=pages, name="facebook", look=f"the view of that page: {guard}"
    )
    checks["cookie"] = partial(
        check_cookie,
        names=("twitter", "facebook", "google", "github"),
        look="sign_in in app/auth.py: login_user(user) writes the ID into the session. The page takes the name and the "
        "email address from current_user.",
    )
    checks["delete"] = partial(check_account_is_its_users, look=delete, guard=guard)
    checks["deleted"] = check_a_deleted_user
    return checks
