"""The known causes of an app's errors, kind after kind, in the order in which causes.py tries them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """One cause of errors.

    `error` is the regular expression that finds the cause in an error, as "KeyError: 'email'", and `look` says where
    the student should look. `proof` names the submission whose verdict has to say so, by its patch's path below
    tests/submissions, without the ending. Where PostgreSQL words the error in another way than SQLite, `on_postgresql`
    is PostgreSQL's error.
    """

    name: str
    error: str
    look: str
    proof: str = ""
    on_postgresql: str = ""


LOADING = (
    Cause(
        name="no-compat",
        error=r"cannot import name 'url_(quote|encode|decode)'",
        look="Flask-OAuthlib 0.9.6 does not load on today's Flask by itself. Before the line that imports it, "
        "app.py needs the line: import workbook.compat",
        proof="01/broken/no-compat",
    ),
    Cause(
        name="no-such-module",
        error=r"No module named",
        look="Is the name spelt right, and is the package one of those in requirements.txt?",
        proof="01/broken/no-such-module",
    ),
    Cause(
        name="no-such-variable",
        error=r"^KeyError: '[A-Z][A-Z_]+'$",
        look="The environment has no variable of that name. Those that it has are TWITTER_URL, TWITTER_KEY, "
        "TWITTER_SECRET, FACEBOOK_URL, FACEBOOK_GRAPH_URL, FACEBOOK_KEY, FACEBOOK_SECRET and SECRET_KEY; from step 06 "
        "on also GOOGLE_URL, GOOGLE_KEY, GOOGLE_SECRET, GITHUB_URL, GITHUB_API_URL, GITHUB_KEY and GITHUB_SECRET.",
        proof="01/broken/no-such-variable",
    ),
)

REMOTE_APPS = (
    Cause(
        name="no-key-or-no-secret",
        error=r"OAuthRemoteApp requires consumer key and secret",
        look="remote_app was given no key or no secret: pass consumer_key=TWITTER_KEY and "
        "consumer_secret=TWITTER_SECRET.",
        proof="01/broken/no-secret",
    ),
    Cause(
        name="tokengetter-of-nothing",
        error=r"'NoneType' object has no attribute 'tokengetter'",
        look="Twitter has to be registered (exercise 1.1) above the function under @twitter.tokengetter.",
        proof="01/broken/registered-too-late",
    ),
    Cause(
        name="registered-and-not-kept",
        error=r"'NoneType' object has no attribute '(authorize|authorized_response|handle_oauth2_response|get)'",
        look="The provider is not registered: assign what oauth.remote_app(…) gives you to that name.",
        proof="03/wrong/3.1-registered-and-not-kept",
    ),
    Cause(
        name="no-such-remote-app",
        error=r"No such app: ",
        look="Flask-OAuthlib has neither a function nor a remote app of that name. A remote app is made with "
        "oauth.remote_app(…), and is known by the name that it was given there.",
        proof="01/wrong/1.1-by-a-misspelt-name",
    ),
    Cause(
        name="no-tokengetter",
        error=r"missing tokengetter",
        look="Flask-OAuthlib does not know whose token to use. Give it a token with the question, as token=(…), or "
        "write the function under @….tokengetter that gives it back.",
        proof="03/wrong/3.2-whose-token",
    ),
    Cause(
        name="no-token",
        error=r"No token available",
        look="Twitter is asked in the name of somebody who is not signed in: get_twitter_token gave None. Ask first "
        "whether there is a token in session, and send everybody else to the front page.",
        proof="01/wrong/1.6-strangers-get-an-error",
    ),
    Cause(
        name="no-callback",
        error=r"Callback is required for OAuth2",
        look="facebook.authorize(callback=…) needs the URL to which Facebook sends the person back.",
        proof="03/wrong/3.1-no-callback",
    ),
    Cause(
        name="https-wanted",
        error=r"insecure_transport|MUST utilize https",
        look="OAuth 2 wants HTTPS, and oauthlib refuses to go on without. On your own machine, and only there, "
        "OAUTHLIB_INSECURE_TRANSPORT=1 allows plain HTTP. .flaskenv sets it: does something in your code unset it?",
        proof="03/wrong/3.1-https-wanted-here",
    ),
    Cause(
        name="nobody-listens",
        error=r"Connection refused",
        look="The app asked at an address where nobody listens. The addresses begin with TWITTER_URL, as set in "
        "the environment.",
        proof="01/wrong/1.1-the-twitter-that-is-real",
    ),
)

ANSWERS = (
    Cause(
        name="no-address",
        error=r"KeyError: 'email'",
        look="Not everybody has an address, or tells it. Facebook leaves the key out then: .get('email') gives None.",
        proof="03/wrong/3.9-key-error",
    ),
    Cause(
        name="answer-is-an-error",
        error=r"KeyError: '(access_token|id|name)'",
        look="The provider's answer has no such key: it is an error. Look for that first.",
        proof="03/wrong/3.11-an-error-has-no-id",
    ),
    Cause(
        name="answer-is-no-json",
        error=r"JSONDecodeError",
        look="The provider's answer is not JSON, or only a part of it. JSONDecodeError is a ValueError.",
        proof="03/wrong/3.11-only-its-own-error",
    ),
    Cause(
        name="no-answer-after-a-refusal",
        error=r"'NoneType' object is not subscriptable",
        look="Something is None where the code reads a value out of it. After a refusal authorized_response() gives "
        "None, and an answer that is `null` is None, too.",
        proof="01/wrong/1.4-denial-ignored",
    ),
    Cause(
        name="id-token-refused",
        error=r"^[A-Za-z]+Error: (bad_signature|invalid_claim|missing_claim|expired_token|unsupported_alg)",
        look="joserfc refused the ID token, and that is right. Its errors are a JoseError: make a ValueError of it, so "
        "that the callback knows it.",
        proof="06/wrong/6.6-errors-not-caught",
    ),
)

SESSIONS = (
    Cause(
        name="no-secret-key",
        error=r"session is unavailable because no secret key",
        look="The app has no key to sign its session with: app.secret_key (or app.config['SECRET_KEY']) is not set, "
        "or misspelt.",
        proof="01/wrong/1.2-no-secret-key",
    ),
    Cause(
        name="request-token-lost",
        error=r"Token not found, maybe you disabled cookie",
        look="The request token that /login kept in the session was not there any more at the callback.",
        proof="01/wrong/1.3-cookie-same-site-strict",
    ),
    Cause(
        name="state-not-ascii",
        error=r"comparing strings with non-ASCII characters",
        look="hmac.compare_digest takes texts of ASCII letters only, and an address can hold any. Compare bytes: "
        ".encode() on both sides.",
        proof="03/wrong/3.5-only-ascii",
    ),
    Cause(
        name="no-state-to-compare",
        error=r"unsupported operand types\(s\) or combination of types",
        look="hmac.compare_digest got None, or a text and bytes. What if there is no state in the session, or in the "
        "address? And .encode() on both sides, or on neither.",
        proof="03/wrong/3.5-none-to-compare",
    ),
    Cause(
        name="identity-logged-in",
        error=r"'Identity' object has no attribute '(is_active|get_id)'",
        look="login_user takes a user, and was given an identity: the user is identity.user.",
        proof="05/wrong/5.5-identity-logged-in",
    ),
    Cause(
        name="no-user-loader",
        error=r"Missing user_loader",
        look="Flask-Login does not know how to find a user: the function under @login_manager.user_loader.",
        proof="04/wrong/4.2-no-loader",
    ),
)

VIEWS = (
    Cause(
        name="no-return",
        error=r"did not return a valid response",
        look="The view gives nothing back: is there a `return` before its last line?",
        proof="01/wrong/1.2-no-return",
    ),
    Cause(
        name="parameter-not-there",
        error=r"^BadRequestKeyError",
        look="The request has no parameter of that name, and request.args[…] then answers 400 by itself. "
        "request.args.get(…) gives None.",
        proof="01/wrong/1.3-next-in-brackets",
    ),
    Cause(
        name="address-for-a-view",
        error=r"BuildError|Could not build url for endpoint",
        look="url_for takes the name of a view function, not an address.",
        proof="01/wrong/1.4-the-address-for-the-view",
    ),
)

ROWS = (
    Cause(
        name="user-without-a-number",
        error=r"invalid literal for int\(\) with base 10: 'None'",
        look="login_user was given a user who had no number yet. The database gives it at the commit: "
        "db.session.commit() comes before login_user(user).",
        proof="04/wrong/4.2-logged-in-before-the-commit",
    ),
    Cause(
        name="column-named-column",
        error=r"propert(y|ies) \"column\"",
        look="filter_by(column=…) looks for a column that is called column. The name that stands in the variable is "
        "meant: filter_by(**{column: subject}).",
        proof="04/wrong/4.2-filter-by-a-name-that-is-no-name",
    ),
    Cause(
        name="model-without-the-column",
        error=r"ha(s no|ve a) property \"|is an invalid keyword argument for",
        look="The model has no column of that name. Exercise 4.1 gives class User its columns; from exercise 5.5 on "
        "ways in are rows of identities, and are looked for there.",
        proof="05/wrong/5.5-by-the-columns-that-are-gone",
    ),
    Cause(
        name="text-in-a-boolean",
        error=r"Not a boolean value",
        look="A text, or something else, was to be kept in a column for true and false. Take only what you know: True, "
        "False, and the texts that mean them. Anything else is None.",
        proof="06/wrong/6.6-a-text-in-the-column",
    ),
    Cause(
        name="number-for-a-text",
        error=r"operator does not exist: (character varying|text) = (integer|bigint)",
        look="A number was compared with a column of text. Twitter gives an id as text, too: id_str.",
        # SQLite compares the two, so no submission meets this cause there. In tests/checks/test_on_postgresql.py an
        # app meets it.
        on_postgresql="ProgrammingError: operator does not exist: character varying = integer",
    ),
    # A PendingRollbackError quotes the error before it, so this cause comes before those of all such errors.
    Cause(
        name="no-rollback",
        error=r"PendingRollbackError",
        look="After an error at commit or flush the session takes nothing more until it is rolled back: "
        "db.session.rollback() in the except, before anything is asked again.",
        proof="07/wrong/7.6-no-rollback",
    ),
    Cause(
        name="locked-after-a-look",
        error=r"OperationalError: database is locked",
        look="SQLite refuses to write in a transaction that began with a look, when another has written since. "
        "db.session.begin_nested() holds such a transaction open. Roll back all of it, and then look and write again.",
        proof="07/wrong/7.6-a-savepoint",
    ),
    Cause(
        name="verified-address-twice",
        error=r"UNIQUE constraint failed: users\.verified_email|duplicate key value.*verified_email",
        look="Another user has this verified_email. At a login keep_verified looks first whether somebody has it. In a "
        "merge the other user has to be gone before (delete, then db.session.flush()), as SQLAlchemy writes what "
        "changed before it deletes.",
        proof="08/wrong/8.11-address-given-on-too-early",
        on_postgresql='IntegrityError: duplicate key value violates unique constraint "ix_users_verified_email" '
        "DETAIL: Key (verified_email)=(ada@example.com) already exists.",
    ),
    Cause(
        name="value-twice",
        error=r"UNIQUE constraint failed|duplicate key value",
        look="A row with this value is there already: it was not found, or what was found was not used. Look for it in "
        "that column alone, and make a new row only where nobody was found.",
        proof="04/wrong/4.2-always-a-new-user",
        on_postgresql='IntegrityError: duplicate key value violates unique constraint "ix_users_twitter_id" '
        "DETAIL: Key (twitter_id)=(1) already exists.",
    ),
    Cause(
        name="identity-of-nobody",
        error=r"NOT NULL constraint failed: identities\.user_id|"
        r"\"user_id\" of relation \"identities\" violates not-null",
        look="An identity was to be without a user. A new user has no id until the flush: identity.user = user needs "
        "none. And when a user is deleted by db.session.delete, SQLAlchemy takes the user away from the identities, "
        'unless their relationship says otherwise: cascade="all, delete-orphan", passive_deletes=True.',
        proof="05/wrong/5.8-identities-of-nobody",
        on_postgresql='IntegrityError: null value in column "user_id" of relation "identities" violates not-null '
        "constraint DETAIL: Failing row contains (1, null, twitter, 1).",
    ),
    Cause(
        name="no-name",
        error=r"NOT NULL constraint failed: users\.name|\"name\" of relation \"users\" violates not-null",
        look="Somebody came without a name, and name may not be empty. A provider may send null for a name that nobody "
        "has written. Then .get gives that null, whatever its second argument is, and `or` gives another word.",
        proof="06/wrong/6.3-name-is-null",
        on_postgresql='IntegrityError: null value in column "name" of relation "users" violates not-null '
        "constraint DETAIL: Failing row contains (1, null, null).",
    ),
    Cause(
        name="nothing-in-a-column",
        error=r"NOT NULL constraint failed|violates not-null",
        look="A new row has nothing in this column, which must not be empty. Does your code give it a value? "
        "Where some people have no value at all, the column needs nullable=True.",
        proof="05/wrong/5.5-subject-forgotten",
        on_postgresql='IntegrityError: null value in column "email" of relation "users" violates not-null '
        "constraint DETAIL: Failing row contains (1, Ada, null).",
    ),
)

HIDDEN = (
    Cause(
        name="view-hides-an-import",
        error=r"TypeError: \w+\(\) takes 0 positional arguments but \d+ w",
        look="A function without arguments was called with some. Does a view have the name of a function that is "
        "imported above it? Then the view hides that function: give the view another name.",
        proof="08/wrong/8.11-a-view-hides-the-import",
    ),
)

TABLES = (
    Cause(
        name="foreign-key-to-no-table",
        error=r"could not find table '",
        look="A foreign key leads to a table that no model makes. ForeignKey takes the table's name, as __tablename__ "
        'says it, and not that of the class: ForeignKey("users.id").',
        proof="05/wrong/5.1-foreign-key-to-user",
    ),
    Cause(
        name="no-such-table",
        error=r"no such table",
        look="The database has no table of that name. `flask db upgrade` makes those that the migrations make: does "
        "one of them make this one, under the name that the model has as __tablename__?",
        proof="05/wrong/5.2-into-a-table-that-is-not-there",
    ),
    # SQLite's error ends in "no such column: …", so this cause comes before no-such-column.
    Cause(
        name="column-before-its-index",
        error=r"error in index \S+ after drop column",
        look="SQLite drops no column on which an index stands: op.drop_index comes before op.drop_column.",
        proof="05/wrong/5.2-column-before-its-index",
    ),
    Cause(
        name="no-such-index",
        error=r"no such index|index \"\S+\" does not exist",
        look="The migration drops an index that is not there. Has a downgrade before it made the columns without their "
        "indexes? op.create_index.",
        proof="05/wrong/5.3-back-without-indexes",
        on_postgresql='ProgrammingError: index "ix_users_twitter_id" does not exist',
    ),
    Cause(
        name="no-such-column",
        error=r"no such column",
        look="The model and the table differ: the one has a column that the other has not. Where the step has "
        "migrations, `flask db check` says where. If it is a migration by batch_alter_table: op.drop_index goes first, "
        "then the column on which the index stands.",
        proof="05/wrong/5.2-batch-and-the-index-stays",
    ),
)

# The first cause that is found in an error counts, so a special one comes before a general one.
CAUSES = (*LOADING, *REMOTE_APPS, *ANSWERS, *SESSIONS, *VIEWS, *ROWS, *HIDDEN, *TABLES)
