"""Step 08: the account page. Whose an identity is after every cell of the table, after every form, in every tab."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from workbook.exercises.account_page import (
    REFUSED,
    Row,
    account,
    add_identity,
    at_provider_next,
    beside,
    button,
    came_in,
    identities,
    is_signed_in,
    linked,
    owner_of,
    users,
    ways_in,
    whose,
    why_no_link,
    without_a_token,
)
from workbook.exercises.answers import check_answer
from workbook.exercises.any_provider import DENIED, asked_of, tried
from workbook.exercises.kept import HEAD_TOO, looked_at, naming, since_one_route, why_remembered
from workbook.exercises.markup import ESCAPE, MARKUP, taken_as_markup
from workbook.exercises.missed import Missed
from workbook.exercises.twitter_login import shortened
from workbook.flow.drawn import PROVIDER_LABELS as LABELS
from workbook.lab.browser import Browser, Form, NoAnswer, Page
from workbook.lab.databases import Database
from workbook.lab.races import submitted_at_once
from workbook.lab.site import Site
from workbook.lab.visits import (
    ACCOUNT,
    NotAsked,
    form_to,
    log_out_at,
    refuse_link,
    unused_callback,
    unused_callback_from,
)
from workbook.providers.people import Person, person

exercise = pytest.mark.exercise
SITE = Callable[..., Site]

ADA, BO, CHEN = person("ada"), person("bo"), person("chen")
OAUTH2 = pytest.mark.parametrize("provider", ["facebook", "google", "github"])


# 8.1 A CSRF token in every form

LOG_OUT = Form("POST", "/logout", (), ())
TOKEN_LOOK = (
    "app/__init__.py: csrf.init_app(app). And each form needs the hidden field csrf_token, with the value "
    "{{ csrf_token() }}."
)


def why_no_token(form: Form, template: str) -> str:
    """Where to look in a template after the app rejected a form of it."""
    value = dict(form.fields).get("csrf_token", "")
    if value.startswith("<function"):
        return f"{template}: csrf_token is a function, and a call of it makes the token, as in {{{{ csrf_token() }}}}."
    return f"{template}: the field csrf_token must be between <form …> and </form>."


def log_out_button(browser: Browser) -> Form:
    """The form on the front page that logs out."""
    form = form_to(browser.open("/"), LOG_OUT.action)
    if form is None or form.method != "POST":
        raise Missed(
            should="for a logged-in user, the front page has a button that sends a POST to /logout.",
            did="there is no such form.",
            look="templates/index.html.",
        )
    return form


def why_without_a_token(site: Site) -> str:
    """Where to look after a logout without a token: this view if another view needs a token, otherwise the app."""
    browser = site.browser()
    came_in(site, browser, "twitter")
    without_a_token(browser, f"{ACCOUNT}/delete")
    if users(site):
        return "logout in app/auth.py: another view needs a token, and logout does not. Is logout exempt from csrf?"
    browser = site.browser()
    came_in(site, browser, "twitter")
    log_out_button(browser)  # shows a form, and so has a token in its session
    without_a_token(browser, LOG_OUT.action)
    if is_signed_in(browser, ADA.name):
        return (
            "your app compares the token of the form with the token of the session. A session in which "
            "no form was shown has no token, and None == None. Flask-WTF rejects a request without a token. So write "
            "csrf = CSRFProtect() in app/forms.py."
        )
    return "app/__init__.py: csrf.init_app(app)."


@exercise("8.1")
def test_nothing_changes_without_a_token(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    without_a_token(browser, LOG_OUT.action)
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should="a POST to /logout that does not come from a page of your app logs no user out.",
            did="Ada's browser sent a POST without a token, and your app logged her out.",
            look=why_without_a_token(site),
        )
    without_a_token(browser, f"{ACCOUNT}/delete")
    if not users(site):
        raise Missed(
            should=f"a POST to {ACCOUNT}/delete that does not come from a page of your app deletes nothing.",
            did="Ada's browser sent a POST without a token, and your app deleted her account.",
            look=TOKEN_LOOK,
        )


@exercise("8.1")
def test_a_token_of_somebody_else_is_none(site: Site) -> None:
    ada, eve = site.browser(), site.browser()
    came_in(site, ada, "twitter")
    came_in(site, eve, "twitter", "eve")
    hers = button(eve, f"{ACCOUNT}/delete", "Eve can delete her account.", "templates/account.html.")
    ada.open("/")
    without_a_token(ada, f"{ACCOUNT}/delete", **dict(hers.fields))
    if len(users(site)) != 2:
        raise Missed(
            should="the token of a form works in one session only. Eve has a token from her own account page.",
            did="Ada's browser sent a form with Eve's token, and your app deleted Ada's account.",
            look=TOKEN_LOOK,
        )


@exercise("8.1")
def test_the_buttons_that_were_there_still_work(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    form = log_out_button(browser)
    page = browser.submit(form)
    if page.status >= 400 or is_signed_in(browser, ADA.name):
        raise Missed(
            should="a click on Log out logs the user out.",
            did=f"the click ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look=why_remembered(browser, why_no_token(form, "templates/index.html")),
        )
    came_in(site, browser, "twitter")
    should = "a click on Delete my account deletes the account."
    form = button(browser, f"{ACCOUNT}/delete", should, "templates/account.html.")
    page = browser.submit(form)
    if page.status >= 400 or users(site):
        raise Missed(
            should=should,
            did=f"the click ended at {page.path} with status {page.status}: {shortened(page.words)}",
            look=why_no_token(form, "templates/account.html"),
        )


# 8.2 A login never links

LOGIN_LOOK = "sign_in in app/auth.py: find_or_create(name, profile), without a user."


@exercise("8.2")
@pytest.mark.parametrize(("provider", "known"), [("facebook", False), ("google", False), ("facebook", True)])
def test_a_login_is_a_login_whoever_was_logged_in(site: Site, provider: str, known: bool) -> None:
    if known:
        came_in(site, site.browser(), provider, "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    ada = owner_of(site, "twitter", ADA)
    came_in(site, browser, provider, "bo")
    did, look = "", LOGIN_LOOK
    if owner_of(site, provider, BO) == ada:
        did = f"Bo's identity at {LABELS[provider]} belongs to Ada's account now."
    elif len(users(site)) != 2:
        did = f"two people have logged in, and the number of users is {len(users(site))}."
    elif not is_signed_in(browser, BO.name):
        did = f"the front page says: {shortened(browser.open('/').words)}"
        look = (
            "sign_in in app/auth.py: login_user(user) with the user that find_or_create gives, in every case."
        )
    if did:
        raise Missed(
            should=f"Ada is logged in, and in her browser Bo logs in with {LABELS[provider]}. Then Bo is logged in, in "
            "his own account, and Ada's account is as it was.",
            did=did,
            look=look,
        )


@exercise("8.2")
def test_nothing_of_whoever_was_there_stays(site: Site) -> None:
    came_in(site, site.browser(), "facebook", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    should = "Ada can delete her account."
    old = button(browser, f"{ACCOUNT}/delete", should, "templates/account.html.")
    came_in(site, browser, "facebook", "bo")
    browser.open("/")
    browser.submit(old)
    if owner_of(site, "facebook", BO) is None:
        raise Missed(
            should="when Bo has logged in, the forms in a tab that still shows Ada's page do not work.",
            did="a click on Delete my account in that tab deleted Bo's account.",
            look="sign_in: session.clear() if another user was logged in. Then the old token does not fit.",
        )


@exercise("8.2")
@pytest.mark.parametrize("provider", ["twitter", "github"])
def test_a_login_of_whoever_was_there_is_over(site: Site, provider: str) -> None:
    """Ada is logged in, and one more login of hers is under way. Then Bo logs in, in the same browser."""
    browser = site.browser()
    came_in(site, browser, "google")
    callback = unused_callback(browser, "ada", start=f"/login/{provider}")
    came_in(site, browser, "facebook", "bo")
    browser.open(callback)
    if not is_signed_in(browser, BO.name):
        raise Missed(
            should=f"Ada is logged in, and a login of hers with {LABELS[provider]} is under way. Bo logs in, in the "
            "same browser. Nothing of Ada's stays in the session, so that login is over, and Bo stays logged in.",
            did=f"the callback of that login came, and the front page says: {shortened(browser.open('/').words)}",
            look="sign_in: session.clear() if another user was logged in. Flask-OAuthlib keeps a request token in "
            "the session, too.",
        )


@exercise("8.2")
@pytest.mark.parametrize("known", [False, True], ids=["nobody-was-there", "the-same-user"])
def test_a_login_in_another_tab_still_ends(site: Site, known: bool) -> None:
    browser = site.browser()
    if known:
        came_in(site, browser, "twitter")
    callback = unused_callback(browser, "bo", start="/login/facebook")
    came_in(site, browser, "twitter")
    browser.open(callback)
    if not is_signed_in(browser, BO.name):
        raise Missed(
            should=f"{'Ada is' if known else 'no user is'} logged in, and a login with Facebook is under way in one "
            "tab. In another tab Ada logs in with Twitter. The login in the first tab still logs Bo in.",
            did=f"the callback of that login came, and the front page says: {shortened(browser.open('/').words)}",
            look="sign_in: session.clear() only if the session was another user's. Keep the session if no user, or the "
            "same user, was logged in.",
        )


# How a user can vanish while a browser still has the user's session.
VANISHES = ["deleted", "merged"]


def vanishes(site: Site, provider: str, who: Person, how: str) -> None:
    """A user's account is deleted elsewhere, or merged into another account, which gets its identities."""
    id = owner_of(site, provider, who)
    if how == "merged":
        came_in(site, site.browser(), "facebook", "dara")
        dara = owner_of(site, "facebook", person("dara"))
        site.database.change("UPDATE identities SET user_id = :dara WHERE user_id = :id", dara=dara, id=id)
    site.database.change("DELETE FROM identities WHERE user_id = :id", id=id)
    site.database.change("DELETE FROM users WHERE id = :id", id=id)


@exercise("8.2")
@pytest.mark.parametrize("how", VANISHES)
def test_nothing_of_a_user_who_is_gone_stays(site: Site, how: str) -> None:
    came_in(site, site.browser(), "google", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    old = button(browser, f"{ACCOUNT}/delete", "Ada can delete her account.", "templates/account.html.")
    vanishes(site, "twitter", ADA, how)
    came_in(site, browser, "google", "bo")
    browser.open("/")
    browser.submit(old)
    if owner_of(site, "google", BO) is None:
        raise Missed(
            should=f"a tab still shows Ada's account page. Ada's account is {how} in another browser, and Bo logs in "
            "here. Then Ada's forms in that tab do not work.",
            did="a click on Delete my account in that tab deleted Bo's account.",
            look="sign_in: if the user of the session is gone, current_user does not say whose the session was. "
            'Flask-Login keeps the ID in session["_user_id"]. Is this a different ID, or is there none?',
        )


@exercise("8.2")
def test_next_is_still_where_a_login_ends(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    wanted = f"/?page={secrets.token_hex(4)}"
    page = browser.open(unused_callback(browser, "bo", start=f"/login/facebook?next={wanted}"))
    if f"{page.path}?{page.query}" != wanted or not is_signed_in(browser, BO.name):
        raise Missed(
            should=f"a login that begins with next={wanted} ends there, also if another user was logged in.",
            did=f"the login ended at {page.path}{'?' if page.query else ''}{page.query}: {shortened(page.words)}",
            look="sign_in: take next out of the session before you clear it.",
        )


@exercise("8.2")
def test_a_message_for_whoever_was_there_is_not_for_the_next_one(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    state = asked_of(site, browser, "facebook").get("state", "")
    # The browser does not follow the redirect, as in a tab that was closed: the app has not shown the message yet.
    browser.open(f"/auth/facebook/callback?error=access_denied&state={state}", follow=False)
    page = tried(site, browser, "google", "bo")
    if DENIED in page.words:
        raise Missed(
            should="nothing of Ada's stays in the session when Bo logs in, in the same browser, not even a message.",
            did=f"Ada had denied a login with Facebook, and had not read the message yet. Bo read: {DENIED}",
            look="sign_in: session.clear() removes everything. Flask keeps messages that were not shown yet under "
            "_flashes, so a key that begins with _ has to go, too.",
        )


# 8.3 Link one more identity

LINK_LOOK = "linked in app/auth.py: find_or_create(name, profile, …) with the user who is logged in."


def why_not_linked(browser: Browser, page: Page, provider: str, look: str) -> str:
    """Where to look if a link of Bo's account came back to that page, and its user has no new identity. `look` says
    where to look if the app does not know that a callback from Twitter is that of a link."""
    if provider != "twitter" and is_signed_in(browser, BO.name):
        return (
            "begin_link in app/account.py: send_to(name, current_user.id). Without the ID of the user, send_to "
            "begins a login, and Bo is logged in now."
        )
    if "not logged in here any more" in page.words:
        return (
            "linked in app/auth.py: user_id is a number, and current_user.get_id() gives a string. Compare two "
            "strings, with str(user_id)."
        )
    return look


def check_linked(
    site: Site, browser: Browser, page: Page, provider: str, owner: int, since: int, look: str = LINK_LOOK
) -> None:
    """Missed unless that user has Bo's identity at a provider now, and everything else is as it was."""
    label = LABELS[provider]
    mine = owner_of(site, provider, BO)
    if mine != owner or len(users(site)) != 1:
        raise Missed(
            should=f"a user clicks on Link {label}, and allows access there. Then the identity belongs to this user.",
            did=f"user {owner} clicked. The identities are {ways_in(identities(site))}. The number of users is "
            f"{len(users(site))}. The page says: {shortened(page.words)}",
            look=why_not_linked(browser, page, provider, look),
            **beside(site, provider, since),
        )
    if page.path != ACCOUNT or label not in page.words:
        raise Missed(
            should=f"after a link the user is on {ACCOUNT}, and sees the new identity there.",
            did=f"the browser ended at {page.path}, which says: {shortened(page.words)}",
            look=f"linked in app/auth.py: {'redirect(url_for(' + chr(34) + 'account.page' + chr(34) + '))'}.",
            **beside(site, provider, since),
        )
    if page.words == browser.open(ACCOUNT).words:
        raise Missed(
            should=f"after a link {ACCOUNT} shows a message once. It says that the user can now log in with {label}, "
            "too.",
            did=f"{ACCOUNT} shows no message. It shows the same after a reload: {shortened(page.words)}",
            look="linked in app/auth.py: LINKED.format(label) is the message.",
        )


@exercise("8.3")
@OAUTH2
def test_what_is_linked_is_a_way_in(site: Site, provider: str) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    since = len(site.messages())
    page = linked(site, browser, provider, "bo")
    check_linked(site, browser, page, provider, users(site)[0]["id"], since)
    another = site.browser()
    came_in(site, another, provider, "bo")
    if not is_signed_in(another, ADA.name):
        raise Missed(
            should=f"Ada has linked an account at {LABELS[provider]}. In another browser she can log in with it.",
            did=f"Ada is not logged in there. The front page says: {shortened(another.open('/').words)}",
            look=LINK_LOOK,
        )


@exercise("8.3")
def test_what_the_provider_says_of_the_address_is_kept(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    linked(site, browser, "google", "bo")
    row = next((row for row in identities(site) if row["provider"] == "google"), None)
    if row is None or row["email"] != BO.google.email or not row["email_verified"]:
        raise Missed(
            should=f"the new row of identities has what Google sent: {BO.google.email}, verified.",
            did=f"the row is {row}.",
            look=LINK_LOOK,
        )
    user = users(site)[0]
    if (user["name"], user["email"]) != (ADA.name, ADA.twitter.email):
        raise Missed(
            should="a link does not change the user's name and email address.",
            did=f"now the user's name is {user['name']}, and the email address is {user['email']}.",
            look=LINK_LOOK,
        )
    linked(site, browser, "github", "ada")
    verified = users(site)[0]["verified_email"]
    if verified != ADA.twitter.email:
        raise Missed(
            should=f"Ada logged in with Twitter, and her own email address is {ADA.twitter.email}. She links GitHub, "
            "which has verified this email address. From then on users.verified_email holds it.",
            did=f"users.verified_email is {verified!r}.",
            look="linked in app/auth.py: find_or_create(name, profile, user) also calls keep_verified. If your code "
            "makes the row, it has to call keep_verified, too.",
        )


@exercise("8.3")
@pytest.mark.parametrize("provider", ["twitter", "google"])
def test_a_link_begins_by_a_form_of_ones_own_page(site: Site, provider: str) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    path = f"{ACCOUNT}/link/{provider}"
    for method, look_at in looked_at(browser, path, follow=False):
        if at_provider_next(site, look_at()):
            raise Missed(
                should=f"only a POST begins a link. Any page can make a browser send a GET of {path}.",
                did=f"a {method} sent the browser to {LABELS[provider]}.",
                look='begin_link: @bp.route("/link/<name>", methods=["POST"]). ' + HEAD_TOO,
            )
    page = without_a_token(browser, path)
    if at_provider_next(site, page):
        raise Missed(
            should=f"a POST to {path} without a token begins nothing.",
            did=f"it sent the browser to {LABELS[provider]}.",
            look="begin_link must not be exempt from csrf, and csrf.init_app(app) must be there.",
        )
    button(
        browser,
        path,
        f"{ACCOUNT} has a button that links {LABELS[provider]}.",
        f"templates/account.html: for each provider a form with method=post and action={path}.",
    )


@exercise("8.3")
def test_only_who_is_logged_in_can_begin_a_link(site: Site) -> None:
    """Ada's account is deleted in another browser, and her page is still open in this one."""
    here, there = site.browser(), site.browser()
    came_in(site, here, "twitter")
    came_in(site, there, "twitter")
    path = f"{ACCOUNT}/link/facebook"
    form = button(here, path, f"{ACCOUNT} has a button that links Facebook.", "templates/account.html.")
    delete = button(there, f"{ACCOUNT}/delete", "Ada can delete her account.", "templates/account.html.")
    there.submit(delete)
    page = here.submit(form, follow=False)
    if page.status >= 500 or at_provider_next(site, page):
        did = "sent the browser to Facebook" if page.status < 500 else f"responded with status {page.status}"
        raise Missed(
            should="if no user is logged in, no link begins, also from a page that was open before.",
            did=f"Ada deleted her account in another browser, and clicked on Link Facebook here. Your app {did}.",
            look="begin_link: @login_required, below @bp.route.",
        )


@exercise("8.3")
def test_who_says_no_has_linked_nothing(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    before = whose(identities(site))
    button(browser, f"{ACCOUNT}/link/facebook", "Ada can link Facebook.", "templates/account.html.")
    page = refuse_link(browser, "facebook", "bo")
    if whose(identities(site)) != before or page.status >= 400 or not is_signed_in(browser, ADA.name):
        raise Missed(
            should="a user who denies access at the provider links nothing, and stays logged in.",
            did=f"the link ended at {page.path} with status {page.status}. The identities are "
            f"{ways_in(identities(site))}.",
            look="authorized in app/auth.py: does your app look for the denial first?",
        )


# 8.4 Twitter has no state

TWITTER_LOOK = (
    "send_to in app/auth.py: after remote.authorize(…), call begin(name, user_id, token) with the request token from "
    "the session. In authorized, call finish(name, token), also with the token from the session."
)


@exercise("8.4")
def test_twitter_is_linked(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "facebook", "chen")
    owner = users(site)[0]["id"]
    since = len(site.messages())
    page = linked(site, browser, "twitter", "bo", "OAuth 1.0a has no state.")
    check_linked(site, browser, page, "twitter", owner, since, TWITTER_LOOK)


@exercise("8.4")
def test_a_login_with_twitter_is_no_link(site: Site) -> None:
    """A user begins a link with Twitter, and gives up. Then a login begins, in the same browser."""
    browser = site.browser()
    came_in(site, browser, "facebook", "chen")
    owner = users(site)[0]["id"]
    form = button(browser, f"{ACCOUNT}/link/twitter", "Twitter can be linked.", "templates/account.html.")
    browser.submit(form)
    came_in(site, browser, "twitter", "bo")
    if owner_of(site, "twitter", BO) == owner:
        raise Missed(
            should="the user begins a link with Twitter, and gives up. A login after that is a login, and no link.",
            did="your app linked Bo's identity to the account of Chén Jìng, who had begun a link before.",
            look=TWITTER_LOOK,
        )


@exercise("8.4")
def test_twitters_answer_to_a_link_logs_nobody_in(site: Site) -> None:
    """The request token in the URL is not the one that the app has got from Twitter."""
    browser = site.browser()
    came_in(site, browser, "facebook", "chen")
    callback = callback_of_link(site, browser, "twitter", "bo")
    token = callback.partition("oauth_token=")[2].partition("&")[0]
    browser.open(callback.replace(token, secrets.token_urlsafe(20)))
    if len(users(site)) != 1 or not is_signed_in(browser, CHEN.name):
        raise Missed(
            should="the callback of a link logs no user in, whatever oauth_token is in its URL.",
            did="the check changed the URL, and your app treated the callback as a login. The front page says: "
            f"{shortened(browser.open('/').words)}",
            look="authorized: Flask-OAuthlib exchanges the request token of the session, and does not read the one in "
            "the URL. So use the token of the session, too.",
        )


@exercise("8.4")
def test_no_request_token_is_no_crash(site: Site) -> None:
    """She has logged out in another tab before she allows access."""
    browser = site.browser()
    came_in(site, browser, "facebook", "chen")
    callback = callback_of_link(site, browser, "twitter", "bo")
    browser.submit(log_out_button(browser))
    page = browser.open(callback)
    if page.status >= 500:
        raise Missed(
            should="a callback from Twitter may come to a session without a request token. Then your "
            "app responds without an error.",
            did="Chén Jìng logged out in another tab, and then allowed access at Twitter. The status was "
            f"{page.status}.",
            look='authorized in app/auth.py: session.get(f"{name}_oauthtok", ("", "")).',
        )


# 8.5 A link is its user's

USER_LOOK = (
    "linked in app/auth.py: compare user_id with current_user.get_id(), a string, before your app links "
    "anything."
)


def callback_of_link(site: Site, browser: Browser, provider: str, who: str) -> str:
    """Begins a link, and allows access at the provider. Gives the URL of the callback, which no browser has opened
    yet."""
    path = f"{ACCOUNT}/link/{provider}"
    label = LABELS[provider]
    should = f"{ACCOUNT} has a button that links {label}, for the user who clicks on it."
    form = button(browser, path, should, "templates/account.html.")
    try:
        return unused_callback_from(browser, browser.submit(form, follow=False), who)
    except NotAsked as error:
        raise Missed(
            should=f"a click on Link {label} leads to {label}.",
            did=f"the click led to {error.page.path} with status {error.page.status}.",
            look=why_no_link(error.page),
        ) from None


def check_nothing_came_of_it(
    site: Site, browser: Browser, before: list[Row], what: str, callback: str, otherwise: str = USER_LOOK
) -> None:
    """Opens the callback of a link whose user has gone; Missed if that links something, or logs a user in.
    `otherwise` says where to look, unless the message on the front page is what is missing."""
    shown = browser.open("/").words
    page = browser.open(callback)
    front = browser.open("/").words
    did, look = "", otherwise
    if whose(identities(site)) != whose(before):
        did = f"the identities were {ways_in(before)}. Now they are {ways_in(identities(site))}."
    elif "signed in as" in front and "signed in as" not in shown:
        did = f"then a user was logged in: {shortened(front)}"
    elif page.status >= 500:
        did = f"{page.path} responded with status {page.status}."
    elif page.path != "/" or page.words in (front, site.browser().open(ACCOUNT).words):
        did = f"the callback ended at {page.path}, without a message about the link: {shortened(page.words)}"
        look = "linked in app/auth.py: return sorry(…), which shows a message on the front page."
    if did:
        raise Missed(
            should=f"a link is only for the user who began it. {what} Then the callback links nothing, logs no user "
            "in, and leads to the front page, which shows a message.",
            did=did,
            look=look,
        )


@exercise("8.5")
def test_a_link_ends_with_the_session(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    callback = callback_of_link(site, browser, "github", "bo")
    browser.submit(log_out_button(browser))
    what = "Ada began a link, and logged out in another tab."
    check_nothing_came_of_it(site, browser, identities(site), what, callback)


@exercise("8.5")
def test_a_link_ends_with_the_account(site: Site) -> None:
    here, there = site.browser(), site.browser()
    came_in(site, here, "twitter")
    came_in(site, there, "twitter")
    callback = callback_of_link(site, here, "facebook", "bo")
    there.submit(button(there, f"{ACCOUNT}/delete", "Ada can delete her account.", "templates/account.html."))
    what = "Ada began a link, and deleted her account in another browser."
    check_nothing_came_of_it(site, here, identities(site), what, callback)


@exercise("8.5")
@pytest.mark.parametrize("leaves", [True, False], ids=["logged-out", "still-there"])
def test_a_link_is_not_for_the_next_one(site: Site, leaves: bool) -> None:
    browser = site.browser()
    came_in(site, site.browser(), "google", "chen")
    came_in(site, browser, "twitter")
    callback = callback_of_link(site, browser, "facebook", "bo")
    if leaves:
        browser.submit(log_out_button(browser))
    came_in(site, browser, "google", "chen")
    what = "Ada began a link, and Chén Jìng logged in, in the same browser."
    check_nothing_came_of_it(site, browser, identities(site), what, callback)


@exercise("8.5")
@pytest.mark.parametrize("how", VANISHES)
def test_a_link_of_a_user_who_is_gone_is_nobodys(site: Site, how: str) -> None:
    browser = site.browser()
    came_in(site, site.browser(), "google", "chen")
    came_in(site, browser, "twitter")
    callback = callback_of_link(site, browser, "github", "bo")
    vanishes(site, "twitter", ADA, how)
    came_in(site, browser, "google", "chen")
    what = f"Ada began a link, her account was {how} in another browser, and Chén Jìng logged in here."
    check_nothing_came_of_it(site, browser, identities(site), what, callback)


@exercise("8.5")
@pytest.mark.parametrize("first", ["login", "link"])
def test_each_state_says_what_began(site: Site, first: str) -> None:
    """A login and a link are under way at the same time, in two tabs of one browser."""
    browser = site.browser()
    came_in(site, browser, "twitter")
    ada = users(site)[0]["id"]
    if first == "login":
        callback = unused_callback(browser, "bo", start="/login/facebook")
        callback_of_link(site, browser, "facebook", "bo")
    else:
        callback = callback_of_link(site, browser, "facebook", "bo")
        unused_callback(browser, "bo", start="/login/facebook")
    page = browser.open(callback)
    if (owner_of(site, "facebook", BO) == ada) != (first == "link"):
        raise Missed(
            should="in one tab a login is under way, and in another tab a link. The state of a callback says "
            "whether a login ends or a link.",
            did=f"the {first} began first, and its callback came first. Your app did not treat that callback as a "
            f"{first}: {shortened(page.words)}",
            look="session['logins'] has for each state what began. One value for the whole session is not enough.",
        )


@exercise("8.5")
def test_a_callback_is_good_in_one_browser(site: Site) -> None:
    """Eve begins a link, allows access at Facebook, and sends Ada the URL of the callback."""
    eve, ada = site.browser(), site.browser()
    came_in(site, eve, "twitter", "eve")
    came_in(site, ada, "twitter")
    callback = callback_of_link(site, eve, "facebook", "eve")
    what = "Eve began a link, and sent Ada the URL of her callback."
    check_nothing_came_of_it(site, ada, identities(site), what, callback)


@exercise("8.5")
def test_a_link_with_twitter_ends_with_the_account(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "facebook", "chen")
    chen = owner_of(site, "facebook", CHEN)
    browser.open(callback_of_link(site, browser, "twitter", "eve"))
    if owner_of(site, "twitter", person("eve")) != chen:
        return  # 8.4 says so
    log_out_at(site, browser, "twitter")
    callback = callback_of_link(site, browser, "twitter", "bo")
    vanishes(site, "facebook", CHEN, "deleted")
    what = "Chén Jìng began a link with Twitter, and the account was deleted in another browser."
    look = (
        "authorized in app/auth.py: the request token says that the callback is that of a link, also if no user is "
        "logged in. Then linked compares user_id with current_user.get_id()."
    )
    check_nothing_came_of_it(site, browser, identities(site), what, callback, look)


# 8.6 The identity is known

KNOWN_LOOK = "linked in app/auth.py: find_or_create returns the user who has the identity."


@exercise("8.6")
def test_what_is_new_was_no_way_in_before(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    page = linked(site, browser, "google", "bo", "No user has this identity yet.")
    if "already" in page.words.lower():
        raise Missed(
            should="Ada links an identity at Google that no user has. The page does not say that she has it already.",
            did=f"{page.path} says: {shortened(page.words)}",
            look="linked: look at current_user.identities before find_or_create. Afterwards the identity is among "
            "them in any case.",
        )


@exercise("8.6")
@pytest.mark.parametrize("provider", ["facebook", "google"])
def test_what_is_ones_own_already_stays(site: Site, provider: str) -> None:
    browser = site.browser()
    came_in(site, browser, provider, "ada")
    before = identities(site)
    why = "Ada links an identity that she has already."
    page = linked(site, browser, provider, "ada", why)
    if whose(identities(site)) != whose(before) or len(users(site)) != 1:
        raise Missed(
            should="a user who links an identity again has the same identities as before.",
            did=f"the identities were {ways_in(before)}. Now they are {ways_in(identities(site))}.",
            look=KNOWN_LOOK,
        )
    if page.path != ACCOUNT or "already" not in page.words.lower():
        raise Missed(
            should=f"a user links an identity again. Then {ACCOUNT} shows a message that contains 'already'.",
            did=f"'already' is not at {page.path}, which says: {shortened(page.words)}",
            look="linked: look for the identity among current_user.identities, before find_or_create.",
        )


@exercise("8.6")
@pytest.mark.parametrize("provider", ["facebook", "google"])
def test_what_is_somebody_elses_stays_theirs(site: Site, provider: str) -> None:
    came_in(site, site.browser(), provider, "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    before, people, since = identities(site), users(site), len(site.messages())
    page = linked(site, browser, provider, "bo", "Another user has this identity.")
    should = f"Ada links an identity at {LABELS[provider]} that Bo has already. Nothing moves."
    if whose(identities(site)) != whose(before) or users(site) != people:
        raise Missed(
            should=should,
            did=f"the identities were {ways_in(before)}. Now they are {ways_in(identities(site))}.",
            look="linked in app/auth.py: an identity that has a user keeps this user.",
            **beside(site, provider, since, REFUSED),
        )
    if page.path != ACCOUNT or "another account" not in page.words.lower():
        raise Missed(
            should=f"{should} {ACCOUNT} shows a message with the words 'another account'.",
            did=f"the link ended at {page.path}, which says: {shortened(page.words)}",
            look=f'{KNOWN_LOOK} And sorry(…, "account.page") shows the message on {ACCOUNT}.',
            **beside(site, provider, since, REFUSED),
        )
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should=f"{should} And Ada stays logged in.",
            did=f"the front page says: {shortened(browser.open('/').words)}",
            look="linked logs no user in, because a link is not a login.",
        )


@exercise("8.6")
def test_a_second_account_at_one_provider(site: Site) -> None:
    """Ada has an identity at Facebook. Bo and Chén Jìng have different accounts there."""
    came_in(site, site.browser(), "facebook", "chen")
    browser = site.browser()
    came_in(site, browser, "facebook")
    ada = owner_of(site, "facebook", ADA)
    look = (
        "linked: an identity is a pair of provider and subject. The provider alone does not say which identity "
        "the user links."
    )
    log_out_at(site, browser, "facebook")
    page = linked(site, browser, "facebook", "bo", "Ada has a different identity there.")
    if owner_of(site, "facebook", BO) != ada or "already" in page.words.lower():
        raise Missed(
            should="Ada can log in with an account at Facebook, and links a second account there, which no user has. "
            "She gets one more identity, and the page does not say that she has it already.",
            did=f"the identities are {ways_in(identities(site))}, and {page.path} says: {shortened(page.words)}",
            look=look,
        )
    log_out_at(site, browser, "facebook")
    page = linked(site, browser, "facebook", "chen", "This identity is Chén Jìng's.")
    if "another account" not in page.words.lower():
        raise Missed(
            should="Ada can log in with an account at Facebook, and links a second account there, which is Chén Jìng's "
            "identity. The page shows a message with the words 'another account'.",
            did=f"the words 'another account' are not at {page.path}, which says: {shortened(page.words)}",
            look=look,
        )
    for who, words in (("ada", "first"), ("bo", "second")):
        log_out_at(site, browser, "facebook")
        page = linked(site, browser, "facebook", who, "Ada has this identity already.")
        if "already" not in page.words.lower():
            raise Missed(
                should=f"Ada has two accounts at Facebook, and links the {words} one again. The page shows a message "
                "that contains 'already'.",
                did=f"'already' is not at {page.path}, which says: {shortened(page.words)}",
                look=f"{look} And a user may have two identities at one provider, so look among all of them.",
            )


# 8.7 No user is logged in


@exercise("8.7")
@pytest.mark.parametrize("provider", ["twitter", "github"])
def test_who_is_known_is_the_same_user(site: Site, provider: str) -> None:
    came_in(site, site.browser(), provider, "chen")
    before = users(site)
    came_in(site, site.browser(), provider, "chen")
    if users(site) != before:
        raise Missed(
            should=f"a user who logs in with {LABELS[provider]} a second time is the same user.",
            did=f"the number of users was {len(before)}. Now it is {len(users(site))}.",
            look="user_of in app/people.py: first look for the identity.",
        )


@exercise("8.7")
def test_a_verified_address_leads_to_its_user(site: Site) -> None:
    came_in(site, site.browser(), "google")
    came_in(site, site.browser(), "github")
    if len(users(site)) != 1:
        raise Missed(
            should="Ada logs in with Google, and then with GitHub. Both providers have verified the same email "
            "address, so this is one user.",
            did=f"the number of users is {len(users(site))}.",
            look="user_of in app/people.py: user_by_address(profile), if no user is given.",
        )


@exercise("8.7")
@pytest.mark.parametrize(("first", "second"), [("twitter", "facebook"), ("google", "facebook")])
def test_an_address_that_nobody_vouches_for_leads_nowhere(site: Site, first: str, second: str) -> None:
    came_in(site, site.browser(), first)
    came_in(site, site.browser(), second)
    if len(users(site)) != 2:
        raise Missed(
            should=f"{LABELS[second]} does not say whether an email address is verified. So this login makes a new "
            "user.",
            did=f"the users are: {', '.join(str(row['name']) for row in users(site))}.",
            look="user_of in app/people.py, and verified_address: only True counts.",
        )


# 8.8 Remove an identity

UNLINK_SHOULD = f"each identity on {ACCOUNT} has a button that removes it."
UNLINK_LOOK = "templates/account.html: a form with method=post, to /account/unlink/ and the identity's ID."


def two_ways_in(site: Site, browser: Browser) -> tuple[Row, Row]:
    """Ada is logged in, and has two identities, at Twitter and at Facebook."""
    came_in(site, browser, "twitter")
    ada = owner_of(site, "twitter", ADA)
    assert ada is not None
    add_identity(site, ada, "facebook", ADA)
    first, second = (row for row in identities(site) if row["user_id"] == ada)
    return first, second


@exercise("8.8")
@pytest.mark.parametrize("number", [0, 1], ids=["the-first", "the-second"])
def test_a_way_in_is_removed(site: Site, number: int) -> None:
    browser = site.browser()
    rows = two_ways_in(site, browser)
    gone, stays = rows[number], rows[1 - number]
    page = browser.submit(button(browser, f"{ACCOUNT}/unlink/{gone['id']}", UNLINK_SHOULD, UNLINK_LOOK))
    left = identities(site)
    if whose(left) != whose([stays]) or page.status >= 400:
        raise Missed(
            should=f"a click on Remove at {gone['provider']} removes this identity, and no other.",
            did=f"the click ended with status {page.status}, and the identities are: {ways_in(left)}.",
            look="unlink: db.session.delete(identity), and db.session.commit().",
        )
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should="a user who removes an identity stays logged in.",
            did=f"the front page says: {shortened(browser.open('/').words)}",
            look="unlink logs no user out.",
        )
    came_in(site, site.browser(), gone["provider"])
    if len(users(site)) != 2:
        raise Missed(
            should="a removed identity does not lead to the account any more.",
            did=f"Ada logged in with {gone['provider']}, and the identities are: {ways_in(identities(site))}.",
            look="unlink: delete the row.",
        )


@exercise("8.8")
def test_an_address_is_shown_as_text(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    check_shown_as_text(
        site, browser, ADA, f"{ACCOUNT} names each identity that it can remove, and its email address."
    )


def check_shown_as_text(site: Site, browser: Browser, owner: Person, should: str) -> None:
    """Missed if the account page in a browser shows an email address of that user as markup."""
    user = owner_of(site, "twitter" if owner is ADA else "facebook", owner)
    assert user is not None
    add_identity(site, user, "github", owner, untold_email=f'"{MARKUP}"@example.org')
    if taken_as_markup(account(browser)):
        raise Missed(
            should=f"{should} The browser reads no part of an email address as HTML.",
            did=f'a provider sent the email address "{MARKUP}"@example.org, and the browser reads it as HTML on '
            f"{ACCOUNT}.",
            look=f"templates/account.html: {ESCAPE}",
        )


# One more than the largest ID in PostgreSQL's column of integers, and more than SQLite takes.
TOO_LARGE = (2**31, 10**30)


@exercise("8.8")
def test_only_ones_own_is_removed(site: Site) -> None:
    ada, eve = site.browser(), site.browser()
    first, _ = two_ways_in(site, ada)
    came_in(site, eve, "twitter", "eve")
    own = next(row for row in identities(site) if row["subject"] == person("eve").subject("twitter"))
    add_identity(site, own["user_id"], "facebook", person("eve"))
    form = button(eve, f"{ACCOUNT}/unlink/{own['id']}", UNLINK_SHOULD, UNLINK_LOOK)
    before = whose(identities(site))
    for id in (first["id"], 1_000_000, *TOO_LARGE):
        page = eve.submit(Form("POST", form.action.replace(f"/{own['id']}", f"/{id}"), form.fields, ()))
        if whose(identities(site)) != before:
            raise Missed(
                should="no user can remove another user's identity, whatever ID is in the URL.",
                did=f"Eve sent a POST to {ACCOUNT}/unlink/{id}, with her own token. Now the identities are: "
                f"{ways_in(identities(site))}.",
                look="unlink: does identity.user_id equal current_user.id? If not, abort(404).",
            )
        if page.status != 404:
            raise Missed(
                should="for the ID of another user's identity, and for an ID that no identity has, your app responds "
                "with 404. Another status would say which IDs exist.",
                did=f"for {ACCOUNT}/unlink/{id} Eve got status {page.status}.",
                look="unlink: look for the ID among current_user.identities. If it is not there, abort(404)."
                if id not in TOO_LARGE
                else "unlink: a database may reject so large an ID in a query. So look for the ID among "
                "current_user.identities, where Python compares.",
            )
        eve.open(ACCOUNT)


@exercise("8.8")
def test_the_id_is_in_the_path(site: Site) -> None:
    """Eve sends the path of an identity of her own, with the ID of Ada's in other places of the request."""
    ada, eve = site.browser(), site.browser()
    first, _ = two_ways_in(site, ada)
    came_in(site, eve, "twitter", "eve")
    user = owner_of(site, "twitter", person("eve"))
    assert user is not None
    for way in range(4):
        add_identity(site, user, "facebook", person("eve"))
        (own,) = (
            row["id"] for row in identities(site) if row["subject"] == person("eve").subject("facebook")
        )
        form = button(eve, f"{ACCOUNT}/unlink/{own}", UNLINK_SHOULD, UNLINK_LOOK)
        where, send = list(naming(eve, form, first["id"]).items())[way]
        send()
        if first["id"] not in [row["id"] for row in identities(site)]:
            raise Missed(
                should=f"a POST to {ACCOUNT}/unlink/{own} removes the identity with this ID, and no other.",
                did=f"Eve sent it with the ID of Ada's identity {where}, and your app removed Ada's identity.",
                look="unlink: use only the ID in the path. identity.user_id says whose identity it is.",
            )
        site.database.change("DELETE FROM identities WHERE id = :id", id=own)


@exercise("8.8")
def test_a_user_who_is_gone_removes_nothing(site: Site) -> None:
    came_in(site, site.browser(), "google", "bo")
    (bos,) = (row["id"] for row in identities(site))
    browser = site.browser()
    first, _ = two_ways_in(site, browser)
    form = button(browser, f"{ACCOUNT}/unlink/{first['id']}", UNLINK_SHOULD, UNLINK_LOOK)
    vanishes(site, "twitter", ADA, "deleted")
    before = whose(identities(site))
    page = browser.submit(Form("POST", form.action.replace(f"/{first['id']}", f"/{bos}"), form.fields, ()))
    if page.status >= 500 or whose(identities(site)) != before:
        raise Missed(
            should="Ada's account is deleted in another browser. A form of the page that is still open here removes "
            "nothing, and causes no error.",
            did=f"Ada's browser sent the form with the ID of Bo's identity, and the status was {page.status}. The "
            f"identities are: {ways_in(identities(site))}.",
            look="unlink: @login_required comes below @bp.route. Above @bp.route, it protects nothing.",
        )


@exercise("8.8")
def test_a_way_in_is_removed_by_a_form_of_ones_own_page(site: Site) -> None:
    browser = site.browser()
    first, _ = two_ways_in(site, browser)
    path = f"{ACCOUNT}/unlink/{first['id']}"
    button(browser, path, UNLINK_SHOULD, UNLINK_LOOK)
    for method, look_at in looked_at(browser, path):
        look_at()
        if len(identities(site)) != 2:
            raise Missed(
                should=f"only a POST removes an identity. Any page can make a browser send a GET of {path}.",
                did=f"a {method} removed the identity.",
                look='unlink: @bp.route("/unlink/<int:id>", methods=["POST"]). ' + HEAD_TOO,
            )
    without_a_token(browser, path)
    if len(identities(site)) != 2:
        raise Missed(
            should=f"a POST to {path} without a token removes nothing.",
            did="it removed the identity.",
            look="unlink must not be exempt from csrf, and csrf.init_app(app) must be there.",
        )


@exercise("8.8")
def test_an_address_goes_with_who_vouched_for_it(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "google")
    # Two identities with the same email address. Neither provider says that it is verified.
    add_identity(site, users(site)[0]["id"], "twitter", ADA, untold_email=ADA.google.email)
    add_identity(site, users(site)[0]["id"], "facebook", ADA, untold_email=ADA.google.email)
    site.database.change("UPDATE identities SET email_verified = (1 = 0) WHERE provider = 'facebook'")
    google = next(row for row in identities(site) if row["provider"] == "google")
    browser.submit(button(browser, f"{ACCOUNT}/unlink/{google['id']}", UNLINK_SHOULD, UNLINK_LOOK))
    came_in(site, site.browser(), "google")
    if owner_of(site, "google", ADA) == google["user_id"]:
        raise Missed(
            should="Ada has removed Google, which had verified her email address. Her other identities have the same "
            "email address, but not verified. Then a login with Google does not lead to her account.",
            did="the login with Google found her account by the verified email address, and brought the identity back.",
            look="unlink: set verified_email to None, if no identity that is left has the same email address with "
            "email_verified True. db.session.commit() comes after that.",
        )


@exercise("8.8")
@pytest.mark.parametrize("vouches", ["for another address", "for another user"])
def test_only_ones_own_way_in_vouches_and_only_for_its_address(site: Site, vouches: str) -> None:
    """GitHub has verified an email address: a different one of Ada's, or the same one for an identity of Chén
    Jìng's."""
    browser = site.browser()
    came_in(site, browser, "google")
    ada = users(site)[0]["id"]
    add_identity(site, ada, "twitter", ADA)
    if vouches == "for another address":
        add_identity(site, ada, "github", ADA, verified_email="ada-codes@example.net")
        also = "GitHub has verified a different email address of hers."
        look = "compare verified_email with each verified email address. A different one does not count."
    else:
        came_in(site, site.browser(), "twitter", "chen")
        chen = owner_of(site, "twitter", CHEN)
        assert chen is not None
        add_identity(site, chen, "github", ADA, verified_email=ADA.google.email)
        also = "GitHub has verified the same email address, for an identity of Chén Jìng's."
        look = "only the identities of current_user count: filter_by(user_id=current_user.id)."
    google = next(row for row in identities(site) if row["provider"] == "google")
    browser.submit(button(browser, f"{ACCOUNT}/unlink/{google['id']}", UNLINK_SHOULD, UNLINK_LOOK))
    came_in(site, site.browser(), "google")
    if owner_of(site, "google", ADA) == ada:
        raise Missed(
            should=f"Ada has removed Google, which had verified her email address. {also} A login with Google does not "
            "lead to her account any more.",
            did="the login found her account by the verified email address, and brought the identity back.",
            look=f"unlink: {look}",
        )
    verified = next(row["verified_email"] for row in users(site) if row["id"] == ada)
    if verified is not None:
        raise Missed(
            should=f"Ada has removed Google, which had verified her email address. {also} No provider of the "
            "identities that are left has verified her own, so users.verified_email is NULL.",
            did=f"users.verified_email is {verified!r}.",
            look="unlink: set verified_email to None. A different email address does not replace it, even if a "
            "provider has verified that one.",
        )


@exercise("8.8")
def test_an_address_stays_verified_while_somebody_vouches_for_it(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "google")
    ada = users(site)[0]["id"]
    add_identity(site, ada, "github", ADA, verified_email="Ada@example.org")
    add_identity(site, ada, "twitter", ADA)
    rows = {row["provider"]: row["id"] for row in identities(site)}
    for provider in ("twitter", "google"):
        path = f"{ACCOUNT}/unlink/{rows[provider]}"
        browser.submit(button(browser, path, UNLINK_SHOULD, UNLINK_LOOK))
        verified = users(site)[0]["verified_email"]
        if verified != ADA.google.email:
            raise Missed(
                should=f"Ada removed {LABELS[provider]}. GitHub is left, with the same verified email address, so "
                "verified_email stays.",
                did=f"her verified_email is {verified!r} now.",
                look="unlink: keep verified_email if a provider that is left has verified it. GitHub sends the email "
                "address with a capital letter, and verified_email holds it as comparable() gives it. So compare "
                "comparable(one.email).",
            )
    # After a merge a user may have an own email address, and a verified one that is different.
    add_identity(site, ada, "google", ADA, verified_email=ADA.google.email)
    site.database.change("UPDATE users SET email = 'ada@example.net'")
    google = next(row for row in identities(site) if row["provider"] == "google")
    browser.submit(button(browser, f"{ACCOUNT}/unlink/{google['id']}", UNLINK_SHOULD, UNLINK_LOOK))
    verified = users(site)[0]["verified_email"]
    if verified != ADA.google.email:
        raise Missed(
            should=f"users.email is ada@example.net, and users.verified_email is {ADA.google.email}. Ada removes "
            "Google, and GitHub has verified the same email address, so users.verified_email stays.",
            did=f"users.verified_email is {verified!r}.",
            look="unlink: compare current_user.verified_email. users.email may be a different email address.",
        )


# 8.9 The last identity stays


def account_with_two(site: Site, browser: Browser) -> Page:
    """The account page of Ada, who has two identities."""
    two_ways_in(site, browser)
    return account(browser)


def unlink_forms(page: Page) -> list[Form]:
    """The forms that remove one of two identities, from one page, which both tabs show."""
    forms = [form for form in page.forms() if f"{ACCOUNT}/unlink/" in form.action and form.method == "POST"]
    if len(forms) != 2:
        raise Missed(
            should=f"each of two identities on {ACCOUNT} has a button that removes it.",
            did=f"the number of forms to {ACCOUNT}/unlink/… is {len(forms)}.",
            look=UNLINK_LOOK,
        )
    return forms


@exercise("8.9")
def test_the_only_way_in_is_not_removed(site: Site) -> None:
    browser = site.browser()
    page = account_with_two(site, browser)
    for form in unlink_forms(page):
        page = browser.submit(form)
    if not identities(site):
        raise Missed(
            should="a user who has removed one of two identities cannot remove the other.",
            did="it removed the last identity, so no user can log in to this account any more.",
            look="unlink: how many identities are left?",
        )
    if page.status >= 400 or page.path != ACCOUNT or "only way in" not in page.words.lower():
        raise Missed(
            should=f"if the last identity stays, {ACCOUNT} shows a message with the words 'only way in'.",
            did=f"the click ended at {page.path} with status {page.status}, and the page says: {shortened(page.words)}",
            look="unlink: flash(…) with these words, and a redirect to account.page.",
        )


@exercise("8.9")
def test_what_vouches_for_the_address_stays_with_the_only_way_in(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "google")
    (row,) = identities(site)
    token = button(browser, f"{ACCOUNT}/delete", "Ada can delete her account.", "templates/account.html.")
    # The page may leave the button out. An older page can still send the form.
    form = Form("POST", token.action.replace("/delete", f"/unlink/{row['id']}"), token.fields, ())
    if browser.submit(form).status >= 500:
        raise Missed(
            should="after a click on Remove at the only identity, the page says that it is the only one.",
            did="your app responded with status 500.",
            look="unlink.",
        )
    if not identities(site) or users(site)[0]["verified_email"] != ADA.google.email:
        raise Missed(
            should="if the last identity stays, everything stays as it was.",
            did=f"the identities are {ways_in(identities(site))}, and verified_email is "
            f"{users(site)[0]['verified_email']!r}.",
            look="unlink: db.session.rollback() undoes what is not committed.",
        )


@exercise("8.9")
def test_two_tabs_at_once_leave_one(open_site: SITE) -> None:
    site = open_site(workers=2, watch_writes=True)
    first, second = site.browser(), site.browser(worker=1)
    forms = unlink_forms(account_with_two(site, first))
    came_in(site, second, "twitter")
    tabs = [(first, forms[0]), (second, unlink_forms(account(second))[1])]
    pages = submitted_at_once(site, tabs, "identities")
    left = identities(site)
    crashed = [page for page in pages if isinstance(page, NoAnswer) or page.status >= 500]
    if len(left) != 1 or crashed:
        did = f"the identities that are left are {ways_in(left)}."
        if crashed:
            did += f" One tab got this response: {crashed[0]}."[:200]
        raise Missed(
            should="a user has two identities. Two tabs remove a different one each, at the same moment, in two "
            "processes of your app. One identity stays.",
            did=did,
            look="unlink: only the database sees both requests. A lock in your program is a different one in each "
            "process. Delete first, then count, and db.session.rollback() if none is left. On PostgreSQL first lock "
            "the user's row, with with_for_update=True.",
        )


# 8.10 Both accounts are proved

HOW_ADA_LEFT = {
    "logged out": "She logs out.",
    "still there": "She does not log out.",
    "deleted": "Her own account is deleted in another browser.",
    "merged": "Her own account is merged into another one, in another browser.",
}

MERGE = f"{ACCOUNT}/merge"
PROOF_LOOK = "proved in app/account.py: return None in each case in which there is no proof."


def proved(site: Site, browser: Browser, provider: str, who: str, look: str = "") -> Form:
    """The logged-in user links another user's identity. Gives the form that merges the two accounts. `look` is one
    more place to look if there is none."""
    linked(
        site,
        browser,
        provider,
        who,
        "This identity belongs to another account, so the user proves both.",
    )
    return button(
        browser,
        MERGE,
        f"your app rejects a link, because the identity is another account's. Then {ACCOUNT} has a button that merges "
        "the two accounts.",
        f"templates/account.html: if there is a proof, a form with method=post, to {MERGE}. {look}".strip(),
    )


OF_THE_USER = "a proof holds the ID of the user who has it, and works for no other user."


def ada_leaves_a_proof(site: Site, leaves: str) -> tuple[Browser, Form]:
    """Ada proves that Bo's account is hers, and leaves. Then Chén Jìng logs in, in the same browser. The browser, and
    the form that Ada saw."""
    came_in(site, site.browser(), "facebook", "bo")
    came_in(site, site.browser(), "google", "chen")
    browser = site.browser()
    came_in(site, browser, "twitter")
    form = proved(site, browser, "facebook", "bo")
    if leaves == "logged out":
        browser.submit(log_out_button(browser))
    elif leaves in VANISHES:
        vanishes(site, "twitter", ADA, leaves)
    came_in(site, browser, "google", "chen")
    return browser, form


def what_is_proved(browser: Browser) -> Form | None:
    """The form of the account page that merges two accounts; None if there is none."""
    page = browser.open(ACCOUNT)
    if page.status >= 400:
        raise Missed(
            should=f"{ACCOUNT} responds with status 200, whether there is a proof or not.",
            did=f"your app responded with status {page.status}.",
            look=f"{PROOF_LOOK} db.session.get gives None for a user who is gone, and get_or_404 does not.",
        )
    return form_to(page, MERGE)


def check_no_proof(browser: Browser, what: str, look: str) -> None:
    """Missed if the account page has a button that merges two accounts."""
    if what_is_proved(browser):
        raise Missed(
            should=f"{what} Then {ACCOUNT} has no button that merges two accounts.",
            did=f"the page has a form that sends a POST to {MERGE}.",
            look=look,
        )


@exercise("8.10")
def test_the_account_page_says_which_account_is_proved(site: Site) -> None:
    came_in(site, site.browser(), "facebook", "bo")
    bo = users(site)[0]["id"]
    add_identity(site, bo, "github", BO, untold_email="bo%work_@example.net")
    browser = site.browser()
    came_in(site, browser, "twitter")
    proved(site, browser, "facebook", "bo")
    page = account(browser)
    for row in identities(site):
        if row["user_id"] == bo and row["email"] not in page.words:
            raise Missed(
                should=f"beside the button {ACCOUNT} shows each identity of the other account, by provider and email "
                f"address. One of them is {LABELS[row['provider']]}, {row['email']}.",
                did=f"that email address is not on the page: {shortened(page.words)}",
                look="templates/account.html: other.identities has the identities of the other account.",
            )


@exercise("8.10")
def test_an_address_of_the_other_account_is_shown_as_text(site: Site) -> None:
    came_in(site, site.browser(), "facebook", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    proved(site, browser, "facebook", "bo")
    check_shown_as_text(site, browser, BO, f"{ACCOUNT} shows the identities of the other account.")


@exercise("8.10")
def test_only_somebody_elses_way_in_is_a_proof(site: Site) -> None:
    look = "linked in app/auth.py: keep the proof only if owner.id is not user.id."
    browser = site.browser()
    came_in(site, browser, "twitter")
    check_no_proof(browser, "Ada has logged in, and has linked nothing.", PROOF_LOOK)
    linked(site, browser, "facebook", "bo")
    check_no_proof(browser, "Ada has linked an identity that no user had.", look)
    linked(site, browser, "facebook", "bo")
    check_no_proof(browser, "Ada has tried to link an identity that she had.", look)


@exercise("8.10")
def test_a_proof_of_an_account_that_is_gone_is_none(site: Site) -> None:
    came_in(site, site.browser(), "google", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    proved(site, browser, "google", "bo")
    vanishes(site, "google", BO, "deleted")
    check_no_proof(
        browser,
        "Ada has a proof for a second account, and that account is deleted in another browser.",
        PROOF_LOOK,
    )


# The machine's local time is 9 hours ahead of UTC (POSIX: add the number to local time, and get UTC).
FAR_FROM_GREENWICH = {"TZ": "XXX-9"}
SECONDS_LOOK = (
    "A proof has the time at which your app made it, time.time(), and works for ten minutes. time.time() is the same "
    "in every time zone. datetime.utcnow().timestamp() is not, because timestamp() takes a naive time as local time."
)


@exercise("8.10")
def test_a_proof_ends(open_site: SITE, database: Database) -> None:
    key = {"SECRET_KEY": secrets.token_hex(), **FAR_FROM_GREENWICH}
    site = open_site(database=database, environment=key)
    came_in(site, site.browser(), "facebook", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    sites = {}
    for minutes in (11, 24 * 60 + 5, 8):
        # A new proof each time, because an app may forget a proof that was too old.
        proved(site, browser, "facebook", "bo", SECONDS_LOOK)
        sites[minutes] = open_site(database=database, environment=key, ahead=60 * minutes)
        later = sites[minutes].browser()
        later.set_cookie("session", browser.cookie("session") or "")
        if minutes > 10:
            what = f"Ada proves that a second account is hers, and opens {ACCOUNT} {minutes} minutes later."
            look = SECONDS_LOOK
            if minutes > 60:
                look += (
                    " The difference of two times of time.time() is a number of seconds, however large. "
                    "timedelta.seconds begins again after each day, and total_seconds() does not."
                )
            check_no_proof(later, what, look)
        elif not what_is_proved(later):
            raise Missed(
                should=f"a proof works for ten minutes. {minutes} minutes later {ACCOUNT} still has the button.",
                did="there is no such button.",
                look=f"{PROOF_LOOK} {SECONDS_LOOK}",
            )
    # The browser has the cookie of the page that it saw after 8 minutes.
    after = sites[11].browser()
    after.set_cookie("session", later.cookie("session") or "")
    what = (
        f"Ada proves that a second account is hers, opens {ACCOUNT} 8 minutes later, and opens it again 3 minutes "
        "after that. The proof is 11 minutes old."
    )
    check_no_proof(after, what, f"{PROOF_LOOK} A proof is as old as its link. Only linked writes a proof.")


@exercise("8.10")
@pytest.mark.parametrize("leaves", HOW_ADA_LEFT)
def test_a_proof_is_not_for_the_next_one(site: Site, leaves: str) -> None:
    browser, _ = ada_leaves_a_proof(site, leaves)
    what = f"Ada has a proof for Bo's account. {HOW_ADA_LEFT[leaves]} Chén Jìng logs in, in the same browser."
    check_no_proof(browser, what, OF_THE_USER)


# 8.11 Two accounts become one


def all_moved(site: Site, before: list[Row], to: int) -> bool:
    """Whether every identity belongs to that user now, and no other user is left."""
    wanted = {(row["provider"], row["subject"], to) for row in before}
    return whose(identities(site)) == wanted and [row["id"] for row in users(site)] == [to]


def check_not_merged(site: Site, before: list[Row], people: list[Row], what: str, look: str) -> None:
    """Missed if your app has merged accounts that it must not merge."""
    if whose(identities(site)) != whose(before) or users(site) != people:
        raise Missed(
            should=f"{what} Then your app merges nothing.",
            did=f"the identities were {ways_in(before)}. Now they are {ways_in(identities(site))}.",
            look=look,
        )


def why_not_in_one(site: Site, before: list[Row], stays: int, goes: int) -> str:
    """Where to look after a merge that has not made one account of two."""
    left, ids = whose(identities(site)), [row["id"] for row in users(site)]
    if (left, ids) == (whose(before), sorted((stays, goes))):
        return (
            "merge in app/people.py ends with db.session.commit(). If it does, look at merge_other in "
            "app/account.py. It calls merge(user, other), with the result of proved()."
        )
    if ids == [goes]:
        return "merge in app/people.py: user, who is logged in, stays, and other goes. Which of the two do you delete?"
    lost = {row[:2] for row in whose(before)} - {row[:2] for row in left}
    if lost:
        providers = ", ".join(sorted(LABELS[provider] for provider, _ in lost))
        return (
            f"merge in app/people.py: an identity at {providers} is lost. Move every identity of the other user, "
            "also at a provider that both users have. Only then delete the other user. A loop over other.identities "
            "that gives each to another user changes this list while it runs. list(other.identities) stays whole."
        )
    if len(ids) == 2 and {row[2] for row in left} == {stays}:
        return "merge in app/people.py: the identities have moved. The other user is not deleted yet."
    return "merge in app/people.py: first move every identity, then delete the other user, and commit."


@exercise("8.11")
@pytest.mark.parametrize("others", [(), ("google", "github")], ids=["one", "three"])
def test_everything_is_in_one_account(site: Site, others: tuple[str, ...]) -> None:
    """Bo's account goes, whether it has one identity or three."""
    browser, elsewhere = site.browser(), site.browser()
    came_in(site, elsewhere, "facebook", "bo")
    bo = users(site)[0]["id"]
    for provider in others:
        add_identity(site, bo, provider, BO)
    came_in(site, browser, "twitter")
    ada = owner_of(site, "twitter", ADA)
    assert ada is not None
    for provider in others:  # an account at each of the same providers
        add_identity(site, ada, provider, ADA)
    before = identities(site)
    form = proved(site, browser, "facebook", "bo")
    page = browser.submit(form)
    if page.status >= 400 or not all_moved(site, before, ada):
        raise Missed(
            should=f"after a merge every identity of both users belongs to user {ada}, who is logged in, and user {bo} "
            "is gone.",
            did=f"the merge ended with status {page.status}. The identities are {ways_in(identities(site))}. The users "
            f"are {', '.join(str(row['id']) for row in users(site))}.",
            look=why_not_in_one(site, before, ada, bo),
        )
    if (name := users(site)[0]["name"]) != ADA.name:
        raise Missed(
            should="the account that stays keeps its own name.",
            did=f"Ada merged Bo's account into hers, and its name is {name} now.",
            look="merge in app/people.py: do not change the name of the user who stays.",
        )
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should="a user who merges two accounts stays logged in.",
            did=f"the front page says: {shortened(browser.open('/').words)}",
            look="merge in app/people.py: delete the other user, and not the user who is logged in.",
        )
    page = elsewhere.open("/welcome")
    if page.status >= 500 or page.path == "/welcome":
        raise Missed(
            should="if a browser is logged in to the account that is gone, your app logs it out, without an error.",
            did=f"/welcome ended at {page.path} with status {page.status}.",
            look="load_user in app/models.py gives None if there is no such user.",
        )
    came_in(site, elsewhere, "facebook", "bo")
    if not is_signed_in(elsewhere, ADA.name):
        raise Missed(
            should="after a merge every identity of both users leads to the account that stays.",
            did=f"Bo logged in with Facebook, and the front page says: {shortened(elsewhere.open('/').words)}",
            look="merge in app/people.py.",
        )


@exercise("8.11")
def test_the_number_of_the_account_that_is_gone_is_nobodys(site: Site) -> None:
    browser, elsewhere = site.browser(), site.browser()
    came_in(site, browser, "twitter")
    came_in(site, elsewhere, "facebook", "bo")
    browser.submit(proved(site, browser, "facebook", "bo"))
    came_in(site, site.browser(), "twitter", "chen")
    page = elsewhere.open("/welcome")
    if page.path == "/welcome":
        raise Missed(
            should="if a browser is logged in to the account that is gone, your app logs it out, also after a new user "
            "has logged in.",
            did=f"the browser is logged in as the new user: {shortened(page.words)}",
            look="class User in app/models.py: sqlite_autoincrement, and the migration 0005.",
        )


@exercise("8.11")
def test_the_addresses_are_not_lost(site: Site) -> None:
    """Chén Jìng has no email address at Twitter, and one that Google has verified."""
    came_in(site, site.browser(), "google", "chen")
    browser = site.browser()
    came_in(site, browser, "twitter", "chen")
    browser.submit(proved(site, browser, "google", "chen"))
    (user,) = users(site) if len(users(site)) == 1 else (None,)
    has = (user["email"], user["verified_email"]) if user else None
    if has != (CHEN.google.email, CHEN.google.email):
        raise Missed(
            should="if the account that stays has no email address, and no verified one, it gets those of the other "
            f"account: {CHEN.google.email}, verified.",
            did=f"email and verified_email are now {has}." if has else "there are still two users.",
            look="merge in app/people.py: read email and verified_email before you delete the other user. Write both "
            "afterwards.",
        )


@exercise("8.11")
def test_ones_own_addresses_stay(site: Site) -> None:
    came_in(site, site.browser(), "google", "bo")
    browser = site.browser()
    came_in(site, browser, "google", "ada")
    kept = [row for row in users(site) if row["email"] == ADA.google.email]
    log_out_at(site, browser, "google")
    browser.submit(proved(site, browser, "google", "bo"))
    if users(site) != kept:
        raise Missed(
            should="the account that stays keeps its own name and email addresses.",
            did=f"the users were {kept}. Now they are {users(site)}.",
            look="merge in app/people.py: user.email or other.email, and the same for verified_email.",
        )


@exercise("8.11")
@pytest.mark.parametrize(
    ("who", "provider"), [("ada", "google"), ("chen", "facebook")], ids=["a-verified-one", "an-address"]
)
def test_what_is_missing_is_given_on(site: Site, who: str, provider: str) -> None:
    """Twitter does not say that Ada's email address is verified, and has none of Chén Jìng's. The other account is
    Bo's."""
    came_in(site, site.browser(), provider, "bo")
    browser = site.browser()
    came_in(site, browser, "twitter", who)
    kept = owner_of(site, "twitter", person(who))
    own = next((row for row in users(site) if row["id"] == kept), None)
    other = next((row for row in users(site) if row["id"] != kept), None)
    if own is None or other is None:
        return  # the second login made no second user: 8.7 says so
    browser.submit(proved(site, browser, provider, "bo"))
    wanted = {name: own[name] or other[name] for name in ("email", "verified_email")}
    has = next(({name: row[name] for name in wanted} for row in users(site) if row["id"] == kept), None)
    if has != wanted:
        raise Missed(
            should=f"after a merge the account that stays has {wanted}. It keeps each email address that it has, and "
            "gets a missing one from the other account.",
            did=f"the account has {has}." if has else "that account is gone.",
            look="merge in app/people.py: look at email and at verified_email, each by itself.",
        )


@exercise("8.11")
def test_a_merge_needs_a_form_of_ones_own_page(site: Site) -> None:
    came_in(site, site.browser(), "facebook", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    form = proved(site, browser, "facebook", "bo")
    before, people = identities(site), users(site)
    look = f'merge_other: @bp.route("/merge", methods=["POST"]). {HEAD_TOO}'
    for method, look_at in looked_at(browser, MERGE):
        look_at()
        check_not_merged(site, before, people, f"Ada's browser sends a {method} of {MERGE}.", look)
    plain = {name: value for name, value in form.fields if "csrf" not in name}
    without_a_token(browser, MERGE, **plain)
    look = "merge_other must not be exempt from csrf, and csrf.init_app(app) must be there."
    check_not_merged(site, before, people, f"Ada's browser sends a form without a token to {MERGE}.", look)


@exercise("8.11")
def test_without_a_proof_there_is_no_merge(site: Site) -> None:
    """Eve knows the IDs of other users, and sends a token of her own."""
    came_in(site, site.browser(), "facebook", "bo")
    eve = site.browser()
    came_in(site, eve, "twitter", "eve")
    came_in(site, site.browser(), "twitter")
    victims = [row["id"] for row in users(site) if row["name"] != person("eve").name]
    token = button(eve, f"{ACCOUNT}/delete", "Eve can delete her account.", "templates/account.html.")
    before, people = identities(site), users(site)
    names = ("user", "user_id", "other", "other_id", "id", "account", "merge", "proved", "with")
    for victim in victims:
        fields = (*token.fields, *((name, str(victim)) for name in names))
        page = eve.submit(Form("POST", token.action.replace("/delete", "/merge"), fields, ()))
        look = "merge_other: only the proof in the session says which user to merge."
        what = f"Eve has proved nothing, and sends another user's ID, {victim}, to {MERGE}."
        check_not_merged(site, before, people, what, look)
        if page.status >= 500:
            raise Missed(
                should=f"a POST to {MERGE} without a proof merges nothing, and causes no error.",
                did=f"your app responded with status {page.status}.",
                look="merge_other: proved() may give None.",
            )
        eve.open(ACCOUNT)
    # With a proof for Bo's account, Ada's ID in the form does not count, either.
    form = proved(site, eve, "facebook", "bo")
    bo = owner_of(site, "facebook", BO)
    ada = owner_of(site, "twitter", ADA)
    fields = tuple((name, str(ada) if value == str(bo) else value) for name, value in form.fields)
    query = "&".join(f"{name}={ada}" for name in names)
    filled = (*fields, *((name, str(ada)) for name in names))
    eve.submit(Form("POST", f"{form.action}?{query}", filled, ()))
    if owner_of(site, "twitter", ADA) != ada:
        raise Missed(
            should="Eve has proved that Bo's account is hers, and writes Ada's ID into the form. Nothing of Ada's "
            "moves.",
            did=f"the identities are: {ways_in(identities(site))}.",
            look="merge_other: only the proof in the session says which user to merge.",
        )


@exercise("8.11")
def test_a_proof_is_used_up(site: Site) -> None:
    came_in(site, site.browser(), "facebook", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    form = proved(site, browser, "facebook", "bo")
    browser.submit(form)
    before, people = identities(site), users(site)
    came_in(site, site.browser(), "facebook", "chen")
    again = browser.submit(form)
    if again.status >= 500 or form_to(browser.open(ACCOUNT), MERGE):
        raise Missed(
            should="a proof works for one merge. Then the button is gone, and a second click merges nothing.",
            did=f"after the second click, your app responded with status {again.status}."
            if again.status >= 500
            else "the button is still there.",
            look="merge_other: session.pop('proved', None).",
        )
    if not {row["id"] for row in people} < {row["id"] for row in users(site)} or not whose(before) < whose(
        identities(site)
    ):
        raise Missed(
            should="the second click on the same button merges nothing.",
            did=f"the identities are {ways_in(identities(site))} now.",
            look="merge_other: session.pop('proved', None).",
        )


@exercise("8.11")
def test_an_old_proof_merges_nothing(open_site: SITE, database: Database) -> None:
    key = {"SECRET_KEY": secrets.token_hex(), **FAR_FROM_GREENWICH}
    site = open_site(database=database, environment=key)
    came_in(site, site.browser(), "facebook", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    before, people = identities(site), users(site)
    for minutes in (11, 8):
        # A new proof each time, because an app may forget a proof that was too old.
        form = proved(site, browser, "facebook", "bo", SECONDS_LOOK)
        later = open_site(database=database, environment=key, ahead=60 * minutes)
        again = later.browser()
        again.set_cookie("session", browser.cookie("session") or "")
        again.open("/")
        again.submit(form)
        if minutes > 10:
            what = f"Ada proves that a second account is hers, and clicks {minutes} minutes later."
            check_not_merged(site, before, people, what, SECONDS_LOOK)
        elif len(users(site)) != 1:
            raise Missed(
                should=f"a proof works for ten minutes. {minutes} minutes later the user can still merge.",
                did="your app merged nothing.",
                look=PROOF_LOOK,
            )


@exercise("8.11")
def test_a_user_who_is_gone_merges_nothing(site: Site) -> None:
    came_in(site, site.browser(), "facebook", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    form = proved(site, browser, "facebook", "bo")
    vanishes(site, "twitter", ADA, "deleted")
    before, people = identities(site), users(site)
    page = browser.submit(form)
    what = "Ada has a proof for Bo's account, and her own account is deleted in another browser."
    look = "merge_other: @login_required comes below @bp.route. Above @bp.route, it protects nothing."
    check_not_merged(site, before, people, what, look)
    if page.status >= 500:
        raise Missed(
            should=f"{what} A click on the button that this browser still shows causes no error.",
            did=f"your app responded with status {page.status}.",
            look=look,
        )


@exercise("8.11")
@pytest.mark.parametrize("leaves", HOW_ADA_LEFT)
def test_a_proof_merges_nothing_for_the_next_one(site: Site, leaves: str) -> None:
    browser, form = ada_leaves_a_proof(site, leaves)
    before, people = identities(site), users(site)
    fresh = button(
        browser, f"{ACCOUNT}/delete", "Chén Jìng can delete the account.", "templates/account.html."
    )
    kept = tuple(field for field in form.fields if "csrf" not in field[0])
    browser.submit(Form("POST", form.action, (*kept, *fresh.fields), ()))
    what = (
        f"Ada has a proof for Bo's account. {HOW_ADA_LEFT[leaves]} Chén Jìng logs in, in the same browser, and asks "
        "for a merge."
    )
    check_not_merged(site, before, people, what, OF_THE_USER)


# 8.12 Why not by a link?


@exercise("8.12")
def test_why_a_link_is_not_begun_by_a_get(folder: Path) -> None:
    check_answer(
        folder,
        "link_by_post",
        "c",
        {
            "a": "Over HTTPS both are encrypted, with the URL. Over HTTP neither is.",
            "b": "For Facebook both are the same request. Your app sends the browser there with a redirect, a GET.",
            "d": "A login needs its state, too. Without it an attacker can log a user in to the attacker's account.",
        },
    )


# 8.13 What the steps before taught

# Exercise 8.1 checks that the buttons still work.
KEPT = since_one_route(log_out_elsewhere=True)


@exercise("8.13")
@pytest.mark.parametrize("check", KEPT.values(), ids=KEPT)
def test_what_the_steps_before_taught(site: Site, check: Callable[[Site], None]) -> None:
    check(site)


@exercise("8.13")
def test_a_user_who_is_gone_deletes_nothing(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    form = button(browser, f"{ACCOUNT}/delete", "Ada can delete her account.", "templates/account.html.")
    vanishes(site, "twitter", ADA, "merged")
    before = users(site)
    page = browser.submit(form)
    if page.status >= 500 or users(site) != before:
        raise Missed(
            should="Ada's account is merged into another one, in another browser. A click on Delete my account on the "
            "page that is still open here deletes nothing, and causes no error.",
            did=f"your app responded with status {page.status}. The number of users was {len(before)}. Now it is "
            f"{len(users(site))}.",
            look="delete in app/account.py: @login_required comes below @bp.route. Above @bp.route, it protects "
            "nothing.",
        )
