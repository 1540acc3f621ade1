"""The account page, as a user uses it: its forms, what the browser sends with them, and the tables afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict
from urllib.parse import urljoin, urlsplit

from workbook.flow.drawn import PROVIDER_LABELS
from workbook.flow.messages import Flow
from workbook.lab.browser import HOME, Browser, Form, Page
from workbook.lab.site import Site
from workbook.lab.visits import ACCOUNT, SOMEBODY, NotAsked, decide_on, form_to, sign_in
from workbook.providers.people import Person

from .any_provider import DENIED, NO_HELP, NO_STATE, NOT_OURS
from .missed import Missed
from .session_lost import why_session_was_lost
from .twitter_login import shortened

# The recorded flows with which a link is compared.
LINKED = "08_the_account_page.linked"
REFUSED = "08_the_account_page.refused"

Row = dict[str, Any]


def came_in(site: Site, browser: Browser, provider: str, who: str = SOMEBODY) -> Page:
    """A user logs in with a provider ("github"). Missed if that does not end on a page of the app, or if no user is
    logged in afterwards."""
    start = f"/login/{provider}"
    try:
        page = sign_in(browser, who, start=start)
    except NotAsked as error:
        page = error.page
    if site.at_provider(page) or page.status >= 400:
        raise Missed(
            should=f"a login that begins at {start} ends on a page of the app.",
            did=f"the login ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look="login, send_to and authorized in app/auth.py.",
        )
    if page.path != "/welcome" and "signed in as" not in browser.open("/").words.lower():
        raise Missed(
            should=f"{site.providers.people[who].name} logs in with {PROVIDER_LABELS[provider]}.",
            did=f"no user was logged in afterwards. The login ended at {page.path}: {shortened(page.words)}",
            look=why_session_was_lost(site) or _why_nobody(provider, page),
        )
    return page


def _why_nobody(provider: str, page: Page) -> str:
    """Where to look after a login that ended on that page of the app, and logged no user in."""
    if any(said in page.words for said in (DENIED, NO_HELP.format(PROVIDER_LABELS[provider]))):
        return "authorized in app/auth.py: in which cases does authorized show this message?"
    if NOT_OURS not in page.words:
        return "sign_in in app/auth.py: session.clear() comes before login_user(user), which writes into the session."
    if provider == "twitter":
        return (
            f"{NO_STATE} For the request token of a login, finish(name, token) gives None. Then `started` keeps its "
            "value, as in started = finish(name, token) or started."
        )
    return (
        "authorized in app/auth.py: finish(…) gives the login that began with the state in the query string."
    )


def account(browser: Browser) -> Page:
    """The account page of the logged-in user; Missed if the app does not show it."""
    page = browser.open(ACCOUNT)
    if page.path != ACCOUNT or page.status != 200:
        raise Missed(
            should=f"{ACCOUNT} shows the identities of the logged-in user.",
            did=f"the browser ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look="page in app/account.py, and templates/account.html.",
        )
    return page


def button(browser: Browser, path: str, should: str, look: str) -> Form:
    """The form on the account page that sends a POST to that path; Missed if there is none."""
    page = account(browser)
    form = form_to(page, path)
    if form is None:
        actions = ", ".join(f"{form.method} {urlsplit(form.action).path}" for form in page.forms())
        did = f"there is no form to {path}. The forms on the page send: {actions or 'nothing'}."
    elif form.method != "POST":
        did = f"the form to {path} sends a {form.method}. Any page can make a browser send a GET."
    else:
        return form
    raise Missed(should=should, did=did, look=look)


def linked(site: Site, browser: Browser, provider: str, who: str = SOMEBODY, why: str = "") -> Page:
    """The logged-in user clicks on the button that links a provider, and is `who` there. Gives the page where that
    ends. Missed if there is no button, if it does not lead to the provider, or if that ends in an error. `why` is a
    sentence that says what is special about this link."""
    path = f"{ACCOUNT}/link/{provider}"
    label = PROVIDER_LABELS[provider]
    should = f"the button Link {label} on {ACCOUNT} leads to {label}, and back from there. {why}".strip()
    since = len(site.messages())
    form = button(
        browser, path, should, f"templates/account.html: a form with method=post and action={path}."
    )
    try:
        page = decide_on(browser, browser.submit(form), who, "allow")
    except NotAsked as error:
        raise Missed(
            should=should,
            did=f"{path} led to {error.page.path} with status {error.page.status}: {shortened(error.page.words)}",
            look=why_no_link(error.page),
            **beside(site, provider, since),
        ) from None
    if site.at_provider(page) or page.status >= 400:
        raise Missed(
            should=should,
            did=f"the browser ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look="linked and authorized in app/auth.py.",
            **beside(site, provider, since),
        )
    return page


def why_no_link(page: Page) -> str:
    """Where to look after a click on a button that links a provider, which led to that page and not to the provider."""
    if page.status == 405:
        return (
            'begin_link: @bp.route("/link/<name>", methods=["POST"]). Without methods Flask accepts no POST.'
        )
    if page.status == 400:
        return "templates/account.html: the form needs the hidden field csrf_token."
    return "begin_link: return what send_to gives you."


class Beside(TypedDict):
    """The two flows that a message can show: what the app did, and the recorded flow with which it is compared."""

    flow: Flow | None
    expected: str | None


def beside(site: Site, provider: str, since: int, expected: str = LINKED) -> Beside:
    """The flow of a link since that message, and the recorded flow; None if there is none for the provider."""
    if provider != "facebook":
        return {"flow": None, "expected": None}
    return {"flow": site.flow("Your app", since), "expected": expected}


def without_a_token(browser: Browser, path: str, **fields: str) -> Page:
    """Sends a form of a different page to that path of the app, with the browser's cookie."""
    if browser.page is None or urlsplit(browser.page.url).netloc != urlsplit(HOME).netloc:
        browser.open("/")
    return browser.submit(Form("POST", urljoin(HOME, path), tuple(fields.items()), ()), follow=False)


def at_provider_next(site: Site, page: Page) -> bool:
    """Whether a redirect that the browser did not follow leads to a provider."""
    location = page.answers[-1].header("Location") or ""
    return urlsplit(location).netloc == urlsplit(site.providers.url).netloc


def identities(site: Site) -> list[Row]:
    """The rows of the table identities as it is now."""
    return site.database.rows("SELECT * FROM identities ORDER BY id")


def users(site: Site) -> list[Row]:
    """The rows of the table users as it is now."""
    return site.database.rows("SELECT * FROM users ORDER BY id")


def owner_of(site: Site, provider: str, who: Person) -> int | None:
    """The ID of the user who has that person's identity at a provider; None if no user has it."""
    for row in identities(site):
        if (row["provider"], row["subject"]) == (provider, who.subject(provider)):
            return int(row["user_id"])
    return None


def add_identity(
    site: Site,
    user_id: int,
    provider: str,
    who: Person,
    verified_email: str | None = None,
    untold_email: str | None = None,
) -> None:
    """Gives a user one more identity, in the table itself. It has an email address that the provider has verified, or
    one about which the provider says nothing, or none."""
    site.database.change(
        "INSERT INTO identities (user_id, provider, subject, email, email_verified)"
        " VALUES (:user_id, :provider, :subject, :email, :email_verified)",
        user_id=user_id,
        provider=provider,
        subject=who.subject(provider),
        email=verified_email or untold_email,
        email_verified=True if verified_email else None,
    )


def ways_in(rows: Sequence[Row]) -> str:
    """Rows of the table identities, in words."""
    told = [f"{row['provider']} {row['subject']} of user {row['user_id']}" for row in rows]
    return ", ".join(told) or "none"


def whose(rows: Iterable[Row]) -> set[tuple[str, str, int]]:
    """Which identity belongs to which user."""
    return {(row["provider"], row["subject"], row["user_id"]) for row in rows}


def is_signed_in(browser: Browser, name: str) -> bool:
    """Whether the front page says that a user of that name is signed in."""
    return f"signed in as {name}".lower() in browser.open("/").words.lower()
