"""Step 04: users in a database. Which rows the table takes, and which user a login finds and logs in."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from sqlalchemy import MetaData, String, Table
from sqlalchemy.exc import DatabaseError, IntegrityError, NoSuchTableError, SQLAlchemyError

from workbook.course.encodings import SAVE_AGAIN, not_utf8
from workbook.exercises.answers import check_answer
from workbook.exercises.facebook_login import asked_of_the_dialog, callback_for, signed_in_with_facebook
from workbook.exercises.markup import ESCAPE, MARKUP, taken_as_markup
from workbook.exercises.missed import Missed
from workbook.exercises.people import PROVIDERS, log_out, session_of, signed_in_with
from workbook.exercises.twitter_login import LATER_SIGN_IN, shortened, signed_in
from workbook.lab.browser import HOME, Browser, Form, Page
from workbook.lab.databases import Database
from workbook.lab.site import Site
from workbook.lab.visits import decide_on, log_out_at
from workbook.providers.people import PEOPLE, Person

TWO_WAYS_IN = "04_users_in_a_database.two_ways_in"
COLUMNS = {"Twitter": "twitter_id", "Facebook": "facebook_id"}
OTHER = {"Twitter": "Facebook", "Facebook": "Twitter"}
# Twitter's IDs are 64-bit numbers, with up to this many digits.
LONGEST_ID = 20
# How much room other columns need at least, and for what.
ROOM = {
    "name": (50, "a name has up to 50 characters at Twitter alone"),
    "email": (66, "an email address can have 64 characters before the @ (RFC 5321 section 4.5.3.1.1)"),
}

Row = dict[str, Any]
exercise = pytest.mark.exercise
with_either = pytest.mark.parametrize("provider", PROVIDERS)


def address(who: Person, provider: str) -> str | None:
    """The email address that a provider gives for a person."""
    return who.twitter.email if provider == "Twitter" else who.facebook.email


def users(site: Site) -> list[Row]:
    """The rows of the table as it is now."""
    try:
        return site.database.rows("SELECT * FROM users ORDER BY id")
    except DatabaseError:
        raise Missed(
            should="the database has a table users.",
            did=f"it has {told(site.database.look().get_table_names())}.",
            look='class User: __tablename__ = "users". The given db.create_all() makes the table.',
        ) from None


def told(names: list[str]) -> str:
    """Some names, with commas between them."""
    return ", ".join(names) or "none"


def shown(row: Row) -> str:
    """A row in words, as short as it goes."""
    return ", ".join(f"{name} {value!r}" for name, value in row.items())


def in_words(rows: list[Row]) -> str:
    """A table in words."""
    if not rows:
        return "there is no row in users"
    many = f"there are {len(rows)} rows in users" if len(rows) > 1 else "there is one row in users"
    return f"{many}: " + "; ".join(shown(row) for row in rows)


def own_words(error: SQLAlchemyError) -> str:
    """The database's own message, in one line."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0].removesuffix(".")


def arrived(page: Page) -> bool:
    """Whether a login ended well. The app redirects the browser to /welcome, whatever that page then does."""
    return any(urlsplit(answer.url).path == "/welcome" for answer in page.answers)


def ids(rows: list[Row]) -> dict[object, list[object]]:
    """The IDs in each row."""
    return {row["id"]: [row.get(column) for column in COLUMNS.values()] for row in rows}


def empty(site: Site) -> None:
    """Deletes all users of the app."""
    if site.database.look().has_table("users"):
        site.database.change("DELETE FROM users")


def add_user(database: Database, **values: object) -> None:
    """Writes a row into the app's table. Columns that the student has added get a value, if they need one."""
    table = Table("users", MetaData(), autoload_with=database.engine)
    given = {"id", "name", "email", *COLUMNS.values()}
    for column in table.columns:
        if column.name not in given and not column.nullable and column.server_default is None:
            kind = column.type.python_type
            values[column.name] = datetime.now() if kind is datetime else kind()
    with database.engine.begin() as connection:
        connection.execute(table.insert().values(**values))


# 4.1 A table for people


def refuses(site: Site, **values: object) -> str | None:
    """The database's message if it rejects a row, None if it accepts the row."""
    try:
        add_user(site.database, **values)
    except IntegrityError as error:
        return own_words(error)
    return None


@exercise("4.1")
def test_the_columns_are_there(site: Site) -> None:
    try:
        columns = {column["name"]: column["type"] for column in site.database.look().get_columns("users")}
    except NoSuchTableError:
        columns = {}
        users(site)
    missing = [name for name in ("name", "email", *COLUMNS.values()) if name not in columns]
    if missing:
        raise Missed(
            should="the table users has the columns id, name, email, twitter_id and facebook_id.",
            did=f"{told(missing)} {'is' if len(missing) == 1 else 'are'} missing. The table has {told(list(columns))}.",
            look="class User: each column is a line such as name = db.Column(db.String).",
        )
    for name in ("name", "email", *COLUMNS.values()):
        kind = columns[name]
        if not isinstance(kind, String):
            raise Missed(
                should=f"{name} is a string: db.String.",
                did=f"its type is {kind}. Facebook documents IDs as strings, Google's can have 255 characters, and "
                "a number column gives numbers back. In Python, 1 and '1' are not equal."
                if name in COLUMNS.values()
                else f"its type is {kind}.",
                look="class User: db.Column(db.String, …).",
            )
        room, why = ROOM.get(name, (0, ""))
        if kind.length is not None and kind.length < room:
            raise Missed(
                should=f"{name} has room for every {name}.",
                did=f"it takes {kind.length} characters, and {why}. SQLite keeps longer strings, too. PostgreSQL "
                "rejects them, and the login ends with an error.",
                look="class User: db.String without a length takes strings of any length.",
            )
        if name in COLUMNS.values() and kind.length is not None and kind.length < LONGEST_ID:
            raise Missed(
                should=f"{name} has room for every ID.",
                did=f"it takes {kind.length} characters, and Twitter's IDs have up to {LONGEST_ID} digits.",
                look="class User: db.String without a length takes strings of any length.",
            )


@exercise("4.1")
def test_what_may_be_missing(site: Site) -> None:
    for columns in ("email", "email, twitter_id", "email, facebook_id", "email, twitter_id, facebook_id"):
        values = {"name": "Somebody", "email": "somebody@example.org"}
        values |= {column: secrets.token_hex(8) for column in COLUMNS.values()}
        row = {name: None if name in columns.split(", ") else value for name, value in values.items()}
        for time in ("", " a second time"):
            row |= {name: secrets.token_hex(8) for name in COLUMNS.values() if row[name] is not None}
            said = refuses(site, **row)
            if said:
                raise Missed(
                    should="email, twitter_id and facebook_id may be missing (NULL), in any number of rows.",
                    did=f"the check wrote a row without {columns} into users{time}, and the database said: {said}.",
                    look="class User: nullable=False is only for name.",
                )
    said = refuses(site, name=None, twitter_id=secrets.token_hex(8))
    if said is None:
        raise Missed(
            should="name is never NULL.",
            did="the database accepted a row without a name.",
            look="class User: what does nullable=False do?",
        )


@exercise("4.1")
def test_an_address_may_stand_in_two_rows(site: Site) -> None:
    for _ in range(2):
        said = refuses(site, name="Somebody", email="shared@example.org", twitter_id=secrets.token_hex(8))
        if said:
            raise Missed(
                should="two users may have the same email address. It does not prove who a user is.",
                did=f"the database rejected the second row with the same email. It said: {said}.",
                look="class User: unique=True is for values that two users never share.",
            )


@exercise("4.1")
def test_an_id_stands_in_one_row(site: Site) -> None:
    for provider in PROVIDERS:
        empty(site)
        column, id = COLUMNS[provider], secrets.token_hex(8)
        said = [refuses(site, name=name, **{column: id}) for name in ("One", "Two")]
        if said[1] is None:
            raise Missed(
                should=f"no two rows have the same {column}, so that a login finds one user.",
                did=f"the database accepted two rows with the same {column}.",
                look=f"class User: {column} = db.Column(db.String, unique=True, …).",
            )


@exercise("4.1")
def test_a_second_start_keeps_the_rows(site: Site, open_site: Callable[..., Site]) -> None:
    add_user(site.database, name="Ada Okafor")
    open_site(database=site.database)
    rows = users(site)
    if [row["name"] for row in rows] != ["Ada Okafor"]:
        raise Missed(
            should="when your app starts again with the same database, users has the same rows as before.",
            did=f"the check wrote one row into users, and started your app once more. Now {in_words(rows)}.",
            look="db.create_all(), after class User, makes only the tables that are missing. db.drop_all() deletes all "
            "tables, with their rows, at each start.",
        )


# 4.2 Find or create

CREATE = "sign_in: User(name=name, email=email, **{column: subject}), db.session.add(…), db.session.commit()."
FIND = "sign_in: find the user by the subject in the column COLUMNS[provider], and by nothing else."


@exercise("4.2")
@pytest.mark.parametrize("who", ["ada", "chen", "eve"])
@with_either
def test_a_first_login_makes_one_user(site: Site, provider: str, who: str) -> None:
    people = site.providers.people
    if who == "chen":
        # Above 2**53 a float, and so JavaScript, has even numbers only (IEEE 754).
        odd = 2**53 + 1 + 2 * secrets.randbelow(10**17)
        people.change(who, twitter={"id": odd}, facebook={"id": str(odd + 2)})
    one = people[who]
    signed_in_with(provider, site, site.browser(), who, LATER_SIGN_IN if provider == "Twitter" else None)
    rows = users(site)
    should = f"when {one.name} logs in with {provider} for the first time, your app makes one row."
    if len(rows) != 1:
        raise Missed(should=should, did=f"{in_words(rows)}.", look=CREATE)
    row, column, other = rows[0], COLUMNS[provider], COLUMNS[OTHER[provider]]
    wanted: Row = {
        column: one.subject(provider.lower()),
        "name": one.name,
        "email": address(one, provider),
        other: None,
    }
    for name, value in wanted.items():
        if row.get(name) != value:
            raise Missed(
                should=f"{should} Its {name} is {value!r}{', NULL in the table' if value is None else ''}.",
                did=f"its {name} is {row.get(name)!r}.",
                look=why_not(name, row.get(name), one, provider),
            )


def why_not(name: str, value: object, one: Person, provider: str) -> str:
    """Where to look if a first login wrote a wrong value into a column."""
    if name != COLUMNS[provider]:
        if value == "":
            return "write None for a missing value. The empty string is a value. A unique column takes it only once."
        return CREATE
    if value is None:
        return f"sign_in: the ID goes into the column of its provider, COLUMNS[provider], here {name}."
    if value == one.twitter.screen_name:
        return (
            "a screen name can change, and get a new owner. The ID is the argument subject, Twitter's id_str."
        )
    return "the ID is the argument subject, a string. Do not change it. A float has only 15 to 17 digits."


@exercise("4.2")
def test_the_second_login_finds_the_first(site: Site) -> None:
    for provider in PROVIDERS:
        empty(site)
        signed_in_with(provider, site, site.browser(), "chen")
        before = users(site)
        page = signed_in_with(provider, site, site.browser(), "chen")
        after = users(site)
        if ids(before) != ids(after) or not after or not arrived(page):
            raise Missed(
                should=f"Chén Jìng logs in with {provider} again, in a new browser. Your app finds the same user.",
                did=f"the second login ended at {page.path}, and {in_words(after)}.",
                look=FIND,
            )


@exercise("4.2")
def test_people_are_found_by_their_id_alone(site: Site) -> None:
    """Ada changes her name and more, and then Bo takes all that was hers except the ID."""
    for provider in PROVIDERS:
        empty(site)
        people = site.providers.people
        signed_in_with(provider, site, site.browser(), "ada")
        was = people["ada"]
        hers = {"email": address(was, provider)} | (
            {"screen_name": was.twitter.screen_name} if provider == "Twitter" else {}
        )
        new = {"email": "new@example.org"} | ({"screen_name": "ada_new"} if provider == "Twitter" else {})
        people.change("ada", name=f"Ada {secrets.token_hex(4)}", **{provider.lower(): new})
        people.change("bo", name=was.name, **{provider.lower(): hers})
        what = "screen name, name and email address" if provider == "Twitter" else "name and email address"
        page = signed_in_with(provider, site, site.browser(), "ada")
        rows = users(site)
        if len(rows) != 1 or not arrived(page):
            raise Missed(
                should=f"a user who changes {what} at {provider} stays the same user.",
                did=f"Ada changed them and logged in again. She ended at {page.path}, and {in_words(rows)}.",
                look=FIND,
            )
        signed_in_with(provider, site, site.browser(), "bo")
        rows = users(site)
        if len(rows) != 2:
            raise Missed(
                should=f"a person who takes a user's old {what} at {provider} does not become that user.",
                did=f"Bo took Ada's old ones and logged in. Now {in_words(rows)}.",
                look=FIND,
            )


@exercise("4.2")
def test_one_address_at_two_providers_is_two_users(site: Site) -> None:
    """Eve gives Ada's email address as her own."""
    for provider in PROVIDERS:
        empty(site)
        people, second = site.providers.people, OTHER[provider]
        people.change("eve", **{second.lower(): {"email": people["ada"].twitter.email}})
        signed_in_with(provider, site, site.browser(), "ada")
        signed_in_with(second, site, site.browser(), "eve")
        rows = users(site)
        if len(rows) != 2:
            raise Missed(
                should=f"Ada logs in with {provider}, and Eve with {second}, with Ada's email address. They are two "
                "users. An email address does not prove who a user is.",
                did=f"{in_words(rows)}.",
                look="sign_in: only store the email address. Do not look for a user by it.",
            )


@exercise("4.2")
def test_people_without_an_address_are_not_one_person(site: Site) -> None:
    signed_in_with("Twitter", site, site.browser(), "chen")
    signed_in_with("Facebook", site, site.browser(), "eve")
    rows = users(site)
    if len(rows) != 2:
        raise Missed(
            should="two people without an email address are two users.",
            did=f"Chén Jìng and Eve logged in. Now {in_words(rows)}.",
            look="sign_in: do you look for a user by the email address? None fits every user without one.",
        )


@exercise("4.2")
def test_equal_digits_at_two_providers_are_two_users(site: Site) -> None:
    """Bo's ID at one provider has the same digits as Ada's at the other."""
    people = site.providers.people
    people.change(
        "bo", twitter={"id": int(people["ada"].facebook.id)}, facebook={"id": str(people["ada"].twitter.id)}
    )
    for provider in PROVIDERS:
        empty(site)
        second = OTHER[provider]
        signed_in_with(provider, site, site.browser(), "ada")
        signed_in_with(second, site, site.browser(), "bo")
        rows = users(site)
        if len(rows) != 2:
            raise Missed(
                should=f"Ada logs in with {provider}, and Bo with {second}. His ID there has the same digits as hers "
                f"at {provider}. They are two users.",
                did=f"{in_words(rows)}.",
                look="sign_in: look for the subject only in this provider's column, COLUMNS[provider].",
            )


@contextmanager
def as_given(site: Site) -> Iterator[None]:
    """Inside this `with`, SQLite keeps the IDs as the app gives them. Otherwise SQLite makes strings of the numbers in
    a string column."""
    for column in COLUMNS.values():
        site.database.change(f"ALTER TABLE users RENAME COLUMN {column} TO text_{column}")
        site.database.change(f"ALTER TABLE users ADD COLUMN {column}")
    try:
        yield
    finally:
        for column in COLUMNS.values():
            site.database.change(f"ALTER TABLE users RENAME COLUMN {column} TO given_{column}")
            site.database.change(f"ALTER TABLE users RENAME COLUMN text_{column} TO {column}")


@exercise("4.2")
def test_the_id_is_given_as_a_text(site: Site) -> None:
    if site.database.server is not None:
        return  # PostgreSQL does not compare a number with a string, so a login with one has ended in an error
    with as_given(site):
        for provider in PROVIDERS:
            signed_in_with(provider, site, site.browser(), "ada")
        for provider, column in COLUMNS.items():
            for row in site.database.rows(f"SELECT {column}, typeof({column}) AS kind FROM users"):
                if row["kind"] not in ("text", "null"):
                    raise Missed(
                        should=f"your app gives the database the ID as a string, {str(row[column])!r}.",
                        did=f"for {provider} it gave the number {row[column]}. SQLite makes a string of it. PostgreSQL "
                        "rejects it: operator does not exist: character varying = integer.",
                        look="sign_in: use the subject as it is, without int(). Twitter's subject is id_str, not id.",
                    )


# 4.3 The session knows a number

LOADER = "load_user: db.session.get(User, int(user_id)) gives the user, or None if the row is gone."


def is_stranger(browser: Browser) -> str | None:
    """None if no user is logged in in this browser; otherwise what shows a logged-in user, or a crash."""
    for path in ("/welcome", "/"):
        page = browser.open(path)
        if page.status >= 500:
            return f"{path} returned status {page.status}."
        if page.path == "/welcome" or "You are signed in" in page.words:
            return f"{page.path} says: {shortened(page.words)}"
    return None


@exercise("4.3")
def test_the_cookie_tells_nothing_of_a_person(site: Site) -> None:
    for provider in PROVIDERS:
        empty(site)
        browser = site.browser()
        signed_in_with(provider, site, browser, "ada")
        one, held = site.providers.people["ada"], session_of(browser)
        tokens = [*site.providers.twitter.access_tokens, *site.providers.facebook.access_tokens]
        secret = [
            ("name", one.name),
            ("email address", address(one, provider)),
            *(("access token", t) for t in tokens),
        ]
        found = [f"the {what}, {value}" for what, value in secret if value and value in held]
        if found:
            raise Missed(
                should="after a login, the session cookie holds the user's ID, and nothing else about the user.",
                did=f"everybody who has the cookie can read {found[0]}, in it. It holds {shortened(held)}",
                look="sign_in: login_user(user) writes the ID into the session. No other line has to.",
            )


@exercise("4.3")
@pytest.mark.parametrize("who", ["ada", "bo"])
def test_a_login_ends_on_a_page_that_greets(site: Site, who: str) -> None:
    browser, elsewhere = site.browser(), site.browser()
    if who == "bo":
        site.providers.people.change(who, name=f"Bo {MARKUP} Lindqvist")
    page = signed_in_with("Twitter", site, browser, who, LATER_SIGN_IN)
    signed_in_with("Facebook", site, elsewhere, "dara")
    name = site.providers.people[who].name
    if page.path != "/welcome":
        greeted = "You are signed in" in page.words and name in page.words
        raise Missed(
            should="the login ends at /welcome.",
            did=f"it ended at {page.path}, which says: {shortened(page.words)}",
            look="the view welcome: the front page knows the user, but /welcome redirects. Does /welcome still use "
            'session["user"], which the login no longer sets?'
            if greeted
            else LOADER
            if '"_user_id":' in session_of(browser)
            else "sign_in: call login_user(user) after the commit. Before it, the user has no ID yet.",
            flow=site.flow("Your app"),
            expected=LATER_SIGN_IN,
        )
    for path in ("/welcome", "/"):
        page = browser.open(path)
        if taken_as_markup(page):
            raise Missed(
                should="your app shows every name as text. Anybody can choose any name at Twitter.",
                did=f"{path} shows the name {name} as markup.",
                look=f"templates/index.html and templates/welcome.html. {ESCAPE}",
            )
        if page.status >= 400 or name not in page.words:
            wrong = next((one.name for one in PEOPLE if one.key != who and one.name in page.words), None)
            raise Missed(
                should=f"{path} greets {name}, who is logged in in this browser.",
                did=f"it returned status {page.status} and says: {shortened(page.words)}",
                look=f"load_user gave {wrong}, who once had that ID. Let it ask the database at each request, and keep "
                "no user."
                if wrong
                else "welcome gives current_user to its template."
                if path == "/welcome"
                else "templates/index.html: Flask-Login gives current_user to every template.",
            )


@exercise("4.3")
def test_the_welcome_page_reads_the_database(site: Site) -> None:
    browser = site.browser()
    signed_in_with("Twitter", site, browser, "ada")
    name = f"Ada {secrets.token_hex(4)}"
    site.database.change("UPDATE users SET name = :name", name=name)
    page = browser.open("/welcome")
    if name not in page.words:
        raise Missed(
            should="/welcome shows what the database holds at that moment.",
            did=f"the check changed the name in Ada's row to {name}, and {page.path} says: {shortened(page.words)}",
            look="welcome: render_template(…, user=current_user). And load_user asks the database at each request.",
        )


@exercise("4.3")
def test_strangers_end_on_the_front_page(site: Site) -> None:
    page = site.browser().open("/welcome")
    if page.path != "/" or page.status != 200:
        raise Missed(
            should="/welcome redirects a visitor who is not logged in to the front page.",
            did=f"the browser ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look="@login_required between @app.route(…) and def welcome(). It redirects to "
            "login_manager.login_view.",
        )


@exercise("4.3")
def test_a_stranger_who_logs_in_ends_where_they_wanted_to_go(site: Site) -> None:
    """Only apps that redirect with `next` are checked. A redirect by hand may come without it."""
    for provider in PROVIDERS:
        browser, wanted = site.browser(), f"/welcome?page={secrets.token_hex(4)}&sort=a%2Bb"
        page = browser.open(wanted)
        login = next(
            (link for link in page.links() if urlsplit(link).path == f"/login/{provider.lower()}"), None
        )
        if login is None or "next" not in parse_qs(page.query):
            continue
        front = f"{page.path}?{page.query}"
        page = decide_on(browser, browser.click(login), "ada", "allow")
        ended = f"{page.path}?{page.query}" if page.query else page.path
        if ended != wanted:
            raise Missed(
                should=f"a visitor opens {wanted}, is redirected to the front page, clicks Sign in with {provider}, "
                f"and ends at {wanted}.",
                did=f"it redirected to {front}. The link there led to {urlsplit(login).path}"
                f"{'?' + urlsplit(login).query if urlsplit(login).query else ''}, and the login ended at {ended}.",
                look="templates/index.html: the link passes on the next of the front page's URL, by "
                f"url_for('{provider.lower()}_login', next=request.args.get('next')).",
            )


@exercise("4.3")
def test_a_user_whose_row_is_gone_is_a_stranger(site: Site) -> None:
    browser = site.browser()
    signed_in_with("Twitter", site, browser, "ada")
    site.database.change("DELETE FROM users")
    did = is_stranger(browser)
    # The button is in a page that was open before.
    left = browser.submit(Form("POST", f"{HOME}/logout", (), ()))
    if did is None and left.status >= 400:
        did = f"A click on Log out returned status {left.status}."
    if did:
        raise Missed(
            should="when a user's row is gone, the user is not logged in, and /welcome redirects to the front page.",
            did=f"the check deleted Ada's row while she was logged in. {did}",
            look=LOADER,
        )


@exercise("4.3")
def test_logging_out_ends_the_session(site: Site) -> None:
    browser = site.browser()
    signed_in_with("Facebook", site, browser, "ada")
    log_out(browser)
    did = is_stranger(browser)
    if did:
        raise Missed(
            should="after a logout, no user is logged in.",
            did=did,
            look="logout: the cookie remember_token is still there, and logs the user in again. logout_user() notes "
            "in the session that the browser has to delete it. session.clear() comes before logout_user(), or that "
            "note is lost."
            if browser.cookie("remember_token")
            else "logout: session.clear(), and then logout_user(). Does your app keep the user elsewhere, too?",
        )
    signed_in_with("Facebook", site, browser, "ada")
    if is_stranger(browser) is None or len(users(site)) != 1:
        raise Missed(
            should="after a logout, a user can log in again, as the same user.",
            did=f"Ada logged in again. Now {in_words(users(site))}.",
            look="logout: what does it leave behind?",
        )


@exercise("4.3")
def test_equal_digits_at_two_providers_are_two_sessions(site: Site) -> None:
    """Ada logs in with one provider, and Bo with the other provider. His ID there has the same digits as hers."""
    people = site.providers.people
    people.change(
        "bo", twitter={"id": int(people["ada"].facebook.id)}, facebook={"id": str(people["ada"].twitter.id)}
    )
    for provider in PROVIDERS:
        empty(site)
        logins = ((provider, "ada", site.browser()), (OTHER[provider], "bo", site.browser()))
        for way, who, browser in logins:
            signed_in_with(way, site, browser, who)
        if len(users(site)) != 2:
            return  # exercise 4.2 says so
        for way, who, browser in logins:
            page, name = browser.open("/welcome"), people[who].name
            if name not in page.words:
                raise Missed(
                    should=f"Ada logs in with {provider}, and Bo in another browser with {OTHER[provider]}. His ID "
                    f"there has the same digits as hers at {provider}. /welcome greets each by their own name.",
                    did=f"where {name} logged in with {way}, {page.path} returned status {page.status} and says: "
                    f"{shortened(page.words)}",
                    look="load_user: the session holds the user's ID in users, the column id, and load_user looks for "
                    "this ID. A provider's ID may belong to two users.",
                )


@exercise("4.3")
def test_the_front_pages_next_is_passed_on(site: Site) -> None:
    """The front page with `next` in its URL, as Flask-Login's redirect has it, opened from a bookmark."""
    for provider in PROVIDERS:
        browser, wanted = site.browser(), f"/welcome?page={secrets.token_hex(4)}"
        front = f"/?next={quote(wanted, safe='/')}"
        page = browser.open(front)
        login = next(
            (link for link in page.links() if urlsplit(link).path == f"/login/{provider.lower()}"), None
        )
        if login is None:
            continue
        page = decide_on(browser, browser.click(login), "ada", "allow")
        ended = f"{page.path}?{page.query}" if page.query else page.path
        if ended != wanted:
            query = urlsplit(login).query
            raise Missed(
                should=f"the front page passes on the next of its own URL. A browser opens {front}, the user clicks "
                f"Sign in with {provider}, and the login ends at {wanted}.",
                did=f"the link led to {urlsplit(login).path}{'?' + query if query else ''}, and the login ended at "
                f"{ended}.",
                look="templates/index.html: the link passes on the next of the front page's URL, by "
                f"url_for('{provider.lower()}_login', next=request.args.get('next')).",
            )


# 4.4 A second way in

LINK = (
    "sign_in: if no user was found and current_user.is_authenticated, the user is current_user, and "
    "setattr(user, column, subject) writes the ID into that row."
)


@exercise("4.4")
@with_either
def test_whoever_is_logged_in_gets_a_second_way_in(site: Site, provider: str) -> None:
    second, one = OTHER[provider], site.providers.people["ada"]
    browser = site.browser()
    signed_in_with(provider, site, browser, "ada")
    before = users(site)
    signed_in_with(second, site, browser, "ada", TWO_WAYS_IN if provider == "Twitter" else None)
    rows = users(site)
    if list(ids(rows).values()) != [[one.subject(which.lower()) for which in PROVIDERS]]:
        raise Missed(
            should=f"Ada logs in with {provider}, and then in the same browser with {second}. One row has both IDs.",
            did=f"{in_words(rows)}.",
            look=f"{LINK} Then db.session.commit() stores it. Does your code reach the commit there, too?"
            if ids(rows) == ids(before)
            else LINK,
        )
    for way in PROVIDERS:
        new, name = site.browser(), f"Ada {secrets.token_hex(4)}"
        signed_in_with(way, site, new, "ada")
        site.database.change("UPDATE users SET name = :name", name=name)
        page = new.open("/welcome")
        if name not in page.words or len(users(site)) != 1:
            raise Missed(
                should=f"afterwards, a login with {way} leads to that row, too.",
                did=f"{in_words(users(site))}. {page.path} says: {shortened(page.words)}",
                look=FIND,
            )


@exercise("4.4")
def test_an_id_that_is_somebodys_stays_theirs(site: Site) -> None:
    for provider in PROVIDERS:
        empty(site)
        second, people = OTHER[provider], site.providers.people
        signed_in_with(second, site, site.browser(), "bo")
        browser = site.browser()
        signed_in_with(provider, site, browser, "ada")
        before = users(site)
        should = f"Bo's {second} ID stays in Bo's row when he logs in where Ada is logged in."
        look = "sign_in: first look which user has the ID. Write it into a row only if no user has it."
        try:
            signed_in_with(second, site, browser, "bo")
        except Missed as missed:
            raise Missed(should=should, did=missed.did, look=look, meant="IntegrityError") from None
        after = users(site)
        if ids(after) != ids(before):
            raise Missed(
                should=should,
                did=f"before, {in_words(before)}. Afterwards, {in_words(after)}.",
                look=look,
            )
        new = site.browser()
        signed_in_with(second, site, new, "bo")
        page = new.open("/welcome")
        if people["bo"].name not in page.words:
            raise Missed(
                should="afterwards, Bo's own login leads to Bo's row.",
                did=f"{page.path} says: {shortened(page.words)}",
                look=FIND,
            )


@exercise("4.4")
def test_another_account_does_not_overwrite_the_first(site: Site) -> None:
    for provider, other in (("Twitter", "Facebook"), ("Facebook", "Twitter"), ("Twitter", None)):
        empty(site)
        browser = site.browser()
        signed_in_with(provider, site, browser, "ada")
        if other:
            signed_in_with(other, site, browser, "ada")
        before = users(site)
        log_out_at(site, browser, provider.lower())
        page = signed_in_with(provider, site, browser, "bo")
        after = users(site)
        should = f"Ada is logged in, and logs in with another {provider} account, which no user has here."
        if len(after) > len(before):
            raise Missed(
                should=f"{should} Your app changes nothing, and makes no user.",
                did=f"it made a second user: {in_words(after)}.",
                look="sign_in: if current_user has another ID of this provider, return sorry(…) before you make a "
                "User.",
            )
        if ids(after) != ids(before):
            raise Missed(
                should=f"{should} Your app changes nothing, or the first account would no longer lead to her.",
                did=f"before, {in_words(before)}. Afterwards, {in_words(after)}.",
                look="sign_in: is getattr(current_user, column) None? Only then write the ID there.",
            )
        message = f"You have another {provider} account here already."
        if message not in page.words:
            raise Missed(
                should=f"{should} The front page says: {message}",
                did=f"the login ended at {page.path}, which says: {shortened(page.words)}",
                look='sign_in: return sorry(f"You have another {provider} account here already.").',
            )


@exercise("4.4")
def test_who_has_logged_out_gets_no_second_way_in(site: Site) -> None:
    browser = site.browser()
    signed_in_with("Twitter", site, browser, "ada")
    log_out(browser)
    signed_in_with("Facebook", site, browser, "bo")
    rows = users(site)
    if len(rows) != 2:
        raise Missed(
            should="Ada logs out, and then Bo logs in with Facebook in the same browser. They are two users.",
            did=f"{in_words(rows)}.",
            look="sign_in: ask current_user who is logged in now. Use nothing that your app kept from before.",
        )


@exercise("4.4")
def test_a_user_who_is_gone_gets_no_second_way_in(site: Site) -> None:
    """Ada's row is deleted while she is at Facebook. With Bo's row, SQLite does not give her ID again."""
    browser = site.browser()
    signed_in_with("Twitter", site, browser, "ada")
    signed_in_with("Twitter", site, site.browser(), "bo")
    callback = callback_for(site, browser, "ada")
    site.database.change(
        "DELETE FROM users WHERE twitter_id = :id", id=str(site.providers.people["ada"].twitter.id)
    )
    before = users(site)
    page = browser.open(callback)
    rows = users(site)
    new = [row for row in rows if row not in before]
    ada = site.providers.people["ada"]
    if page.status < 400 and len(new) == 1 and ids(new) == {new[0]["id"]: [None, ada.facebook.id]}:
        return
    raise Missed(
        should="Ada is logged in, her row is deleted, and then she comes back from Facebook. No user is logged in "
        "then, so the login makes a new user.",
        did=f"the login ended at {page.path} with status {page.status}, and {in_words(rows)}.",
        look="sign_in: ask current_user who is logged in. The ID in the session may belong to a user who is gone. Then "
        "current_user.is_authenticated is False.",
    )


@exercise("4.4")
@with_either
def test_a_refused_account_leaves_the_session_as_it_was(site: Site, provider: str) -> None:
    browser, other = site.browser(), OTHER[provider]
    signed_in_with(provider, site, browser, "ada")
    signed_in_with(other, site, browser, "ada")
    before = browser.open("/welcome")
    log_out_at(site, browser, provider.lower())
    signed_in_with(provider, site, browser, "bo")
    browser.open("/")  # shows the message, once
    after = browser.open("/welcome")
    if (before.path, before.words) != (after.path, after.words):
        raise Missed(
            should=f"Ada is logged in with {other}, and logs in with another {provider} account, which no user has "
            "here. Your app changes nothing. /welcome shows the same as before.",
            did=f"before, {before.path} said: {shortened(before.words)} Afterwards, {after.path} says: "
            f"{shortened(after.words)}",
            look="sign_in: return sorry(…) before you put anything into the session, also the provider, or take "
            "anything out.",
        )


# 4.5, 4.7 and 4.8 Questions


@exercise("4.5")
def test_empty_and_unique(folder: Path) -> None:
    check_answer(
        folder,
        "empty_and_unique",
        "c",
        {
            "a": "nullable says whether a column may be NULL, and unique does not.",
            "b": "That would be so if NULL were a value. Log in with Twitter as two users, and look at both rows.",
            "d": "SQLite's and PostgreSQL's own pages on unique constraints say the same about NULL.",
        },
    )


@exercise("4.7")
def test_a_third_provider(folder: Path) -> None:
    check_answer(
        folder,
        "third_provider",
        "d",
        {
            "a": "COLUMNS['Google'] would be a KeyError, and Google's IDs would have no column.",
            "b": "COLUMNS only names a column. You have to make the column, too, and the query of 4.6 does not use it.",
            "c": "db.create_all() makes missing tables, and no missing columns. The error is: no such column: "
            "users.google_id.",
        },
    )


@exercise("4.8")
def test_whose_address(folder: Path) -> None:
    check_answer(
        folder,
        "whose_address",
        "b",
        {
            "a": "Log in with the second provider, and look at the row. Its email has not changed.",
            "c": "Facebook does not say whether it has verified an email address, and sign_in asks neither.",
            "d": "sign_in stores the email address that comes first. With Facebook first, it would be Facebook's.",
        },
    )


# 4.6 All ways in

WAYS_IN = ("user_id", "provider", "subject")


AS_TEXT = (
    "ways_in.sql: take twitter_id and facebook_id as they are, without CAST. Google's IDs can have 255 characters, "
    "too many for a number."
)
A_COLUMN = "what is in a column of that name"


def a_town(database: Database, people: int) -> set[tuple[int, str, str]]:
    """Fills a new table with users who have no, one or two accounts at providers, and gives all these accounts."""
    # SQLite reads "twitter" as a string if there is no column of that name. PostgreSQL does not.
    database.change(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, email VARCHAR, "
        "twitter_id VARCHAR UNIQUE, facebook_id VARCHAR UNIQUE, "
        f"twitter VARCHAR DEFAULT '{A_COLUMN}', facebook VARCHAR DEFAULT '{A_COLUMN}')"
    )
    table = Table("users", MetaData(), autoload_with=database.engine)
    first = 10**20 + secrets.randbelow(10**9)  # 21 digits, too many for a number column
    rows: list[Row] = []
    for number in range(people):
        # Two providers may give the same ID.
        id, has_twitter, has_facebook = str(first + number), number % 2, number // 2 % 2
        if number > people - 10:
            id = f"a{id}"  # no number: SQLite takes such a string for false, and PostgreSQL takes no string for it
        rows.append(
            {
                **{"id": number + 1, "name": "Somebody", "email": "same@example.org"},
                **{"twitter_id": id if has_twitter else None, "facebook_id": id if has_facebook else None},
            }
        )
    with database.engine.begin() as connection:
        connection.execute(table.insert(), rows)
    return {
        (row["id"], provider, row[f"{provider}_id"])
        for row in rows
        for provider in ("twitter", "facebook")
        if row[f"{provider}_id"] is not None
    }


# Functions that SQLite has and PostgreSQL does not (sqlite.org/lang_corefunc.html), each with what PostgreSQL has.
ONLY_SQLITE = {
    "char": "chr",
    "glob": "LIKE",
    "group_concat": "string_agg",
    "hex": "encode",
    "ifnull": "coalesce",
    "iif": "CASE",
    "instr": "position",
    "likelihood": None,
    "likely": None,
    "printf": "format",
    "quote": "quote_literal",
    "total": "sum",
    "typeof": "pg_typeof",
    "unicode": "ascii",
    "unlikely": None,
}


def only_in_sqlite(query: str) -> tuple[str, str] | None:
    """What SQLite understands in a query, and PostgreSQL does not, and where to look; None if there is nothing."""
    called: list[str] = []

    def note(action: int, _: str | None, function: str | None, *__: str | None) -> int:
        if action == sqlite3.SQLITE_FUNCTION and function:
            called.append(function.lower())
        return sqlite3.SQLITE_OK

    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE users (id INTEGER, name, email, twitter_id, facebook_id)")
        connection.set_authorizer(note)
        try:
            connection.execute(query)
        except sqlite3.Error:
            return None
    for function in called:
        if function in ONLY_SQLITE:
            instead = ONLY_SQLITE[function]
            return (
                f"SQLite has the function {function}, and PostgreSQL has no function of that name.",
                f"ways_in.sql: IS NOT NULL leaves out what is missing, without {function}. "
                + (f"In PostgreSQL, look for {instead}." if instead else "Leave the function out."),
            )
    # Without strings and comments.
    plain = re.sub(r"--[^\n]*|/\*.*?\*/|'[^']*'", " ' ", query, flags=re.DOTALL)
    for found, instead in (("==", "="), ("`", '"'), ("[", '"')):
        if found in plain:
            return (
                f"SQLite understands {found}, and PostgreSQL does not.",
                f"ways_in.sql: standard SQL has {instead} there, and no {found}.",
            )
    return None


def names_for_values(query: str) -> str | None:
    """Where to look if a query compares with NULL as if NULL were a value, or names a column instead of a string."""
    if found := re.search(r'"(twitter|facebook)"', query, re.IGNORECASE):
        return (
            f"ways_in.sql: in SQL, {found[0]} in double quotes is the name of a column. A string is in single quotes: "
            f"'{found[1]}'. If there is no such column, SQLite reads double quotes as single ones. PostgreSQL does not."
        )
    if found := re.search(r"(!=|<>|=)\s*NULL\b", query, re.IGNORECASE):
        return f"ways_in.sql: {found[0]} is never true, because NULL means not known. Write IS NOT NULL."
    return None


@exercise("4.6")
def test_the_query_gives_every_way_in(folder: Path, database: Database) -> None:
    wanted = a_town(database, 200)
    should = "ways_in.sql gives a row for each account, with user_id, provider ('twitter' or 'facebook') and subject."
    file = folder / "ways_in.sql"
    if not file.is_file():
        raise Missed(
            should=should, did="there is no file ways_in.sql.", look="make it again with `reset 04`."
        )
    try:
        query = file.read_text(encoding="utf-8-sig")
        # A colon in the query does not begin the name of a parameter.
        rows = database.rows(query.replace(":", "\\:"))
    except UnicodeDecodeError:
        raise Missed(
            should=should, did=not_utf8("ways_in.sql"), look=SAVE_AGAIN, subject="your query did"
        ) from None
    except SQLAlchemyError as error:
        said = own_words(error)
        raise Missed(
            should=should,
            did=f"the database said: {said}.",
            look=AS_TEXT
            if "out of range" in said
            else "ways_in.sql: write one query, or two that UNION ALL joins. The table is users.",
            subject="your query did",
        ) from None
    if not rows or set(rows[0]) != set(WAYS_IN):
        raise Missed(
            should=should,
            did=f"its columns are {told(list(rows[0]))}." if rows else "it gives no row at all.",
            look=names_for_values(query)
            or "ways_in.sql: SELECT id AS user_id, 'twitter' AS provider, twitter_id AS subject FROM users …",
            subject="your query did",
        )
    empty = [row for row in rows if row["subject"] is None or row["user_id"] is None]
    if empty:
        raise Missed(
            should=f"{should} A user without an account at a provider has no row for it.",
            did=f"{len(empty)} of its {len(rows)} rows have a NULL, such as: {shown(empty[0])}.",
            look="ways_in.sql: WHERE … IS NOT NULL, in each of the two queries.",
            subject="your query did",
        )
    numbers = [row for row in rows if not isinstance(row["subject"], str)]
    if numbers:
        raise Missed(
            should=f"{should} The subject is a string, as it is in the table.",
            did=f"it gives numbers: {shown(numbers[0])}.",
            look=AS_TEXT,
            subject="your query did",
        )
    got = [(row["user_id"], str(row["provider"]), row["subject"]) for row in rows]
    missing, odd = wanted - set(got), set(got) - wanted
    if any(provider == A_COLUMN for _, provider, _ in got):
        raise Missed(
            should=should,
            did="in the check's database, users also has the columns twitter and facebook. The query gave the values "
            "of these columns.",
            look=names_for_values(query) or "ways_in.sql: 'twitter' in single quotes is a string.",
            subject="your query did",
        )
    if missing or odd:
        some = min(missing or odd, key=str)
        not_numbers = missing == {one for one in wanted if not one[2].isdigit()}
        raise Missed(
            should=should,
            did=f"{len(missing)} of the {len(wanted)} accounts are missing"
            f"{f', and {len(odd)} rows are no account' if odd else ''}. The "
            f"first {'missing account' if missing else 'wrong row'}: user {some[0]}, {some[1]}, {some[2]}.",
            look=names_for_values(query)
            or (
                "ways_in.sql: the missing IDs are the ones that are no numbers. WHERE needs a condition, such as IS "
                "NOT NULL. SQLite makes a number of a string there, and PostgreSQL rejects the query."
                if not_numbers
                else ""
            )
            or "ways_in.sql: query each provider by itself, and put the rows of both into one list. A user with two "
            "accounts has two rows.",
            subject="your query did",
        )
    if len(got) != len(wanted):
        raise Missed(
            should=f"{should} No row is there twice.",
            did=f"there are {len(wanted)} accounts, and it gives {len(got)} rows.",
            look="ways_in.sql: does the query join a table with itself, or ask one provider twice?",
            subject="your query did",
        )
    if foreign := only_in_sqlite(query):
        did, look = foreign
        raise Missed(
            should="SQLite and PostgreSQL both understand ways_in.sql. For a PostgreSQL server, no line of the app "
            "changes.",
            did=f"SQLite gave the right rows. {did}",
            look=look,
            subject="your query did",
        )


# 4.9 A forged callback, again


@exercise("4.9")
def test_a_forged_callback_adds_no_way_in(site: Site) -> None:
    look = 'facebook_authorized: if not is_ours(request.args.get("state", "")): return sorry(NOT_OURS), first of all.'
    eve = site.providers.people["eve"]
    stranger, ada = site.browser(), site.browser()
    signed_in(site, ada, "ada", "/login/twitter")
    for browser, whose in ((stranger, "no user"), (ada, "Ada")):
        # They have begun a login of their own, so the app expects a callback.
        asked_of_the_dialog(site, browser)
        browser.open(callback_for(site, site.browser(), "eve"))
        rows = users(site)
        if any(row.get("facebook_id") == eve.facebook.id for row in rows):
            raise Missed(
                should=f"a browser in which {whose} is logged in opens a callback that Eve has made. Your app "
                "changes nothing, because the login did not begin in that browser (RFC 6749 section 10.12).",
                did=f"it stored Eve's Facebook ID: {in_words(rows)}.",
                look=look,
            )
        words = browser.open("/welcome").words
        if eve.name in words:
            raise Missed(
                should=f"a callback that Eve has made does not log Eve in, where {whose} is logged in.",
                did=f"/welcome says: {shortened(words)}",
                look=look,
            )


@exercise("4.9")
def test_ones_own_login_goes_on_working(site: Site) -> None:
    page = signed_in_with_facebook(site, site.browser(), "bo")
    if not any(a.endpoint == "access_token" and a.status == 200 for a in site.providers.facebook.attempts):
        raise Missed(
            should="your app finishes a login that began in this browser. It exchanges the code for a token.",
            did=f"it did not. The login ended at {page.path}, which says: {shortened(page.words)}",
            look="facebook_login: state=new_state() sends the state to Facebook, and keeps it in the session.",
        )
