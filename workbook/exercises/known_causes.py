"""The known causes of an app's errors, by kind, in the order in which causes.py tries them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """One cause of errors.

    `error` is the regular expression that finds the cause in an error, as "KeyError: 'email'", and `look` says where
    the student should look. `proof` names the submission whose verdict has to contain `look`, by its patch's path below
    tests/submissions, without the ending. If PostgreSQL's error differs from SQLite's, `on_postgresql` is PostgreSQL's.
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
        look="Flask-OAuthlib 0.9.6 does not load on today's Flask by itself. Before the line that imports "
        "Flask-OAuthlib, your app needs the line: import workbook.compat",
        proof="01/broken/no-compat",
    ),
    Cause(
        name="no-such-module",
        error=r"No module named",
        look="is the name spelled right, and is the package in requirements.txt?",
        proof="01/broken/no-such-module",
    ),
    Cause(
        name="no-such-variable",
        error=r"^KeyError: '[A-Z][A-Z_]+'$",
        look="the environment has no variable of that name. It has TWITTER_URL, TWITTER_KEY, TWITTER_SECRET, "
        "FACEBOOK_URL, FACEBOOK_GRAPH_URL, FACEBOOK_KEY, FACEBOOK_SECRET and SECRET_KEY. From step 06 on, it also has "
        "GOOGLE_URL, GOOGLE_KEY, GOOGLE_SECRET, GITHUB_URL, GITHUB_API_URL, GITHUB_KEY and GITHUB_SECRET.",
        proof="01/broken/no-such-variable",
    ),
)

REMOTE_APPS = (
    Cause(
        name="no-key-or-no-secret",
        error=r"OAuthRemoteApp requires consumer key and secret",
        look="remote_app got no key or no secret. Pass consumer_key=TWITTER_KEY and consumer_secret=TWITTER_SECRET.",
        proof="01/broken/no-secret",
    ),
    Cause(
        name="tokengetter-of-nothing",
        error=r"'NoneType' object has no attribute 'tokengetter'",
        look="register Twitter (exercise 1.1) above the function under @twitter.tokengetter.",
        proof="01/broken/registered-too-late",
    ),
    Cause(
        name="registered-and-not-kept",
        error=r"'NoneType' object has no attribute '(authorize|authorized_response|handle_oauth2_response|get)'",
        look="the provider is not registered. Assign the result of oauth.remote_app(…) to that name.",
        proof="03/wrong/3.1-registered-and-not-kept",
    ),
    Cause(
        name="no-such-remote-app",
        error=r"No such app: ",
        look="Flask-OAuthlib has neither a function nor a remote app of that name. oauth.remote_app(…) makes a remote "
        "app, with the name that you pass there.",
        proof="01/wrong/1.1-by-a-misspelt-name",
    ),
    Cause(
        name="no-tokengetter",
        error=r"missing tokengetter",
        look="Flask-OAuthlib does not know whose token to use. Pass a token with the call, as token=(…), or write the "
        "function under @….tokengetter that returns it.",
        proof="03/wrong/3.2-whose-token",
    ),
    Cause(
        name="no-token",
        error=r"No token available",
        look="your app calls Twitter for a user who is not logged in, so get_twitter_token gave None. First check "
        "whether session has a token. If not, redirect to the front page.",
        proof="01/wrong/1.6-strangers-get-an-error",
    ),
    Cause(
        name="no-callback",
        error=r"Callback is required for OAuth2",
        look="facebook.authorize(callback=…) needs the redirect URI, to which Facebook sends the browser back.",
        proof="03/wrong/3.1-no-callback",
    ),
    Cause(
        name="https-wanted",
        error=r"insecure_transport|MUST utilize https",
        look="OAuth 2 needs HTTPS, and oauthlib stops without it. On your own machine, and only there, "
        "OAUTHLIB_INSECURE_TRANSPORT=1 allows plain HTTP. .flaskenv sets it. Does your code unset it?",
        proof="03/wrong/3.1-https-wanted-here",
    ),
    Cause(
        name="nobody-listens",
        error=r"Connection refused",
        look="your app sent a request to a URL where no server listens. A provider's URLs begin with a variable of "
        "the environment, such as TWITTER_URL.",
        proof="01/wrong/1.1-the-twitter-that-is-real",
    ),
)

ANSWERS = (
    Cause(
        name="no-address",
        error=r"KeyError: 'email'",
        look="not every user has an email address, or shares it. Then Facebook leaves the key out. .get('email') "
        "gives None.",
        proof="03/wrong/3.9-key-error",
    ),
    Cause(
        name="answer-is-an-error",
        error=r"KeyError: '(access_token|id|name)'",
        look="the provider's response has no such key. The response may be an error, so check for an error first.",
        proof="03/wrong/3.11-an-error-has-no-id",
    ),
    Cause(
        name="answer-is-no-json",
        error=r"JSONDecodeError",
        look="the provider's response is not JSON, or only a part of it. JSONDecodeError is a ValueError.",
        proof="03/wrong/3.11-only-its-own-error",
    ),
    Cause(
        name="no-answer-after-a-refusal",
        error=r"'NoneType' object is not subscriptable",
        look="your code reads a value from something that is None. After a denial, authorized_response() gives None, "
        "and a response `null` is None, too.",
        proof="01/wrong/1.4-denial-ignored",
    ),
    Cause(
        name="id-token-refused",
        error=r"^[A-Za-z]+Error: (bad_signature|invalid_claim|missing_claim|expired_token|unsupported_alg)",
        look="joserfc rejected the ID token with this error, which is a JoseError. Raise a ValueError "
        "instead, which the callback handles.",
        proof="06/wrong/6.6-errors-not-caught",
    ),
)

SESSIONS = (
    Cause(
        name="no-secret-key",
        error=r"session is unavailable because no secret key",
        look="the app has no key to sign its session with. app.secret_key (or app.config['SECRET_KEY']) is not set, "
        "or misspelled.",
        proof="01/wrong/1.2-no-secret-key",
    ),
    Cause(
        name="request-token-lost",
        error=r"Token not found, maybe you disabled cookie",
        look="the request token that /login kept in the session was gone at the callback.",
        proof="01/wrong/1.3-cookie-same-site-strict",
    ),
    Cause(
        name="state-not-ascii",
        error=r"comparing strings with non-ASCII characters",
        look="hmac.compare_digest takes only ASCII strings, and a URL can contain any characters. Compare bytes, with "
        ".encode() on both sides.",
        proof="03/wrong/3.5-only-ascii",
    ),
    Cause(
        name="no-state-to-compare",
        error=r"unsupported operand types\(s\) or combination of types",
        look="hmac.compare_digest got None, or a string and bytes. What if there is no state in the session, or in the "
        "URL? And use .encode() on both sides, or on neither.",
        proof="03/wrong/3.5-none-to-compare",
    ),
    Cause(
        name="identity-logged-in",
        error=r"'Identity' object has no attribute '(is_active|get_id)'",
        look="login_user takes a user, but got an identity. The user is identity.user.",
        proof="05/wrong/5.5-identity-logged-in",
    ),
    Cause(
        name="no-user-loader",
        error=r"Missing user_loader",
        look="Flask-Login does not know how to find a user. It needs the function under @login_manager.user_loader.",
        proof="04/wrong/4.2-no-loader",
    ),
)

VIEWS = (
    Cause(
        name="no-return",
        error=r"did not return a valid response",
        look="the view returns nothing. Is there a `return` on every path through it?",
        proof="01/wrong/1.2-no-return",
    ),
    Cause(
        name="parameter-not-there",
        error=r"^BadRequestKeyError",
        look="the request has no parameter of that name. Then request.args[…] makes Flask respond with status 400, and "
        "request.args.get(…) gives None.",
        proof="01/wrong/1.3-next-in-brackets",
    ),
    Cause(
        name="address-for-a-view",
        error=r"BuildError|Could not build url for endpoint",
        look="url_for takes the name of a view function, not a URL.",
        proof="01/wrong/1.4-the-address-for-the-view",
    ),
)

ROWS = (
    Cause(
        name="user-without-a-number",
        error=r"invalid literal for int\(\) with base 10: 'None'",
        look="login_user got a user who had no ID yet. The database gives the ID at the commit, so "
        "db.session.commit() comes before login_user(user).",
        proof="04/wrong/4.2-logged-in-before-the-commit",
    ),
    Cause(
        name="column-named-column",
        error=r"propert(y|ies) \"column\"",
        look="filter_by(column=…) looks for a column with the name column. To use the name in the variable column, "
        "write filter_by(**{column: subject}).",
        proof="04/wrong/4.2-filter-by-a-name-that-is-no-name",
    ),
    Cause(
        name="model-without-the-column",
        error=r"ha(s no|ve a) property \"|is an invalid keyword argument for",
        look="the model has no column of that name. Exercise 4.1 gives class User its columns. From exercise 5.5 on, "
        "look in the table identities instead.",
        proof="05/wrong/5.5-by-the-columns-that-are-gone",
    ),
    Cause(
        name="text-in-a-boolean",
        error=r"Not a boolean value",
        look="your app writes a string, or another value, into a column for true and false. Accept True, False, and "
        "the strings that mean them. Anything else is None.",
        proof="06/wrong/6.6-a-text-in-the-column",
    ),
    Cause(
        name="number-for-a-text",
        error=r"operator does not exist: (character varying|text) = (integer|bigint)",
        look="your app compares a number with a string column. Twitter gives an ID as a string, too, as id_str.",
        # SQLite compares the two, so no submission meets this cause there. In tests/checks/test_on_postgresql.py an
        # app meets it.
        on_postgresql="ProgrammingError: operator does not exist: character varying = integer",
    ),
    # A PendingRollbackError quotes the error before it, so this cause comes before those of all such errors.
    Cause(
        name="no-rollback",
        error=r"PendingRollbackError",
        look="after an error at commit or flush, db.session takes nothing more until you roll it back. Call "
        "db.session.rollback() in the except, before the next query.",
        proof="07/wrong/7.6-no-rollback",
    ),
    Cause(
        name="locked-after-a-look",
        error=r"OperationalError: database is locked",
        look="SQLite does not write in a transaction that began with a read, if another transaction has written since "
        "then. db.session.begin_nested() keeps this transaction open. Roll all of it back, and then read and write "
        "again.",
        proof="07/wrong/7.6-a-savepoint",
    ),
    Cause(
        name="verified-address-twice",
        error=r"UNIQUE constraint failed: users\.verified_email|duplicate key value.*verified_email",
        look="another user has this verified_email. At a login, keep_verified first looks for a user who has it. In a "
        "merge, delete the other user first (delete, then db.session.flush()), because SQLAlchemy writes changes "
        "before it deletes.",
        proof="08/wrong/8.11-address-given-on-too-early",
        on_postgresql='IntegrityError: duplicate key value violates unique constraint "ix_users_verified_email" '
        "DETAIL: Key (verified_email)=(ada@example.com) already exists.",
    ),
    Cause(
        name="value-twice",
        error=r"UNIQUE constraint failed|duplicate key value",
        look="a row with this value is there already. Your app did not find this row, or did not use it. Look for the "
        "value in that column alone, and make a new row only if you find none.",
        proof="04/wrong/4.2-always-a-new-user",
        on_postgresql='IntegrityError: duplicate key value violates unique constraint "ix_users_twitter_id" '
        "DETAIL: Key (twitter_id)=(1) already exists.",
    ),
    Cause(
        name="identity-of-nobody",
        error=r"NOT NULL constraint failed: identities\.user_id|"
        r"\"user_id\" of relation \"identities\" violates not-null",
        look="your app writes an identity without a user. A new user has no ID until the flush, but identity.user = "
        "user needs none. And db.session.delete(user) takes the user away from the identities, unless the "
        'relationship has cascade="all, delete-orphan", passive_deletes=True.',
        proof="05/wrong/5.8-identities-of-nobody",
        on_postgresql='IntegrityError: null value in column "user_id" of relation "identities" violates not-null '
        "constraint DETAIL: Failing row contains (1, null, twitter, 1).",
    ),
    Cause(
        name="no-name",
        error=r"NOT NULL constraint failed: users\.name|\"name\" of relation \"users\" violates not-null",
        look="a user has no name, and name must not be NULL. A provider may send null if the user has set no name. "
        "Then .get gives None, whatever its second argument is. `or` gives another string.",
        proof="06/wrong/6.3-name-is-null",
        on_postgresql='IntegrityError: null value in column "name" of relation "users" violates not-null '
        "constraint DETAIL: Failing row contains (1, null, null).",
    ),
    Cause(
        name="nothing-in-a-column",
        error=r"NOT NULL constraint failed|violates not-null",
        look="a new row has NULL in this column, which must not be NULL. Does your code give it a value? If some users "
        "have no value, the column needs nullable=True.",
        proof="05/wrong/5.5-subject-forgotten",
        on_postgresql='IntegrityError: null value in column "email" of relation "users" violates not-null '
        "constraint DETAIL: Failing row contains (1, Ada, null).",
    ),
)

HIDDEN = (
    Cause(
        name="view-hides-an-import",
        error=r"TypeError: \w+\(\) takes 0 positional arguments but \d+ w",
        look="your app passes arguments to a function that takes none. Does a view have the same name as an imported "
        "function? Then the view hides that function. Give the view another name.",
        proof="08/wrong/8.11-a-view-hides-the-import",
    ),
)

TABLES = (
    Cause(
        name="foreign-key-to-no-table",
        error=r"could not find table '",
        look="a foreign key leads to a table that no model makes. ForeignKey takes the table's name, as in "
        '__tablename__, and not the class\'s name. Write ForeignKey("users.id").',
        proof="05/wrong/5.1-foreign-key-to-user",
    ),
    Cause(
        name="no-such-table",
        error=r"no such table",
        look="the database has no table of that name. `flask db upgrade` runs the migrations. Does one of them make "
        "this table, under the name that the model has as __tablename__?",
        proof="05/wrong/5.2-into-a-table-that-is-not-there",
    ),
    # SQLite's error ends in "no such column: …", so this cause comes before no-such-column.
    Cause(
        name="column-before-its-index",
        error=r"error in index \S+ after drop column",
        look="SQLite drops no column that has an index. Call op.drop_index before op.drop_column.",
        proof="05/wrong/5.2-column-before-its-index",
    ),
    Cause(
        name="no-such-index",
        error=r"no such index|index \"\S+\" does not exist",
        look="the migration drops an index that is not there. Did a downgrade before it make the columns without their "
        "indexes? Use op.create_index.",
        proof="05/wrong/5.3-back-without-indexes",
        on_postgresql='ProgrammingError: index "ix_users_twitter_id" does not exist',
    ),
    Cause(
        name="no-such-column",
        error=r"no such column",
        look="the model and the table differ. One of them has a column that the other does not have. If the step has "
        "migrations, `flask db check` says where. In a migration with batch_alter_table, call op.drop_index first, "
        "and then drop the index's column.",
        proof="05/wrong/5.2-batch-and-the-index-stays",
    ),
)

# The first cause that is found in an error counts, so a special one comes before a general one.
CAUSES = (*LOADING, *REMOTE_APPS, *ANSWERS, *SESSIONS, *VIEWS, *ROWS, *HIDDEN, *TABLES)
