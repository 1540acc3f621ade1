"""Recognises what lies behind an app that does not start, does not answer or raises, and says where to look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbook.lab.browser import ELSEWHERE
from workbook.lab.commands import MigrationFailed
from workbook.lab.running import AppFailed

from .missed import Missed
from .session_lost import why_session_was_lost

if TYPE_CHECKING:
    from workbook.lab.browser import NoAnswer
    from workbook.lab.site import Site

# How Flask-OAuthlib says that the session does not hold what it put there.
_LOST = "Token not found"

# What an exception says, and where that sends the student. The first that is found in it counts.
_KNOWN = (
    (
        r"cannot import name 'url_(quote|encode|decode)'",
        "Flask-OAuthlib 0.9.6 does not load on today's Flask by itself. Before the line that imports it, "
        "app.py needs the line: import workbook.compat",
    ),
    (
        r"OAuthRemoteApp requires consumer key and secret",
        "remote_app was given no key or no secret: pass consumer_key=TWITTER_KEY and "
        "consumer_secret=TWITTER_SECRET.",
    ),
    (
        r"'NoneType' object has no attribute 'tokengetter'",
        "Twitter has to be registered (exercise 1.1) above the function under @twitter.tokengetter.",
    ),
    (
        r"missing tokengetter",
        "Flask-OAuthlib is to ask in somebody's name, and does not know whose token to use. Give it one with the "
        "question, as token=(…), or write the function under @….tokengetter that gives it back.",
    ),
    (
        r"insecure_transport|MUST utilize https",
        "OAuth 2 wants HTTPS, and oauthlib refuses to go on without. On your own machine, and only there, "
        "OAUTHLIB_INSECURE_TRANSPORT=1 allows plain HTTP. .flaskenv sets it: does something in your code unset it?",
    ),
    (
        r"Callback is required for OAuth2",
        "facebook.authorize(callback=…) needs the address to which Facebook is to send the person back.",
    ),
    (
        r"'NoneType' object has no attribute '(authorize|authorized_response|handle_oauth2_response|get)'",
        "The provider is not registered: what oauth.remote_app(…) gives has to stand in that name.",
    ),
    (
        r"KeyError: 'email'",
        "Not everybody has an address, or tells it. Facebook leaves the key out then: .get('email') gives None.",
    ),
    (
        r"Not a boolean value",
        "A text, or something else, was to be kept in a column for true and false. Take only what you know: True, "
        "False, and the texts that mean them. Anything else is None.",
    ),
    (
        r"joserfc\.errors|^[A-Za-z]+Error: (bad_signature|invalid_claim|missing_claim|expired_token|unsupported_alg)",
        "joserfc refused the ID token, and that is right. Its errors are a JoseError: make a ValueError of it, so that "
        "the callback knows it.",
    ),
    (
        r"KeyError: '(access_token|id|name)'",
        "The provider's answer has no such key: it is an error. Look for that first.",
    ),
    (
        r"JSONDecodeError",
        "The provider's answer is not JSON, or only a part of it. JSONDecodeError is a ValueError.",
    ),
    (
        r"comparing strings with non-ASCII characters",
        "hmac.compare_digest takes texts of ASCII letters only, and an address can hold any. Compare bytes: "
        ".encode() on both sides.",
    ),
    (
        r"unsupported operand types\(s\) or combination of types",
        "hmac.compare_digest got None, or a text and bytes. What if there is no state in the session, or in the "
        "address? And .encode() on both sides, or on neither.",
    ),
    (
        r"Token not found, maybe you disabled cookie",
        "The request token that /login kept in the session was not there any more at the callback.",
    ),
    (
        r"No token available",
        "Twitter is asked in the name of somebody who is not signed in: get_twitter_token gave None. Ask first "
        "whether there is a token in session, and send everybody else to the front page.",
    ),
    (
        r"session is unavailable because no secret key",
        "The app has no key to sign its session with: app.secret_key (or app.config['SECRET_KEY']) is not set, "
        "or misspelt.",
    ),
    (
        r"^KeyError: '[A-Z][A-Z_]+'$",
        "The environment has no variable of that name. Those that it has are TWITTER_URL, TWITTER_KEY, "
        "TWITTER_SECRET, FACEBOOK_URL, FACEBOOK_GRAPH_URL, FACEBOOK_KEY, FACEBOOK_SECRET and SECRET_KEY; from step 06 "
        "on also GOOGLE_URL, GOOGLE_KEY, GOOGLE_SECRET, GITHUB_URL, GITHUB_API_URL, GITHUB_KEY and GITHUB_SECRET.",
    ),
    (
        r"propert(y|ies) \"column\"",
        "filter_by(column=…) looks for a column that is called column. The name that stands in the variable is meant: "
        "filter_by(**{column: subject}).",
    ),
    (
        r"ha(s no|ve a) property \"|is an invalid keyword argument for",
        "The model has no column of that name. Exercise 4.1 gives class User its columns; from exercise 5.4 on ways in "
        "are rows of identities, and are looked for there.",
    ),
    (
        r"PendingRollbackError",
        "After an error at commit or flush the session takes nothing more until it is rolled back: "
        "db.session.rollback() in the except, before anything is asked again.",
    ),
    (
        r"UNIQUE constraint failed: users\.verified_email|duplicate key value.*verified_email",
        "Another user has this verified_email. At a login keep_verified looks first whether somebody has it. In a "
        "merge the other user has to be gone before (delete, then db.session.flush()), as SQLAlchemy writes what "
        "changed before it deletes.",
    ),
    (
        r"UNIQUE constraint failed|duplicate key value",
        "A row with this value is there already. Was it looked for first, and in the same column?",
    ),
    (
        r"NOT NULL constraint failed: identities\.user_id|\"user_id\" of relation \"identities\" violates not-null",
        "An identity was to be left without a user. SQLAlchemy does that to the identities of a user who is deleted, "
        'unless their relationship says otherwise: cascade="all, delete-orphan", passive_deletes=True.',
    ),
    (
        r"NOT NULL constraint failed: users\.name|\"name\" of relation \"users\" violates not-null",
        "Somebody came without a name, and name may not be empty. What do you write there for them?",
    ),
    (
        r"NOT NULL constraint failed|violates not-null",
        "A column that may not be empty was given nothing: should it be allowed to be empty?",
    ),
    (
        r"operator does not exist: (character varying|text) = (integer|bigint)",
        "A number was compared with a column of text. Twitter gives an id as text, too: id_str.",
    ),
    (
        r"Missing user_loader",
        "Flask-Login does not know how to find a user: the function under @login_manager.user_loader.",
    ),
    (
        r"'NoneType' object is not subscriptable",
        "Something is None where the code reads a value out of it. After a refusal authorized_response() gives None.",
    ),
    (
        r"No such app: ",
        "Flask-OAuthlib has neither a function nor a remote app of that name. A remote app is made with "
        "oauth.remote_app(…), and is known by the name that it was given there.",
    ),
    (
        r"did not return a valid response",
        "The view gives nothing back: is there a `return` before its last line?",
    ),
    (
        r"BuildError|Could not build url for endpoint",
        "url_for takes the name of a view function, not an address.",
    ),
    (
        r"No module named",
        "Is the name spelt right, and is the package one of those in requirements.txt?",
    ),
    (
        r"no such table|UndefinedTable",
        "The database has no table of that name. `flask db upgrade` makes those that the migrations make: does one "
        "of them make this one, under the name that the model has as __tablename__?",
    ),
    (
        r"error in index \S+ after drop column",
        "SQLite drops no column on which an index stands: op.drop_index comes before op.drop_column.",
    ),
    (
        r"no such index|index \"\S+\" does not exist",
        "The migration drops an index that is not there. Has a downgrade before it made the columns without their "
        "indexes? op.create_index.",
    ),
    (
        r"no such column|UndefinedColumn",
        "The model and the table differ: the one has a column that the other has not. Where the step has migrations, "
        "`flask db check` says where. If it is a migration by batch_alter_table: op.drop_index goes first, then the "
        "column on which the index stands.",
    ),
    (
        r"Connection refused",
        "The app asked at an address where nobody listens. The addresses begin with TWITTER_URL, as set in "
        "the environment.",
    ),
)


def where_to_look(error: AppFailed, otherwise: str = "", meant: str | None = None) -> str:
    """Where an exception of the app sends the student: what it is known for, or else `otherwise`, and its place in
    their files. An error that the pattern `meant` is found in is what the check is about: `otherwise` knows it best."""
    known = next((look for pattern, look in _KNOWN if re.search(pattern, error.error)), otherwise)
    if meant and re.search(meant, error.error):
        known = otherwise
    place = error.traceback.strip().splitlines()[-1:]
    return " ".join(part for part in (known, f"In your code: {place[0]}." if place else "") if part)


def app_failed(error: AppFailed) -> Missed:
    """What to say of every exercise of an app that does not start, or whose database cannot be made."""
    if isinstance(error, MigrationFailed):
        return Missed(
            should="flask db upgrade goes through, before the app starts.",
            did=f"it failed: {error.error}.",
            look=where_to_look(error, "the folder migrations."),
        )
    return Missed(
        should="the app starts, as it does under flask run.",
        did=f"it did not start: {error.error}.",
        look=where_to_look(error, "app.py. Run `flask run` in the step's folder to see the whole error."),
    )


def no_answer(error: NoAnswer, site: Site) -> Missed:
    """What to say when a browser waited in vain."""
    if ELSEWHERE in str(error):
        return Missed(
            should="the app sends the browser to a provider at the address that the environment names.",
            did=f"{error}.",
            look="the addresses of providers come from the environment, or from a discovery document that is there.",
        )
    return with_app_error(
        Missed(
            should="the app answers every request of the browser within a few seconds.",
            did=f"{error}.",
            look="the view function of that address: a loop that does not end, or a redirect to itself?",
        ),
        site,
    )


def with_app_error(missed: Missed, site: Site | None, meant: str | None = None) -> Missed:
    """Adds what went wrong inside of the app, where it can be seen: it is the likeliest cause. `meant` is as for
    where_to_look."""
    if site is None:
        return missed
    said = [m for m in site.messages() if m.sender == "app" and (m.status or 0) >= 500]
    error = site.last_error() if any(m.status == 500 for m in said) else None
    lost = _LOST in (error.error if error else "") or any(_LOST in m.body for m in said)
    if error is None and not lost:
        return missed
    if error is None:
        # The app has caught it, and shows a page of its own.
        error = AppFailed(f"OAuthException: {_LOST}, maybe you disabled cookie")
    look = [where_to_look(error, missed.look, meant), why_session_was_lost(site) if lost else ""]
    return Missed(
        should=missed.should,
        did=f"{missed.did} It raised {error.error.rstrip('.')}.",
        look=" ".join(filter(None, look)),
        flow=missed.flow,
        expected=missed.expected,
    )
