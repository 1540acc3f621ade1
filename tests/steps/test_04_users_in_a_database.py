"""Step 04: users in a database. What the table takes, who is found in it again, and who is logged in by which id."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
# Twitter's ids are 64 bits, which takes up to this many digits.
LONGEST_ID = 20
# How much room other columns need at least, and for what.
ROOM = {
    "name": (50, "a name has up to 50 letters at Twitter alone"),
    "email": (66, "in an email address 64 letters may come before the @ (RFC 5321 section 4.5.3.1.1)"),
}

Row = dict[str, Any]
exercise = pytest.mark.exercise
with_either = pytest.mark.parametrize("provider", PROVIDERS)


def address(who: Person, provider: str) -> str | None:
    """The address that a provider tells of a person."""
    return who.twitter.email if provider == "Twitter" else who.facebook.email


def users(site: Site) -> list[Row]:
    """The rows of the table as it is now."""
    try:
        return site.database.rows("SELECT * FROM users ORDER BY id")
    except DatabaseError:
        raise Missed(
            should="the database has a table users.",
            did=f"it has {told(site.database.look().get_table_names())}.",
            look='class User: __tablename__ = "users". And db.create_all(), which makes the table, is given.',
        ) from None


def told(names: list[str]) -> str:
    """Some names in words."""
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
    """What the database itself said, in one line."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0].removesuffix(".")


def arrived(page: Page) -> bool:
    """Whether a login ended well: the app sends the person on to /welcome, whatever becomes of them there."""
    return any(urlsplit(answer.url).path == "/welcome" for answer in page.answers)


def ids(rows: list[Row]) -> dict[object, list[object]]:
    """Which ids stand in which row."""
    return {row["id"]: [row.get(column) for column in COLUMNS.values()] for row in rows}


def empty(site: Site) -> None:
    """Makes the app forget everybody who was there."""
    if site.database.look().has_table("users"):
        site.database.change("DELETE FROM users")


def add_user(database: Database, **values: object) -> None:
    """Writes a row into the app's table. Columns that the student has added and that may not be empty get something."""
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
    """What the database says against a row; None where it takes it."""
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
            did=f"{told(missing)} {'is' if len(missing) == 1 else 'are'} not there. It has {told(list(columns))}.",
            look="class User: each column is a line such as name = db.Column(db.String).",
        )
    for name in ("name", "email", *COLUMNS.values()):
        kind = columns[name]
        if not isinstance(kind, String):
            raise Missed(
                should=f"{name} is a text: db.String.",
                did=f"its type is {kind}. Facebook documents ids as strings, Google's have up to 21 digits, and a "
                "column of numbers gives numbers back: in Python 1 and '1' are not equal."
                if name in COLUMNS.values()
                else f"its type is {kind}.",
                look="class User: db.Column(db.String, …).",
            )
        room, why = ROOM.get(name, (0, ""))
        if kind.length is not None and kind.length < room:
            raise Missed(
                should=f"{name} has room for every {name}.",
                did=f"it takes {kind.length} letters, and {why}. SQLite writes longer texts, too. PostgreSQL refuses "
                "them, and the login ends with an error.",
                look="class User: db.String without a length takes texts of any length.",
            )
        if name in COLUMNS.values() and kind.length is not None and kind.length < LONGEST_ID:
            raise Missed(
                should=f"{name} has room for every id.",
                did=f"it takes {kind.length} letters, and ids have up to {LONGEST_ID} digits at Twitter alone.",
                look="class User: db.String without a length takes texts of any length.",
            )


@exercise("4.1")
def test_what_may_be_missing(site: Site) -> None:
    for columns in ("email", "email, twitter_id", "email, facebook_id", "email, twitter_id, facebook_id"):
        values = {"name": "Somebody", "email": "somebody@example.org"}
        values |= {column: secrets.token_hex(8) for column in COLUMNS.values()}
        row = {name: None if name in columns.split(", ") else value for name, value in values.items()}
        for time in ("", "a second time, "):
            row |= {name: secrets.token_hex(8) for name in COLUMNS.values() if row[name] is not None}
            said = refuses(site, **row)
            if said:
                raise Missed(
                    should="email, twitter_id and facebook_id may be missing (NULL), in as many rows as you like.",
                    did=f"{time}a row without {columns} was written into users, and the database said: {said}.",
                    look="class User: nullable=False is only for name.",
                )
    said = refuses(site, name=None, twitter_id=secrets.token_hex(8))
    if said is None:
        raise Missed(
            should="name is never empty.",
            did="a row without a name was written into users, and the database took it.",
            look="class User: what does nullable=False say?",
        )


@exercise("4.1")
def test_an_address_may_stand_in_two_rows(site: Site) -> None:
    for _ in range(2):
        said = refuses(site, name="Somebody", email="shared@example.org", twitter_id=secrets.token_hex(8))
        if said:
            raise Missed(
                should="two people may have the same address: nobody has verified whose it is.",
                did=f"the second row with the same email was refused. The database said: {said}.",
                look="class User: unique=True is for what two people never share.",
            )


@exercise("4.1")
def test_an_id_stands_in_one_row(site: Site) -> None:
    for provider in PROVIDERS:
        empty(site)
        column, id = COLUMNS[provider], secrets.token_hex(8)
        said = [refuses(site, name=name, **{column: id}) for name in ("One", "Two")]
        if said[1] is None:
            raise Missed(
                should=f"no two rows have the same {column}: who would be logged in by it?",
                did=f"two rows with the same {column} were written into users, and the database took both.",
                look=f"class User: {column} = db.Column(db.String, unique=True, …).",
            )


# 4.2 Find or create

CREATE = "sign_in: User(name=name, email=email, **{column: subject}), db.session.add(…), db.session.commit()."
FIND = "sign_in: look for the user whose COLUMNS[provider] is the subject, and for nothing else."


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
    should = f"when {one.name} signs in with {provider} for the first time, one row is made in users."
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
    """Where to look, where a first login wrote another value into a column."""
    if name != COLUMNS[provider]:
        if value == "":
            return "write None for what is not there. The empty text is a value: a unique column takes it only once."
        return CREATE
    if value is None:
        return f"sign_in: the id goes into the column of its provider, COLUMNS[provider], here {name}."
    if value == one.twitter.screen_name:
        return "a screen name can change, and go to somebody else. The id is the argument subject: Twitter's id_str."
    return "the id is the argument subject, as it came: a text. A float has only 15 to 17 digits."


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
                should=f"who signs in with {provider} a second time, in another browser, is the same user.",
                did=f"the second login ended at {page.path}, and {in_words(after)}.",
                look=FIND,
            )


@exercise("4.2")
def test_people_are_found_by_their_id_alone(site: Site) -> None:
    """Ada takes another name, and Bo then takes over all that was hers but the id."""
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
        what = "screen name, name and address" if provider == "Twitter" else "name and address"
        page = signed_in_with(provider, site, site.browser(), "ada")
        rows = users(site)
        if len(rows) != 1 or not arrived(page):
            raise Missed(
                should=f"somebody who changes {what} at {provider} is the same user afterwards.",
                did=f"Ada changed them and signed in again. She ended at {page.path}, and {in_words(rows)}.",
                look=FIND,
            )
        signed_in_with(provider, site, site.browser(), "bo")
        rows = users(site)
        if len(rows) != 2:
            raise Missed(
                should=f"somebody who takes over an old {what} at {provider} does not become the user who had them.",
                did=f"Bo took over those that Ada had given up, signed in, and {in_words(rows)}.",
                look=FIND,
            )


@exercise("4.2")
def test_one_address_at_two_providers_is_two_users(site: Site) -> None:
    """Eve gives Ada's address out for hers."""
    for provider in PROVIDERS:
        empty(site)
        people, second = site.providers.people, OTHER[provider]
        people.change("eve", **{second.lower(): {"email": people["ada"].twitter.email}})
        signed_in_with(provider, site, site.browser(), "ada")
        signed_in_with(second, site, site.browser(), "eve")
        rows = users(site)
        if len(rows) != 2:
            raise Missed(
                should=f"Ada comes from {provider}, and Eve from {second} with Ada's address. They are two users: "
                "nobody has vouched that the address is Eve's.",
                did=f"{in_words(rows)}.",
                look="sign_in: the address is only written down. It is no reason to take somebody for a user who is "
                "there.",
            )


@exercise("4.2")
def test_people_without_an_address_are_not_one_person(site: Site) -> None:
    signed_in_with("Twitter", site, site.browser(), "chen")
    signed_in_with("Facebook", site, site.browser(), "eve")
    rows = users(site)
    if len(rows) != 2:
        raise Missed(
            should="two people who both have no address are two users.",
            did=f"Chén Jìng and Eve signed in, and {in_words(rows)}.",
            look="sign_in: is somebody looked up by the address? None fits everybody who has none.",
        )


@exercise("4.2")
def test_equal_digits_at_two_providers_are_two_users(site: Site) -> None:
    """Each provider counts for itself: Bo's number at one is Ada's at the other."""
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
                should=f"Ada comes from {provider}, and Bo from {second}, where his number has the same digits as hers "
                f"at {provider}. They are two users.",
                did=f"{in_words(rows)}.",
                look="sign_in: the subject is looked for in the column of this provider, COLUMNS[provider], and in no "
                "other.",
            )


@contextmanager
def as_given(site: Site) -> Iterator[None]:
    """On SQLite the ids are kept as the app gives them, inside of this `with`. Otherwise SQLite makes texts of numbers
    that are written into a column of text."""
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
        return  # PostgreSQL compares no number with a text, so that a login with one has ended in an error
    with as_given(site):
        for provider in PROVIDERS:
            signed_in_with(provider, site, site.browser(), "ada")
        for provider, column in COLUMNS.items():
            for row in site.database.rows(f"SELECT {column}, typeof({column}) AS kind FROM users"):
                if row["kind"] not in ("text", "null"):
                    raise Missed(
                        should=f"your app gives the database the id as a text, {str(row[column])!r}.",
                        did=f"for {provider} it gave the number {row[column]}. SQLite makes a text of it. PostgreSQL "
                        "refuses: operator does not exist: character varying = integer.",
                        look="sign_in: the subject as it came, without int(). And at Twitter it is id_str, not id.",
                    )


# 4.3 The session knows a number

LOADER = "load_user: db.session.get(User, int(user_id)) gives the user, or None where the row is gone."


def is_stranger(browser: Browser) -> str | None:
    """None where the app takes nobody in this browser for a user; else what shows that it does, or that it crashes."""
    for path in ("/welcome", "/"):
        page = browser.open(path)
        if page.status >= 500:
            return f"{path} answered with the status {page.status}."
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
            ("address", address(one, provider)),
            *(("access token", t) for t in tokens),
        ]
        found = [f"the {what}, {value}" for what, value in secret if value and value in held]
        if found:
            raise Missed(
                should="after a login the session cookie holds the number of the row, and nothing else of the person.",
                did=f"everybody who has the cookie can read {found[0]}, in it. It holds {shortened(held)}",
                look="sign_in: login_user(user) writes the number into the session. No other line has to.",
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
            should="after the login the person is on /welcome.",
            did=f"they ended at {page.path}, which says: {shortened(page.words)}",
            look="the view welcome: the front page knows who is logged in, and /welcome sent them away. Does /welcome "
            'still ask session["user"], which the login does not set any more?'
            if greeted
            else LOADER
            if '"_user_id":' in session_of(browser)
            else "sign_in: login_user(user), after the commit: before the commit the user has no number yet.",
            flow=site.flow("Your app"),
            expected=LATER_SIGN_IN,
        )
    for path in ("/welcome", "/"):
        page = browser.open(path)
        if taken_as_markup(page):
            raise Missed(
                should="a name is shown as text, whatever it is: anybody can choose one at Twitter.",
                did=f"somebody is called {name}, and {path} took the name for markup.",
                look=f"templates/index.html and templates/welcome.html. {ESCAPE}",
            )
        if page.status >= 400 or name not in page.words:
            wrong = next((one.name for one in PEOPLE if one.key != who and one.name in page.words), None)
            raise Missed(
                should=f"{path} greets {name}, who is logged in in this browser.",
                did=f"it answered with the status {page.status} and says: {shortened(page.words)}",
                look=f"load_user gave {wrong}, who once had that number. It asks the database at each request, and "
                "keeps nobody."
                if wrong
                else "welcome gives current_user to its template."
                if path == "/welcome"
                else "templates/index.html: current_user is there in every template, without being given.",
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
            should="/welcome shows what the database says at that moment.",
            did=f"the name in Ada's row was changed to {name}, and {page.path} says: {shortened(page.words)}",
            look="welcome: render_template(…, user=current_user). And load_user asks the database at each request.",
        )


@exercise("4.3")
def test_strangers_end_on_the_front_page(site: Site) -> None:
    page = site.browser().open("/welcome")
    if page.path != "/" or page.status != 200:
        raise Missed(
            should="somebody who is not logged in and opens /welcome is sent to the front page.",
            did=f"it answered at {page.path} with the status {page.status}: {shortened(page.words)}",
            look="@login_required between @app.route(…) and def welcome(). Where it sends people is "
            "login_manager.login_view.",
        )


@exercise("4.3")
def test_a_stranger_who_logs_in_ends_where_they_wanted_to_go(site: Site) -> None:
    """An app that tells the front page nothing of that, as with a redirect by hand, is not asked for it."""
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
                should=f"a stranger opens {wanted}, is sent to the front page, clicks Sign in with {provider}, and "
                f"ends at {wanted}.",
                did=f"the stranger was sent to {front}. The link there led to {urlsplit(login).path}"
                f"{'?' + urlsplit(login).query if urlsplit(login).query else ''}, and the login ended at {ended}.",
                look="templates/index.html: the link hands on what the front page's URL says, by "
                f"url_for('{provider.lower()}_login', next=request.args.get('next')).",
            )


@exercise("4.3")
def test_a_user_whose_row_is_gone_is_a_stranger(site: Site) -> None:
    browser = site.browser()
    signed_in_with("Twitter", site, browser, "ada")
    site.database.change("DELETE FROM users")
    did = is_stranger(browser)
    # The button was in a page that has been open since before.
    left = browser.submit(Form("POST", f"{HOME}/logout", (), ()))
    if did is None and left.status >= 400:
        did = f"A click on Log out was answered with the status {left.status}."
    if did:
        raise Missed(
            should="when somebody's row is gone, the app takes them for a stranger: /welcome sends them to the front "
            "page.",
            did=f"Ada's row was deleted while she was logged in. {did}",
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
            should="who has logged out is a stranger.",
            did=did,
            look="logout: the cookie remember_token is still there, and logs in again. logout_user() leaves word in "
            "the session that it is to be deleted. session.clear() comes before logout_user(), or that word is lost."
            if browser.cookie("remember_token")
            else "logout: session.clear() and logout_user(). Does something else still say who it was?",
        )
    signed_in_with("Facebook", site, browser, "ada")
    if is_stranger(browser) is None or len(users(site)) != 1:
        raise Missed(
            should="who has logged out can log in again, as the same user.",
            did=f"Ada did, and {in_words(users(site))}.",
            look="logout: what does it leave behind?",
        )


# 4.4 A second way in

LINK = (
    "sign_in: where nobody was found and current_user.is_authenticated, the user is current_user, and "
    "setattr(user, column, subject) writes the id into that row."
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
            should=f"Ada signs in with {provider}, and then in the same browser with {second}: one row, with both ids.",
            did=f"{in_words(rows)}.",
            look=f"{LINK} The table has it from db.session.commit() on: is the commit reached there, too?"
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
                should=f"afterwards {way} leads to that row, too.",
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
        should = f"Bo's {second} id stays in Bo's row when it comes to a browser where Ada is logged in."
        look = "sign_in: first look whose the id is. Only an id that is nobody's may be written into a row."
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
                should="afterwards Bo's own login leads to Bo.",
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
        should = f"Ada is logged in, and signs in at {provider} with another account, which is nobody's here."
        if len(after) > len(before):
            raise Missed(
                should=f"{should} Nothing is changed, and nobody is made.",
                did=f"a second user was made: {in_words(after)}.",
                look="sign_in: where current_user has another id of this provider, return sorry(…) before a User is "
                "made.",
            )
        if ids(after) != ids(before):
            raise Missed(
                should=f"{should} Nothing is changed: the first account would not lead in any more.",
                did=f"before, {in_words(before)}. Afterwards, {in_words(after)}.",
                look="sign_in: is getattr(current_user, column) None? Only then may the id be written there.",
            )
        message = f"You have another {provider} account here already."
        if message not in page.words:
            raise Missed(
                should=f"{should} She reads on the front page: {message}",
                did=f"she ended at {page.path} and read: {shortened(page.words)}",
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
            should="Ada logs out, and then Bo signs in with Facebook in the same browser: they are two users.",
            did=f"{in_words(rows)}.",
            look="sign_in: ask current_user who is logged in now, and nothing that was kept from before.",
        )


@exercise("4.4")
def test_a_user_who_is_gone_gets_no_second_way_in(site: Site) -> None:
    """Ada's row is deleted while she is at the other provider. Bo's keeps her number from being given again."""
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
        should="Ada is logged in, her row is deleted, and then she comes back from Facebook: she is a stranger, so the "
        "login makes a new user.",
        did=f"the login ended at {page.path} with the status {page.status}, and {in_words(rows)}.",
        look="sign_in: ask current_user who is logged in. The number in the session may be that of a user who is gone, "
        "and then current_user.is_authenticated is False.",
    )


# 4.5, 4.7 and 4.8 Questions


@exercise("4.5")
def test_empty_and_unique(folder: Path) -> None:
    check_answer(
        folder,
        "empty_and_unique",
        "c",
        {
            "a": "Whether a column may be empty is another matter: nullable says so, and unique does not.",
            "b": "So it would be if NULL were a value. Sign in with Twitter as two people, and look at both rows.",
            "d": "SQLite's and PostgreSQL's own pages on unique constraints say the same of NULL.",
        },
    )


@exercise("4.7")
def test_a_third_provider(folder: Path) -> None:
    check_answer(
        folder,
        "third_provider",
        "d",
        {
            "a": "COLUMNS['Google'] would be a KeyError, and where would Google's ids stand?",
            "b": "COLUMNS only says the name of a column. Somebody has to make it, and the query of 4.6 does not know "
            "of it.",
            "c": "db.create_all() looks whether there is a table, and never at its columns: no such column: "
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
            "a": "Sign in with the second provider, and look at the row: email has not changed.",
            "c": "Facebook does not say that it has verified an address, and sign_in asks neither.",
            "d": "sign_in writes down what comes first, wherever it comes from. With Facebook first it would be "
            "Facebook's.",
        },
    )


# 4.6 All ways in

WAYS_IN = ("user_id", "provider", "subject")


AS_TEXT = (
    "ways_in.sql: take twitter_id and facebook_id as they are, without CAST. Google's ids have 21 digits, more than "
    "fit into a number."
)
A_COLUMN = "what is in a column of that name"


def a_town(database: Database, people: int) -> set[tuple[int, str, str]]:
    """Fills a new table with people who have none, one or two ways in; gives all ways in that there are."""
    # SQLite takes "twitter" for a text if there is no column of that name; PostgreSQL never does.
    database.change(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, email VARCHAR, "
        "twitter_id VARCHAR UNIQUE, facebook_id VARCHAR UNIQUE, "
        f"twitter VARCHAR DEFAULT '{A_COLUMN}', facebook VARCHAR DEFAULT '{A_COLUMN}')"
    )
    table = Table("users", MetaData(), autoload_with=database.engine)
    first = 10**20 + secrets.randbelow(10**9)  # as long as Google's: no column of numbers has room for it
    rows: list[Row] = []
    for number in range(people):
        # Two providers may well have given out the same number.
        id, has_twitter, has_facebook = str(first + number), number % 2, number // 2 % 2
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


def names_for_values(query: str) -> str | None:
    """Where to look if a query compares something with NULL as if that were a value, or names a column for a text."""
    if found := re.search(r'"(twitter|facebook)"', query, re.IGNORECASE):
        return (
            f"ways_in.sql: {found[0]} between double quotes is the name of a column in SQL. A text is between single "
            f"quotes: '{found[1]}'. SQLite takes double quotes for single ones where there is no such column, and "
            "PostgreSQL never does."
        )
    if found := re.search(r"(!=|<>|=)\s*NULL\b", query, re.IGNORECASE):
        return f"ways_in.sql: {found[0]} is never true, as NULL means not known. Write IS NOT NULL."
    return None


@exercise("4.6")
def test_the_query_gives_every_way_in(folder: Path, database: Database) -> None:
    wanted = a_town(database, 200)
    should = "ways_in.sql gives a row for each way in, with user_id, provider ('twitter' or 'facebook') and subject."
    file = folder / "ways_in.sql"
    if not file.is_file():
        raise Missed(
            should=should, did="there is no file ways_in.sql.", look="make it again with `reset 04`."
        )
    try:
        query = file.read_text(encoding="utf-8-sig")
        # A colon in it is not the beginning of a value that is to be put in.
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
            else "ways_in.sql: one query, which may be two that UNION ALL joins. Its table is users.",
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
            should=f"{should} Who has no account at a provider has no row for it.",
            did=f"{len(empty)} of its {len(rows)} rows have a NULL, such as: {shown(empty[0])}.",
            look="ways_in.sql: WHERE … IS NOT NULL, in each of the two queries.",
            subject="your query did",
        )
    numbers = [row for row in rows if not isinstance(row["subject"], str)]
    if numbers:
        raise Missed(
            should=f"{should} The subject is a text, as it is in the table.",
            did=f"it gives numbers: {shown(numbers[0])}.",
            look=AS_TEXT,
            subject="your query did",
        )
    got = [(row["user_id"], str(row["provider"]), row["subject"]) for row in rows]
    missing, odd = wanted - set(got), set(got) - wanted
    if any(provider == A_COLUMN for _, provider, _ in got):
        raise Missed(
            should=should,
            did="in the database of the check, the table users has a column twitter and a column facebook, too. The "
            "query gave what is in these columns.",
            look=names_for_values(query) or "ways_in.sql: 'twitter' between single quotes is a text.",
            subject="your query did",
        )
    if missing or odd:
        some = min(missing or odd, key=str)
        raise Missed(
            should=should,
            did=f"{len(missing)} of the {len(wanted)} ways in are missing"
            f"{f', and {len(odd)} rows are no way in' if odd else ''}. The "
            f"first that {'is missing' if missing else 'is none'}: user {some[0]}, {some[1]}, {some[2]}.",
            look=names_for_values(query)
            or "ways_in.sql: ask for each provider by itself, and put the rows of both into one list. Somebody with "
            "two ways in has two rows.",
            subject="your query did",
        )
    if len(got) != len(wanted):
        raise Missed(
            should=f"{should} None stands there twice.",
            did=f"there are {len(wanted)} ways in, and it gives {len(got)} rows.",
            look="ways_in.sql: is a table joined with itself, or one provider asked twice?",
            subject="your query did",
        )


# 4.9 A forged callback, again


@exercise("4.9")
def test_a_forged_callback_adds_no_way_in(site: Site) -> None:
    look = 'facebook_authorized: if not is_ours(request.args.get("state", "")): return sorry(NOT_OURS), first of all.'
    eve = site.providers.people["eve"]
    stranger, ada = site.browser(), site.browser()
    signed_in(site, ada, "ada", "/login/twitter")
    for browser, whose in ((stranger, "nobody"), (ada, "Ada")):
        # They have begun a login of their own, so the app expects a callback.
        asked_of_the_dialog(site, browser)
        browser.open(callback_for(site, site.browser(), "eve"))
        rows = users(site)
        if any(row.get("facebook_id") == eve.facebook.id for row in rows):
            raise Missed(
                should=f"a browser in which {whose} is logged in opens a callback that Eve has made. It changes "
                "nothing, as the login did not begin in that browser (RFC 6749 section 10.12).",
                did=f"Eve's Facebook id was taken: {in_words(rows)}.",
                look=look,
            )
        words = browser.open("/welcome").words
        if eve.name in words:
            raise Missed(
                should=f"a callback that Eve has made logs nobody in as Eve, where {whose} is logged in.",
                did=f"/welcome says: {shortened(words)}",
                look=look,
            )


@exercise("4.9")
def test_ones_own_login_goes_on_working(site: Site) -> None:
    page = signed_in_with_facebook(site, site.browser(), "bo")
    if not any(a.endpoint == "access_token" and a.status == 200 for a in site.providers.facebook.attempts):
        raise Missed(
            should="a login that began in this browser goes on: the code is swapped for a token.",
            did=f"it was not. The login ended at {page.path}, which says: {shortened(page.words)}",
            look="facebook_login: state=new_state() goes along to Facebook, and waits in the session.",
        )
