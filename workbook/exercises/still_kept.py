"""What earlier steps taught, in an app that has grown since: state, refusal, log-out, and whose an account is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlencode, urlsplit

from workbook.lab.browser import Browser, Form, Page
from workbook.lab.site import Site
from workbook.lab.visits import ACCOUNT, form_to, refuse, sign_in
from workbook.providers.people import person

from .any_provider import (
    DENIED,
    asked_of,
    callback_at,
    callback_for,
    label,
    nobody_is_in,
    reads,
    start_of,
    tried,
)
from .missed import Missed
from .twitter_login import shortened

STATE_LOOK = (
    "authorized in app/auth.py: finish(name, …) comes first, whatever came back, and None ends the login."
)
# The cookie by which Flask-Login remembers a user without a session.
REMEMBERED = "remember_token"
CLEAR_FIRST = (
    "session.clear() comes before logout_user(). logout_user() leaves word in the session that the cookie "
    f"{REMEMBERED} is to be deleted, and session.clear() forgets that."
)
# Names under which an app might take the number of a user, or of an identity, from a request.
NUMBERED = (
    "id",
    "user",
    "user_id",
    "account",
    "account_id",
    "identity",
    "identity_id",
    "other",
    "other_id",
    "with",
)


def with_numbers(browser: Browser, form: Form, number: object) -> list[Callable[[], Page]]:
    """Three ways to send a form with somebody's number in it: as further fields and in the query string, in these two
    in place of the fields of those names, and as JSON."""
    numbers = tuple((name, str(number)) for name in NUMBERED)
    kept = tuple(field for field in form.fields if field[0] not in NUMBERED)
    token = next((value for name, value in form.fields if "csrf" in name), "")
    return [
        lambda: browser.submit(Form("POST", form.action, (*kept, *numbers), ())),
        lambda: browser.submit(Form("POST", f"{form.action}?{urlencode(numbers)}", form.fields, ())),
        lambda: browser.send_json(form.action, dict(numbers), {"X-CSRFToken": token}),
    ]


def only_what_began_here(site: Site, name: str) -> None:
    """A callback counts in the browser where it began, and once, however it ended the first time."""
    what = f"Eve sends Ada the URL of her own callback from {label(site, name)}"
    browser = site.browser()
    asked_of(site, browser, name)
    forged = callback_for(site, site.browser(), name, "eve")
    for state, sent in ((None, "with the state of Eve's login"), ("", "with no state in it")):
        browser.open(forged if state is None else f"{forged.partition('?')[0]}?{_without_state(forged)}")
        nobody_is_in(browser, what=f"{what}, {sent}", look=STATE_LOOK)
    for ended, how in (
        ("error=access_denied", "Ada has refused"),
        ("error=server_error", f"{label(site, name)} could not help"),
    ):
        browser = site.browser()
        state = asked_of(site, browser, name).get("state", "")
        browser.open(f"{callback_at(name)}?{ended}&{urlencode({'state': state})}")
        code = _without_state(callback_for(site, site.browser(), name, "eve"))
        browser.open(f"{callback_at(name)}?{code}&{urlencode({'state': state})}")
        nobody_is_in(
            browser,
            what=f"{how}, so that this login is over. Then a second callback comes with the same state, and with a "
            "code of Eve's",
            look=STATE_LOOK,
        )


def _without_state(callback: str) -> str:
    """The query string of a callback's URL, without the state."""
    return "&".join(part for part in urlsplit(callback).query.split("&") if not part.startswith("state="))


def a_refusal_signs_nobody_in(site: Site, name: str) -> None:
    """Somebody refuses, and reads that on the front page."""
    browser = site.browser()
    asked_of(site, browser, name)
    page = refuse(browser, start=start_of(name))
    what = f"a user refuses at {label(site, name)}"
    look = "authorized: Twitter's word for a refusal is denied, and OAuth 2's is error=access_denied."
    nobody_is_in(browser, what=what, look=look)
    reads(site, page, DENIED, what=what, look=look)


def still_signed_in(browser: Browser) -> bool:
    """Whether the page that only users see is shown."""
    page = browser.open("/welcome")
    return page.path == "/welcome" and page.status == 200


def log_out(browser: Browser) -> None:
    """Clicks on the front page's button, where there is one."""
    form = form_to(browser.open("/"), "/logout")
    if form is not None:
        browser.submit(form)


def why_remembered(browser: Browser, otherwise: str) -> str:
    """Where to look after a log-out that logged nobody out."""
    return f"logout in app/auth.py: {CLEAR_FIRST}" if browser.cookie(REMEMBERED) else otherwise


def a_log_out_ends_logins(site: Site, name: str, *, said_elsewhere: bool = False) -> None:
    """A login that was under way when somebody logged out signs nobody in. That the button logs out at all may be
    another exercise's: `said_elsewhere`."""
    browser = site.browser()
    tried(site, browser, "twitter" if name != "twitter" else "github")
    callback = callback_for(site, browser, name, "bo")
    log_out(browser)
    if still_signed_in(browser):
        if said_elsewhere:
            return
        raise Missed(
            should="a click on Log out logs out.",
            did=f"/welcome says: {shortened(browser.open('/welcome').words)}",
            look=why_remembered(browser, "logout in app/auth.py: session.clear() and logout_user()."),
        )
    browser.open(callback)
    nobody_is_in(
        browser,
        what=f"a login with {label(site, name)} is under way in one tab, Ada logs out in another, and then the "
        "callback comes",
        look="logout in app/auth.py: session.clear() forgets what is under way, too.",
    )


def strangers_see_nothing(site: Site, paths: Iterable[str]) -> None:
    """These pages are for users. Anybody else logs in first, and ends there."""
    for path in paths:
        browser = site.browser()
        page = browser.open(path)
        if page.path == path or page.status >= 400:
            raise Missed(
                should=f"{path} is for users who are logged in. The app sends anybody else to the front page.",
                did=f"a stranger's browser ended at {page.path} with the status {page.status}: {shortened(page.words)}",
                look=f"the view of {path}: @login_required comes below @bp.route. Above it, it protects nothing, as "
                "@bp.route has registered the view without it.",
            )
        login = next((link for link in page.links() if urlsplit(link).path == "/login/facebook"), None)
        ended = sign_in(browser, start=login) if login else page
        if ended.path != path or ended.status != 200:
            raise Missed(
                should=f"a stranger opens {path}, is sent to the front page, clicks on Sign in with Facebook there, "
                f"and ends on {path}.",
                did=f"the front page was {page.path}{'?' if page.query else ''}{page.query}, its link led to "
                f"{login or 'nowhere'}, and the login ended at {ended.path}.",
                look="templates/index.html: url_for('auth.login', name=name, next=request.args.get('next')) carries "
                "on what Flask-Login has put into the query string.",
            )


def only_ones_own_account_goes(site: Site) -> None:
    """Delete my account deletes the account of the user who is logged in, whatever else the request says."""
    path = f"{ACCOUNT}/delete"
    for number in range(3):
        ada, eve = site.browser(), site.browser()
        tried(site, ada, "twitter")
        tried(site, eve, "twitter", "eve")
        form = form_to(eve.open(ACCOUNT), path)
        subject = person("ada").subject("twitter")
        hers = site.database.rows(
            "SELECT id, user_id FROM identities WHERE subject = :subject", subject=subject
        )
        users = {row["user_id"] for row in site.database.rows("SELECT user_id FROM identities")}
        if form is None or not hers or len(users) < 2:
            return  # where the two are one user, another exercise says so
        with_numbers(eve, form, hers[0]["user_id"])[number]()
        if not site.database.rows("SELECT id FROM users WHERE id = :id", id=hers[0]["user_id"]):
            how = ("in further fields", "in the query string", "as JSON")[number]
            raise Missed(
                should=f"a POST to {path} deletes the account of the user who is logged in, and no other.",
                did=f"Eve sent one with the number of Ada's account {how}, and Ada's account was deleted.",
                look="delete: current_user.id says which user it is. Anybody can write any number into a request.",
            )
        if eve.cookie(REMEMBERED) and len(site.database.rows("SELECT id FROM users")) == 1:
            raise Missed(
                should="after a click on Delete my account the browser keeps nothing that names the user.",
                did=f"the cookie {REMEMBERED} was still there.",
                look=f"delete: {CLEAR_FIRST}",
            )


def a_stranger_deletes_nothing(site: Site) -> None:
    """A POST that no user sends."""
    path = f"{ACCOUNT}/delete"
    tried(site, site.browser(), "twitter")
    browser = site.browser()
    front = browser.open("/")
    page = browser.submit(Form("POST", front.url.rstrip("/") + path, (), ()))
    if page.status >= 500 or not site.database.rows("SELECT id FROM users"):
        raise Missed(
            should=f"a POST to {path} from a browser in which nobody is logged in deletes nothing, and is no error.",
            did=f"it was answered with {page.status}.",
            look="delete: @login_required comes below @bp.route.",
        )
