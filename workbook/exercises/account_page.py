"""The account page, as a person uses it: its forms, what they are sent with, and what stands in the tables then."""

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

# The recorded flows that a link is held against.
LINKED = "08_the_account_page.linked"
REFUSED = "08_the_account_page.refused"

Row = dict[str, Any]


def came_in(site: Site, browser: Browser, provider: str, who: str = SOMEBODY) -> Page:
    """Somebody signs in with a provider ("github"); Missed where that does not end on a page of the app, or where
    nobody is signed in afterwards."""
    start = f"/login/{provider}"
    try:
        page = sign_in(browser, who, start=start)
    except NotAsked as error:
        page = error.page
    if site.at_provider(page) or page.status >= 400:
        raise Missed(
            should=f"a login that begins at {start} ends on a page of the app.",
            did=f"it ended at {page.path} with the status {page.status}: {shortened(page.words)}",
            look="login, send_to and authorized in app/auth.py.",
        )
    if page.path != "/welcome" and "signed in as" not in browser.open("/").words.lower():
        raise Missed(
            should=f"{site.providers.people[who].name} signs in with {PROVIDER_LABELS[provider]}.",
            did=f"nobody was signed in afterwards. The login ended at {page.path}: {shortened(page.words)}",
            look=why_session_was_lost(site) or _why_nobody(provider, page),
        )
    return page


def _why_nobody(provider: str, page: Page) -> str:
    """Where to look after a login that ended on that page of the app, and signed nobody in."""
    if any(said in page.words for said in (DENIED, NO_HELP.format(PROVIDER_LABELS[provider]))):
        return "authorized in app/auth.py, where the app says that."
    if NOT_OURS not in page.words:
        return "sign_in in app/auth.py: session.clear() comes before login_user(user), which writes into the session."
    if provider == "twitter":
        return (
            f"{NO_STATE} Nothing waits under the request token of a login, so finish(name, token) gives None. Then it "
            "is a login, and `started` stays as it was: started = finish(name, token) or started."
        )
    return "authorized in app/auth.py: finish(…) gives what waits under the state in the query string."


def account(browser: Browser) -> Page:
    """The account page of whoever is logged in; Missed where it does not show."""
    page = browser.open(ACCOUNT)
    if page.path != ACCOUNT or page.status != 200:
        raise Missed(
            should=f"{ACCOUNT} shows the ways in of whoever is logged in.",
            did=f"it ended at {page.path} with the status {page.status}: {shortened(page.words)}",
            look="page in app/account.py, and templates/account.html.",
        )
    return page


def button(browser: Browser, path: str, should: str, look: str) -> Form:
    """The form on the account page that is sent to that path, by POST; Missed where there is none."""
    page = account(browser)
    form = form_to(page, path)
    if form is None:
        actions = ", ".join(f"{form.method} {urlsplit(form.action).path}" for form in page.forms())
        did = f"there is no form to {path}. The forms there are sent to: {actions or 'nowhere'}."
    elif form.method != "POST":
        did = f"the form to {path} is sent by {form.method}. A GET is also sent by every link and picture."
    else:
        return form
    raise Missed(should=should, did=did, look=look)


def linked(site: Site, browser: Browser, provider: str, who: str = SOMEBODY, why: str = "") -> Page:
    """Whoever is logged in clicks on the button that links a provider, and is `who` there; gives the page where that
    ends. Missed where there is no button, or where it does not lead to the provider, or to an error. `why` is a
    sentence that says what the link is for."""
    path = f"{ACCOUNT}/link/{provider}"
    label = PROVIDER_LABELS[provider]
    should = f"the button Link {label} on {ACCOUNT} leads to {label}, and from there back. {why}".strip()
    since = len(site.messages())
    form = button(
        browser, path, should, f"templates/account.html: a form with method=post and action={path}."
    )
    try:
        page = decide_on(browser, browser.submit(form), who, "allow")
    except NotAsked as error:
        raise Missed(
            should=should,
            did=f"{path} led to {error.page.path} with the status {error.page.status}: {shortened(error.page.words)}",
            look=why_no_link(error.page),
            **beside(site, provider, since),
        ) from None
    if site.at_provider(page) or page.status >= 400:
        raise Missed(
            should=should,
            did=f"it ended at {page.path} with the status {page.status}: {shortened(page.words)}",
            look="linked and authorized in app/auth.py.",
            **beside(site, provider, since),
        )
    return page


def why_no_link(page: Page) -> str:
    """Where to look after a click on a button that links a provider, which led to that page and not to the provider."""
    if page.status == 405:
        return (
            'begin_link: @bp.route("/link/<name>", methods=["POST"]). Without methods Flask lets no POST in.'
        )
    if page.status == 400:
        return "templates/account.html: the form needs the hidden field csrf_token."
    return "begin_link: return what send_to gives you."


class Beside(TypedDict):
    """What a message shows beside its words: what was said, and the recorded flow that it is held against."""

    flow: Flow | None
    expected: str | None


def beside(site: Site, provider: str, since: int, expected: str = LINKED) -> Beside:
    """The flow of a link since that message, and the recorded one; nothing where none is recorded for the provider."""
    if provider != "facebook":
        return {"flow": None, "expected": None}
    return {"flow": site.flow("Your app", since), "expected": expected}


def without_a_token(browser: Browser, path: str, **fields: str) -> Page:
    """A form of another page is sent to that path of the app, with the browser's cookie."""
    if browser.page is None or urlsplit(browser.page.url).netloc != urlsplit(HOME).netloc:
        browser.open("/")
    return browser.submit(Form("POST", urljoin(HOME, path), tuple(fields.items()), ()), follow=False)


def at_provider_next(site: Site, page: Page) -> bool:
    """Whether the answer that was not followed sends the browser to a provider."""
    location = page.answers[-1].header("Location") or ""
    return urlsplit(location).netloc == urlsplit(site.providers.url).netloc


def identities(site: Site) -> list[Row]:
    """The rows of the table identities as it is now."""
    return site.database.rows("SELECT * FROM identities ORDER BY id")


def users(site: Site) -> list[Row]:
    """The rows of the table users as it is now."""
    return site.database.rows("SELECT * FROM users ORDER BY id")


def owner_of(site: Site, provider: str, who: Person) -> int | None:
    """The number of the user whose way in somebody's account at a provider is; None where it is nobody's."""
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
    """Gives a user one more way in, in the table itself; with an address that the provider has verified, one of which
    it does not tell, or none."""
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
    """Rows of the table identities in words."""
    told = [f"{row['provider']} {row['subject']} of user {row['user_id']}" for row in rows]
    return ", ".join(told) or "none"


def whose(rows: Iterable[Row]) -> set[tuple[str, str, int]]:
    """Which way in is whose."""
    return {(row["provider"], row["subject"], row["user_id"]) for row in rows}


def is_signed_in(browser: Browser, name: str) -> bool:
    """Whether the front page says that somebody of that name is signed in."""
    return f"signed in as {name}".lower() in browser.open("/").words.lower()
