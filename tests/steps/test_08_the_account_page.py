"""Step 08: the account page. Whose a way in is after every cell of the table, after every form, and in every tab."""

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


# 8.1 A token in every form

LOG_OUT = Form("POST", "/logout", (), ())
TOKEN_LOOK = (
    "app/__init__.py: csrf.init_app(app). And in the form the hidden field csrf_token, with {{ csrf_token() }} for "
    "its value."
)


def why_no_token(form: Form, template: str) -> str:
    """Where to look in a template after a form of it was refused."""
    value = dict(form.fields).get("csrf_token", "")
    if value.startswith("<function"):
        return f"{template}: csrf_token is a function, and makes the token when it is called: {{{{ csrf_token() }}}}."
    return f"{template}: the field csrf_token has to stand between <form …> and </form>."


def log_out_button(browser: Browser) -> Form:
    """The form on the front page that logs out."""
    form = form_to(browser.open("/"), LOG_OUT.action)
    if form is None or form.method != "POST":
        raise Missed(
            should="for somebody who is signed in the front page has a button that sends a POST to /logout.",
            did="there is no such form.",
            look="templates/index.html.",
        )
    return form


def why_without_a_token(site: Site) -> str:
    """Where to look after a log-out without a token: at that view where another view wants a token, and else at the
    whole app."""
    browser = site.browser()
    came_in(site, browser, "twitter")
    without_a_token(browser, f"{ACCOUNT}/delete")
    if users(site):
        return "logout in app/auth.py: another view wants a token, and this one does not. Is it exempt from csrf?"
    browser = site.browser()
    came_in(site, browser, "twitter")
    log_out_button(browser)  # shows a form, and so has a token in its session
    without_a_token(browser, LOG_OUT.action)
    if is_signed_in(browser, ADA.name):
        return (
            "your app compares the token of the form with the token of the session. A session that no form was shown "
            "in yet has none, and None == None. Flask-WTF refuses a request without a token: csrf = CSRFProtect() in "
            "app/forms.py."
        )
    return "app/__init__.py: csrf.init_app(app)."


@exercise("8.1")
def test_nothing_changes_without_a_token(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    without_a_token(browser, LOG_OUT.action)
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should="a POST to /logout that does not come from a page of your app logs nobody out.",
            did="Ada's browser sent one, without a token, and she was logged out.",
            look=why_without_a_token(site),
        )
    without_a_token(browser, f"{ACCOUNT}/delete")
    if not users(site):
        raise Missed(
            should=f"a POST to {ACCOUNT}/delete that does not come from a page of your app deletes nothing.",
            did="Ada's browser sent one, without a token, and her account was gone.",
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
            should="the token of a form is good in one session only. Eve has one from her own account page.",
            did="Ada's browser sent a form with Eve's token, and Ada's account was gone.",
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
            should="a click on Log out logs out.",
            did=f"it ended at {page.path} with the status {page.status}: {shortened(page.words)}",
            look=why_remembered(browser, why_no_token(form, "templates/index.html")),
        )
    came_in(site, browser, "twitter")
    should = "a click on Delete my account deletes it."
    form = button(browser, f"{ACCOUNT}/delete", should, "templates/account.html.")
    page = browser.submit(form)
    if page.status >= 400 or users(site):
        raise Missed(
            should=should,
            did=f"it ended at {page.path} with the status {page.status}: {shortened(page.words)}",
            look=why_no_token(form, "templates/account.html"),
        )


# 8.2 A login never links

LOGIN_LOOK = "sign_in in app/auth.py: find_or_create(name, profile), with no user."


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
        did = f"Bo's account at {LABELS[provider]} is a way in to Ada's account now."
    elif len(users(site)) != 2:
        did = f"there are {len(users(site))} users, and two people have come."
    elif not is_signed_in(browser, BO.name):
        did = f"the front page says: {shortened(browser.open('/').words)}"
        look = (
            "sign_in in app/auth.py: login_user(user) with the user that find_or_create gives, in every case."
        )
    if did:
        raise Missed(
            should=f"Ada is logged in, and in her browser Bo logs in with {LABELS[provider]}. Then Bo is logged in, in "
            "his own account, and Ada's is as it was.",
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
            should="when Bo has logged in, forms in a tab that still shows Ada's page are good for nothing.",
            did="a click on Delete my account in that tab deleted Bo's account.",
            look="sign_in: session.clear() where somebody else was logged in. Then the old token does not fit.",
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
            did=f"its callback came, and the front page says: {shortened(browser.open('/').words)}",
            look="sign_in: session.clear() where somebody else was logged in. Flask-OAuthlib keeps a request token in "
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
            should=f"{'Ada is' if known else 'nobody is'} logged in, and a login with Facebook is under way in one "
            "tab. In another tab Ada logs in with Twitter. The login in the first tab still ends well, as Bo's.",
            did=f"its callback came, and the front page says: {shortened(browser.open('/').words)}",
            look="sign_in: session.clear() only where the session was another user's. The session of nobody, and that "
            "of the same user, stay as they are.",
        )


# How a user can vanish while a browser still has the user's session.
VANISHES = ["deleted", "merged"]


def vanishes(site: Site, provider: str, who: Person, how: str) -> None:
    """The account of somebody is deleted elsewhere, or becomes one with another account, which keeps its ways in."""
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
            "here. Then Ada's forms in that tab are good for nothing.",
            did="a click on Delete my account in that tab deleted Bo's account.",
            look="sign_in: current_user is nobody where the user of the session is gone, so that it cannot say whose "
            'the session was. Flask-Login keeps the number in session["_user_id"]. Is that another one, or '
            "is there none?",
        )


@exercise("8.2")
def test_next_is_still_where_a_login_ends(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    wanted = f"/?page={secrets.token_hex(4)}"
    page = browser.open(unused_callback(browser, "bo", start=f"/login/facebook?next={wanted}"))
    if f"{page.path}?{page.query}" != wanted or not is_signed_in(browser, BO.name):
        raise Missed(
            should=f"a login that begins with next={wanted} ends there, also where somebody else was logged in.",
            did=f"it ended at {page.path}{'?' if page.query else ''}{page.query}: {shortened(page.words)}",
            look="sign_in: take next out of the session before you clear it.",
        )


@exercise("8.2")
def test_a_message_for_whoever_was_there_is_not_for_the_next_one(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    state = asked_of(site, browser, "facebook").get("state", "")
    # The browser does not follow the redirect, as in a tab that was closed: the message has not been shown yet.
    browser.open(f"/auth/facebook/callback?error=access_denied&state={state}", follow=False)
    page = tried(site, browser, "google", "bo")
    if DENIED in page.words:
        raise Missed(
            should="nothing of Ada's stays in the session when Bo logs in, in the same browser: no message either.",
            did=f"Ada had refused a login with Facebook, and had not read the message yet. Bo read: {DENIED}",
            look="sign_in: session.clear() takes everything out. Flask keeps messages that were not shown yet under "
            "_flashes, so a key that begins with _ has to go, too.",
        )


# 8.3 Link one more way in

LINK_LOOK = "linked in app/auth.py: find_or_create(name, profile, …) with the user who is logged in."


def why_not_linked(browser: Browser, page: Page, provider: str, look: str) -> str:
    """Where to look after a link of Bo's account that came back to that page, and gave its user no way in. Whether a
    callback of Twitter's is that of a link is another matter: `look` says where."""
    if provider != "twitter" and is_signed_in(browser, BO.name):
        return (
            "begin_link in app/account.py: send_to(name, current_user.id). Without the number of the user send_to "
            "begins a login, and Bo is logged in now."
        )
    if "not logged in here any more" in page.words:
        return (
            "linked in app/auth.py: user_id is a number, and current_user.get_id() gives a text. The two are equal "
            "only as texts: str(user_id)."
        )
    return look


def check_linked(
    site: Site, browser: Browser, page: Page, provider: str, owner: int, since: int, look: str = LINK_LOOK
) -> None:
    """Whether Bo's account at a provider is a way in of that user now, and everything else is as it was."""
    label = LABELS[provider]
    mine = owner_of(site, provider, BO)
    if mine != owner or len(users(site)) != 1:
        raise Missed(
            should=f"after a click on Link {label}, and a yes there, the account there is a way in of whoever clicked.",
            did=f"whoever clicked is user {owner}. The ways in are: {ways_in(identities(site))}; there are "
            f"{len(users(site))} users. The page says: {shortened(page.words)}",
            look=why_not_linked(browser, page, provider, look),
            **beside(site, provider, since),
        )
    if page.path != ACCOUNT or label not in page.words:
        raise Missed(
            should=f"after a link the person is on {ACCOUNT}, and sees the new way in there.",
            did=f"they ended at {page.path}: {shortened(page.words)}",
            look=f"linked in app/auth.py: {'redirect(url_for(' + chr(34) + 'account.page' + chr(34) + '))'}.",
            **beside(site, provider, since),
        )
    if page.words == browser.open(ACCOUNT).words:
        raise Missed(
            should=f"after a link {ACCOUNT} shows a message once: from now on the user can log in with {label}, too.",
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
            should=f"Ada has linked an account at {LABELS[provider]}, and signs in with it in another browser.",
            did=f"the front page does not say that Ada is signed in: {shortened(another.open('/').words)}",
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
            should=f"the new row of identities holds what Google says: {BO.google.email}, and that it is verified.",
            did=f"it is {row}.",
            look=LINK_LOOK,
        )
    user = users(site)[0]
    if (user["name"], user["email"]) != (ADA.name, ADA.twitter.email):
        raise Missed(
            should="a link changes nothing of the user but the ways in.",
            did=f"the user is now {user['name']}, {user['email']}.",
            look=LINK_LOOK,
        )
    linked(site, browser, "github", "ada")
    verified = users(site)[0]["verified_email"]
    if verified != ADA.twitter.email:
        raise Missed(
            should=f"Ada logged in with Twitter, and her own email address is {ADA.twitter.email}. She links GitHub, "
            "which has verified this email address. From then on users.verified_email holds it.",
            did=f"users.verified_email is {verified!r}.",
            look="linked in app/auth.py: find_or_create(name, profile, user) also calls keep_verified. A new row of "
            "identities, made without it, leaves the user as it was.",
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
                should=f"only a POST begins a link. A GET of {path} is sent by any link and any picture.",
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
        f"templates/account.html: for each site a form with method=post, to {path}.",
    )


@exercise("8.3")
def test_only_who_is_logged_in_can_begin_a_link(site: Site) -> None:
    """Her account is deleted in another browser, and her page is still open in this one."""
    here, there = site.browser(), site.browser()
    came_in(site, here, "twitter")
    came_in(site, there, "twitter")
    path = f"{ACCOUNT}/link/facebook"
    form = button(here, path, f"{ACCOUNT} has a button that links Facebook.", "templates/account.html.")
    delete = button(there, f"{ACCOUNT}/delete", "Ada can delete her account.", "templates/account.html.")
    there.submit(delete)
    page = here.submit(form, follow=False)
    if page.status >= 500 or at_provider_next(site, page):
        did = "it sent the browser to Facebook." if page.status < 500 else f"it answered {page.status}."
        raise Missed(
            should="whoever is not logged in cannot begin a link, also with a page that was open before.",
            did=f"Ada deleted her account in another browser, and clicked on Link Facebook here: {did}",
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
            should="whoever says no at the provider has linked nothing, and is logged in as before.",
            did=f"it ended at {page.path} with the status {page.status}. The ways in are: {ways_in(identities(site))}.",
            look="authorized in app/auth.py: is the refusal looked for first?",
        )


# 8.4 Twitter has no state

TWITTER_LOOK = (
    "send_to: after remote.authorize(…), begin(name, user_id, token) with the request token from the session. "
    "authorized: finish(name, token), with the one in the session."
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
    """A link with Twitter was begun, and given up. Then comes a login, in the same browser."""
    browser = site.browser()
    came_in(site, browser, "facebook", "chen")
    owner = users(site)[0]["id"]
    form = button(browser, f"{ACCOUNT}/link/twitter", "Twitter can be linked.", "templates/account.html.")
    browser.submit(form)
    came_in(site, browser, "twitter", "bo")
    if owner_of(site, "twitter", BO) == owner:
        raise Missed(
            should="whoever begins a link with Twitter, gives it up, and then begins a login, has begun a login.",
            did="your app linked Bo's Twitter to the account of Chén Jìng, who had begun a link before.",
            look=TWITTER_LOOK,
        )


@exercise("8.4")
def test_twitters_answer_to_a_link_logs_nobody_in(site: Site) -> None:
    """The request token in the address is another one than the app has asked for."""
    browser = site.browser()
    came_in(site, browser, "facebook", "chen")
    callback = callback_of_link(site, browser, "twitter", "bo")
    token = callback.partition("oauth_token=")[2].partition("&")[0]
    browser.open(callback.replace(token, secrets.token_urlsafe(20)))
    if len(users(site)) != 1 or not is_signed_in(browser, CHEN.name):
        raise Missed(
            should="what began as a link logs nobody in, whatever oauth_token stands in the callback's address.",
            did="the address was changed, and your app took it for a login: the front page says: "
            f"{shortened(browser.open('/').words)}",
            look="authorized: Flask-OAuthlib hands in the request token of the session, and does not look at the "
            "address. So look there, too.",
        )


@exercise("8.4")
def test_no_request_token_is_no_crash(site: Site) -> None:
    """She has logged out in another tab before she says yes."""
    browser = site.browser()
    came_in(site, browser, "facebook", "chen")
    callback = callback_of_link(site, browser, "twitter", "bo")
    browser.submit(log_out_button(browser))
    page = browser.open(callback)
    if page.status >= 500:
        raise Missed(
            should="a callback of Twitter's may come to a session that has no request token, and is answered in words.",
            did=f"Chén Jìng logged out in another tab, and then said yes at Twitter: the status was {page.status}.",
            look='authorized in app/auth.py: session.get(f"{name}_oauthtok", ("", "")).',
        )


# 8.5 A link is its user's

USER_LOOK = (
    "linked in app/auth.py: compare user_id with current_user.get_id(), a text, before anything is linked."
)


def callback_of_link(site: Site, browser: Browser, provider: str, who: str) -> str:
    """Begins a link, and says yes at the provider: gives the address of the callback, which is still to be opened."""
    path = f"{ACCOUNT}/link/{provider}"
    label = LABELS[provider]
    should = f"{ACCOUNT} has a button that links {label}, for the user who clicks on it."
    form = button(browser, path, should, "templates/account.html.")
    try:
        return unused_callback_from(browser, browser.submit(form, follow=False), who)
    except NotAsked as error:
        raise Missed(
            should=f"a click on Link {label} leads to {label}.",
            did=f"it led to {error.page.path} with the status {error.page.status}.",
            look=why_no_link(error.page),
        ) from None


def check_nothing_came_of_it(
    site: Site, browser: Browser, before: list[Row], what: str, callback: str
) -> None:
    """Opens the callback of a link whose user has gone; nothing may be linked, and nobody logged in by it."""
    shown = browser.open("/").words
    page = browser.open(callback)
    front = browser.open("/").words
    did, look = "", USER_LOOK
    if whose(identities(site)) != whose(before):
        did = f"the ways in were {ways_in(before)}; they are {ways_in(identities(site))} now."
    elif "signed in as" in front and "signed in as" not in shown:
        did = f"then somebody was logged in: {shortened(front)}"
    elif page.status >= 500:
        did = f"{page.path} answered with the status {page.status}."
    elif page.path != "/" or page.words in (front, site.browser().open(ACCOUNT).words):
        did = f"it ended at {page.path}, where the app says nothing of it: {shortened(page.words)}"
        look = "linked in app/auth.py: return sorry(…), which shows a message on the front page."
    if did:
        raise Missed(
            should=f"a link is for the user who began it. {what} When the callback comes then, nothing is linked, "
            "nobody is logged in by it, and the front page says so.",
            did=did,
            look=look,
        )


@exercise("8.5")
def test_a_link_ends_with_the_session(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    callback = callback_of_link(site, browser, "github", "bo")
    browser.submit(log_out_button(browser))
    what = "Ada began one, and logged out in another tab."
    check_nothing_came_of_it(site, browser, identities(site), what, callback)


@exercise("8.5")
def test_a_link_ends_with_the_account(site: Site) -> None:
    here, there = site.browser(), site.browser()
    came_in(site, here, "twitter")
    came_in(site, there, "twitter")
    callback = callback_of_link(site, here, "facebook", "bo")
    there.submit(button(there, f"{ACCOUNT}/delete", "Ada can delete it.", "templates/account.html."))
    what = "Ada began one, and deleted her account in another browser."
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
    what = "Ada began one, and Chén Jìng logged in, in the same browser."
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
    what = f"Ada began one, her account was {how} in another browser, and Chén Jìng logged in here."
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
            should="in one tab a login is under way, and in another one a link. The state that comes back tells which "
            "of the two it is.",
            did=f"the {first} began first, and came back first, and your app did not take it for a {first}: "
            f"{shortened(page.words)}",
            look="what began waits beside its state in session['logins']. One word for the whole session is too few.",
        )


@exercise("8.5")
def test_a_callback_is_good_in_one_browser(site: Site) -> None:
    """Eve begins a link, says yes at Facebook, and sends Ada the address of the callback."""
    eve, ada = site.browser(), site.browser()
    came_in(site, eve, "twitter", "eve")
    came_in(site, ada, "twitter")
    callback = callback_of_link(site, eve, "facebook", "eve")
    what = "Eve began one, and sent Ada the address of her callback."
    check_nothing_came_of_it(site, ada, identities(site), what, callback)


# 8.6 The identity is known

KNOWN_LOOK = "linked in app/auth.py: find_or_create gives back whose the identity is now."


@exercise("8.6")
def test_what_is_new_was_no_way_in_before(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    page = linked(site, browser, "google", "bo", "Here it is a way in that nobody has.")
    if "already" in page.words.lower():
        raise Missed(
            should="Ada links an account at Google that nobody has. The page does not say that it was one already.",
            did=f"{page.path} says: {shortened(page.words)}",
            look="linked: look at current_user.identities before find_or_create. Afterwards the identity is among "
            "them, whether it was one before or not.",
        )


@exercise("8.6")
@pytest.mark.parametrize("provider", ["facebook", "google"])
def test_what_is_ones_own_already_stays(site: Site, provider: str) -> None:
    browser = site.browser()
    came_in(site, browser, provider, "ada")
    before = identities(site)
    why = "Ada links a way in that she has already."
    page = linked(site, browser, provider, "ada", why)
    if whose(identities(site)) != whose(before) or len(users(site)) != 1:
        raise Missed(
            should="whoever links a way in that they have already has the same ways in as before.",
            did=f"the ways in were {ways_in(before)}; they are {ways_in(identities(site))} now.",
            look=KNOWN_LOOK,
        )
    if page.path != ACCOUNT or "already" not in page.words.lower():
        raise Missed(
            should=f"then {ACCOUNT} says that it is a way in already.",
            did=f"the word 'already' does not stand at {page.path}: {shortened(page.words)}",
            look="linked: look whether it is among current_user.identities, before find_or_create.",
        )


@exercise("8.6")
@pytest.mark.parametrize("provider", ["facebook", "google"])
def test_what_is_somebody_elses_stays_theirs(site: Site, provider: str) -> None:
    came_in(site, site.browser(), provider, "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    before, people, since = identities(site), users(site), len(site.messages())
    page = linked(site, browser, provider, "bo", "Here it is a way in that somebody else has.")
    should = f"Ada links an account at {LABELS[provider]} that is a way in to Bo's account. Nothing moves."
    if whose(identities(site)) != whose(before) or users(site) != people:
        raise Missed(
            should=should,
            did=f"the ways in were {ways_in(before)}; they are {ways_in(identities(site))} now.",
            look="an identity that has a user keeps it.",
            **beside(site, provider, since, REFUSED),
        )
    if page.path != ACCOUNT or "another account" not in page.words.lower():
        raise Missed(
            should=f"{should} {ACCOUNT} says that it is a way in to another account.",
            did=f"it ended at {page.path}, which says: {shortened(page.words)}",
            look=f'{KNOWN_LOOK} And sorry(…, "account.page") shows the message on {ACCOUNT}.',
            **beside(site, provider, since, REFUSED),
        )
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should=f"{should} And Ada stays logged in.",
            did=f"the front page says: {shortened(browser.open('/').words)}",
            look="linked logs nobody in: it was no login.",
        )


@exercise("8.6")
def test_a_second_account_at_one_provider(site: Site) -> None:
    """Ada can come by Facebook. Bo's and Chén Jìng's accounts there are others."""
    came_in(site, site.browser(), "facebook", "chen")
    browser = site.browser()
    came_in(site, browser, "facebook")
    ada = owner_of(site, "facebook", ADA)
    look = (
        "linked: an identity is a pair of provider and subject. The provider alone does not say which it is."
    )
    log_out_at(site, browser, "facebook")
    page = linked(site, browser, "facebook", "bo", "It is another account there than the one Ada has.")
    if owner_of(site, "facebook", BO) != ada or "already" in page.words.lower():
        raise Missed(
            should="Ada can sign in with an account at Facebook, and links a second account there, which nobody has. "
            "It becomes one more way in, and the page does not say that it was one already.",
            did=f"the ways in are {ways_in(identities(site))}, and {page.path} says: {shortened(page.words)}",
            look=look,
        )
    log_out_at(site, browser, "facebook")
    page = linked(site, browser, "facebook", "chen", "It is a way in to Chén Jìng's account.")
    if "another account" not in page.words.lower():
        raise Missed(
            should="Ada can sign in with an account at Facebook, and links a second account there, which is a way in "
            "to Chén Jìng's account. The page says that it is a way in to another account.",
            did=f"the words 'another account' do not stand at {page.path}: {shortened(page.words)}",
            look=look,
        )


# 8.7 Nobody is logged in


@exercise("8.7")
@pytest.mark.parametrize("provider", ["twitter", "github"])
def test_who_is_known_is_the_same_user(site: Site, provider: str) -> None:
    came_in(site, site.browser(), provider, "chen")
    before = users(site)
    came_in(site, site.browser(), provider, "chen")
    if users(site) != before:
        raise Missed(
            should=f"whoever signs in with {LABELS[provider]} a second time is the same user.",
            did=f"there were {len(before)} users, and are {len(users(site))} now.",
            look="user_of in app/people.py: an identity that is there already.",
        )


@exercise("8.7")
def test_a_verified_address_leads_to_its_user(site: Site) -> None:
    came_in(site, site.browser(), "google")
    came_in(site, site.browser(), "github")
    if len(users(site)) != 1:
        raise Missed(
            should="Ada comes from Google, and then from GitHub. Both have verified the same address: one user.",
            did=f"there are {len(users(site))} users.",
            look="user_of in app/people.py: user_by_address(profile), where no user is given.",
        )


@exercise("8.7")
@pytest.mark.parametrize(("first", "second"), [("twitter", "facebook"), ("google", "facebook")])
def test_an_address_that_nobody_vouches_for_leads_nowhere(site: Site, first: str, second: str) -> None:
    came_in(site, site.browser(), first)
    came_in(site, site.browser(), second)
    if len(users(site)) != 2:
        raise Missed(
            should=f"{LABELS[second]} does not say that an address is verified. So that login makes a new user.",
            did=f"the users are: {', '.join(str(row['name']) for row in users(site))}.",
            look="user_of in app/people.py, and verified_address: only True is True.",
        )


# 8.8 One way in less

UNLINK_SHOULD = f"each way in on {ACCOUNT} has a button that removes it."
UNLINK_LOOK = "templates/account.html: a form with method=post, to /account/unlink/ and the number."


def two_ways_in(site: Site, browser: Browser) -> tuple[Row, Row]:
    """Ada is logged in, and can come by Twitter and by Facebook."""
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
            should=f"a click on Remove at {gone['provider']} removes that way in, and no other.",
            did=f"it ended with the status {page.status}, and the ways in are: {ways_in(left)}.",
            look="unlink: db.session.delete(identity), and db.session.commit().",
        )
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should="whoever removes a way in stays logged in.",
            did=f"the front page says: {shortened(browser.open('/').words)}",
            look="unlink logs nobody out.",
        )
    came_in(site, site.browser(), gone["provider"])
    if len(users(site)) != 2:
        raise Missed(
            should="a way in that was removed does not lead to the account any more.",
            did=f"somebody came with {gone['provider']}, and the ways in are: {ways_in(identities(site))}.",
            look="unlink: the row has to be gone.",
        )


@exercise("8.8")
def test_an_address_is_shown_as_text(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "twitter")
    check_shown_as_text(
        site, browser, ADA, f"{ACCOUNT} names each way in that it removes, and its email address."
    )


def check_shown_as_text(site: Site, browser: Browser, owner: Person, should: str) -> None:
    """Missed where the account page in a browser takes an address of that user's for markup."""
    user = owner_of(site, "twitter" if owner is ADA else "facebook", owner)
    assert user is not None
    add_identity(site, user, "github", owner, untold_email=f'"{MARKUP}"@example.org')
    if taken_as_markup(account(browser)):
        raise Missed(
            should=f"{should} An address is shown as text, whatever it is.",
            did=f'a provider told the address "{MARKUP}"@example.org, and {ACCOUNT} took it for markup.',
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
                should="nobody can remove a way in of somebody else, whatever number they write into the address.",
                did=f"Eve sent a POST to {ACCOUNT}/unlink/{id}, with a token of her own, and now the ways in are: "
                f"{ways_in(identities(site))}.",
                look="unlink: is identity.user_id that of whoever is logged in? If not, abort(404).",
            )
        if page.status != 404:
            raise Missed(
                should="the number of somebody else's way in, or of none, is answered with 404. Another status would "
                "say which numbers there are.",
                did=f"{ACCOUNT}/unlink/{id} answered Eve with the status {page.status}.",
                look="unlink: look for the ID among current_user.identities. If it is not there, abort(404)."
                if id not in TOO_LARGE
                else "unlink: no database takes an ID of any size in a query. So look for the ID among "
                "current_user.identities, where Python compares.",
            )
        eve.open(ACCOUNT)


@exercise("8.8")
def test_the_number_stands_in_the_path(site: Site) -> None:
    """Eve sends the path of a way in of her own, with the number of Ada's in other places of the request."""
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
                should=f"a POST to {ACCOUNT}/unlink/{own} removes nothing but that way in.",
                did=f"Eve sent one with the id of Ada's identity {where}, and Ada's identity was removed.",
                look="unlink: the number comes from the path, and identity.user_id says whose it is.",
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
            "nothing, and is no error.",
            did=f"Ada's browser sent the form with the number of Bo's way in, and the status was {page.status}. The "
            f"ways in are: {ways_in(identities(site))}.",
            look="unlink: @login_required comes below @bp.route. Above it, it protects nothing.",
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
                should=f"only a POST removes a way in. A GET of {path} is sent by any link and any picture.",
                did=f"a {method} removed it.",
                look='unlink: @bp.route("/unlink/<int:id>", methods=["POST"]). ' + HEAD_TOO,
            )
    without_a_token(browser, path)
    if len(identities(site)) != 2:
        raise Missed(
            should=f"a POST to {path} without a token removes nothing.",
            did="it was removed.",
            look="unlink must not be exempt from csrf, and csrf.init_app(app) must be there.",
        )


@exercise("8.8")
def test_an_address_goes_with_who_vouched_for_it(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "google")
    # Two ways in with the same address, of which nobody says that it is verified.
    add_identity(site, users(site)[0]["id"], "twitter", ADA, untold_email=ADA.google.email)
    add_identity(site, users(site)[0]["id"], "facebook", ADA, untold_email=ADA.google.email)
    site.database.change("UPDATE identities SET email_verified = (1 = 0) WHERE provider = 'facebook'")
    google = next(row for row in identities(site) if row["provider"] == "google")
    browser.submit(button(browser, f"{ACCOUNT}/unlink/{google['id']}", UNLINK_SHOULD, UNLINK_LOOK))
    came_in(site, site.browser(), "google")
    if owner_of(site, "google", ADA) == google["user_id"]:
        raise Missed(
            should="Ada has removed Google, who had verified her address. Who comes with that Google then does not get "
            "into her account. Her other ways in have the same address, and none of them says that it is verified.",
            did="the login with Google found her account by the verified address, and was a way in again.",
            look="unlink: verified_email is None, where none of the ways in that are left vouches for it: the same "
            "address, and email_verified. db.session.commit() comes after that.",
        )


@exercise("8.8")
@pytest.mark.parametrize("vouches", ["for another address", "for another user"])
def test_only_ones_own_way_in_vouches_and_only_for_its_address(site: Site, vouches: str) -> None:
    """GitHub has verified an address: another one of Ada's, or the same one, of a way in that is Chén Jìng's."""
    browser = site.browser()
    came_in(site, browser, "google")
    ada = users(site)[0]["id"]
    add_identity(site, ada, "twitter", ADA)
    if vouches == "for another address":
        add_identity(site, ada, "github", ADA, verified_email="ada-codes@example.net")
        also = "GitHub has verified another email address of hers."
        look = (
            "compare verified_email with each verified address. That some address is verified is too little."
        )
    else:
        came_in(site, site.browser(), "twitter", "chen")
        chen = owner_of(site, "twitter", CHEN)
        assert chen is not None
        add_identity(site, chen, "github", ADA, verified_email=ADA.google.email)
        also = "GitHub has verified the same address, of a way in that Chén Jìng has."
        look = "only the ways in of current_user count: filter_by(user_id=current_user.id)."
    google = next(row for row in identities(site) if row["provider"] == "google")
    browser.submit(button(browser, f"{ACCOUNT}/unlink/{google['id']}", UNLINK_SHOULD, UNLINK_LOOK))
    came_in(site, site.browser(), "google")
    if owner_of(site, "google", ADA) == ada:
        raise Missed(
            should=f"Ada has removed Google, which had verified her address. {also} A login with that Google does not "
            "lead to her account any more.",
            did="that login found her account by the verified address, and was a way in again.",
            look=f"unlink: {look}",
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
                should=f"Ada removed {LABELS[provider]}, and GitHub still vouches for her address.",
                did=f"her verified_email is {verified!r} now.",
                look="unlink: only what none of the ways in that are left vouches for is not verified any more. GitHub "
                "writes her address with other letters, and verified_email holds it as comparable() gives it: compare "
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


# 8.9 The last way in stays


def account_with_two(site: Site, browser: Browser) -> Page:
    """The account page of Ada, who has two ways in."""
    two_ways_in(site, browser)
    return account(browser)


def unlink_forms(page: Page) -> list[Form]:
    """The forms that remove one of two ways in, from one page: both tabs show it."""
    forms = [form for form in page.forms() if f"{ACCOUNT}/unlink/" in form.action and form.method == "POST"]
    if len(forms) != 2:
        raise Missed(
            should=f"with two ways in {ACCOUNT} has two buttons, one to remove each.",
            did=f"it has {len(forms)} forms to {ACCOUNT}/unlink/….",
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
            should="somebody who has removed one of two ways in cannot remove the other one.",
            did="it was removed: nobody will ever come into this account again.",
            look="unlink: how many are left?",
        )
    if page.status >= 400 or page.path != ACCOUNT or "only way in" not in page.words.lower():
        raise Missed(
            should=f"then {ACCOUNT} says that it is the only way in, in these words.",
            did=f"it ended at {page.path} with the status {page.status}, and the page says: {shortened(page.words)}",
            look="unlink: flash(…) with these words, and a redirect to account.page.",
        )


@exercise("8.9")
def test_what_vouches_for_the_address_stays_with_the_only_way_in(site: Site) -> None:
    browser = site.browser()
    came_in(site, browser, "google")
    (row,) = identities(site)
    token = button(browser, f"{ACCOUNT}/delete", "Ada can delete her account.", "templates/account.html.")
    # The page may leave the button out. A form that was sent from an older page comes all the same.
    form = Form("POST", token.action.replace("/delete", f"/unlink/{row['id']}"), token.fields, ())
    if browser.submit(form).status >= 500:
        raise Missed(
            should="whoever sends the form that removes the only way in is told that it is the only one.",
            did="it was answered with 500.",
            look="unlink.",
        )
    if not identities(site) or users(site)[0]["verified_email"] != ADA.google.email:
        raise Missed(
            should="where the last way in stays, everything stays as it was.",
            did=f"the ways in are {ways_in(identities(site))}, and verified_email is "
            f"{users(site)[0]['verified_email']!r}.",
            look="unlink: db.session.rollback() takes back what was not committed.",
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
        did = f"the ways in that are left: {ways_in(left)}."
        if crashed:
            did += f" And one of them was answered with {crashed[0]}."[:200]
        raise Missed(
            should="two tabs remove one way in each, of two that there are, at the same moment, and two processes of "
            "your app answer them. One way in stays.",
            did=did,
            look="unlink: only the database knows what both do. A lock in your program is another one in each process. "
            "Delete first, then count, and db.session.rollback() if none is left. On PostgreSQL lock the "
            "user's row before: with_for_update=True.",
        )


# 8.10 Both accounts are proved

HOW_ADA_LEFT = {
    "logged out": "She logs out.",
    "still there": "She does not log out.",
    "deleted": "Her own account is deleted in another browser.",
    "merged": "Her own account is merged into another one, in another browser.",
}

MERGE = f"{ACCOUNT}/merge"
PROOF_LOOK = "proved in app/account.py: each reason why there is no proof gives None."


def proved(site: Site, browser: Browser, provider: str, who: str, look: str = "") -> Form:
    """Whoever is logged in links what is somebody else's: gives the form that merges the two. `look` is one more place
    to look if there is none."""
    linked(
        site, browser, provider, who, "It is another account's, and so proves that that one is theirs, too."
    )
    return button(
        browser,
        MERGE,
        f"after a link was refused because it is another account's, {ACCOUNT} has a button that merges the two.",
        f"templates/account.html: where there is a proof, a form with method=post, to {MERGE}. {look}".strip(),
    )


OF_THE_USER = "a proof holds the number of the user who has it, and is good for nobody else."


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
    """The form of the account page that merges two accounts; None where there is none."""
    page = browser.open(ACCOUNT)
    if page.status >= 400:
        raise Missed(
            should=f"{ACCOUNT} responds with status 200, whether there is a proof or not.",
            did=f"it responded with status {page.status}.",
            look=f"{PROOF_LOOK} db.session.get gives None for a user who is gone, and get_or_404 does not.",
        )
    return form_to(page, MERGE)


def check_no_proof(browser: Browser, what: str, look: str) -> None:
    """Missed where the account page has a button that merges two accounts."""
    if what_is_proved(browser):
        raise Missed(
            should=f"{what} Then {ACCOUNT} has no button that merges two accounts.",
            did=f"it has a form that is sent to {MERGE}.",
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
                should=f"beside the button {ACCOUNT} says which account the other one is: each of its ways in, by "
                f"provider and email address. One is {LABELS[row['provider']]}, {row['email']}.",
                did=f"that email address is not on the page: {shortened(page.words)}",
                look="templates/account.html: other.identities has the ways in of the other account.",
            )


@exercise("8.10")
def test_an_address_of_the_other_account_is_shown_as_text(site: Site) -> None:
    came_in(site, site.browser(), "facebook", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    proved(site, browser, "facebook", "bo")
    check_shown_as_text(site, browser, BO, f"{ACCOUNT} names the ways in of the other account.")


@exercise("8.10")
def test_only_somebody_elses_way_in_is_a_proof(site: Site) -> None:
    look = "linked in app/auth.py: the proof is kept where owner.id is not user.id, and nowhere else."
    browser = site.browser()
    came_in(site, browser, "twitter")
    check_no_proof(browser, "Ada has logged in, and has linked nothing.", PROOF_LOOK)
    linked(site, browser, "facebook", "bo")
    check_no_proof(browser, "Ada has linked a way in that nobody had.", look)
    linked(site, browser, "facebook", "bo")
    check_no_proof(browser, "Ada has tried to link a way in that Ada had.", look)


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
    "A proof holds when it was made, time.time(), and is good for ten minutes. time.time() is the same in every time "
    "zone. datetime.utcnow().timestamp() is not, because timestamp() takes a naive time as local time."
)


@exercise("8.10")
def test_a_proof_ends(open_site: SITE, database: Database) -> None:
    key = {"SECRET_KEY": secrets.token_hex(), **FAR_FROM_GREENWICH}
    site = open_site(database=database, environment=key)
    came_in(site, site.browser(), "facebook", "bo")
    browser = site.browser()
    came_in(site, browser, "twitter")
    for minutes in (11, 24 * 60 + 5, 8):
        # Each time a proof of its own: an app may forget a proof that was too old.
        proved(site, browser, "facebook", "bo", SECONDS_LOOK)
        later = open_site(database=database, environment=key, ahead=60 * minutes).browser()
        later.set_cookie("session", browser.cookie("session") or "")
        if minutes > 10:
            what = f"Ada proves that a second account is hers, and opens {ACCOUNT} {minutes} minutes later."
            look = SECONDS_LOOK
            if minutes > 60:
                look += (
                    " The difference of two times of time.time() is in seconds, of any number. timedelta.seconds "
                    "begins again after each day: total_seconds() does not."
                )
            check_no_proof(later, what, look)
        elif not what_is_proved(later):
            raise Missed(
                should=f"a proof is good for ten minutes: {minutes} minutes later {ACCOUNT} still has the button.",
                did="it has none.",
                look=f"{PROOF_LOOK} {SECONDS_LOOK}",
            )


@exercise("8.10")
@pytest.mark.parametrize("leaves", HOW_ADA_LEFT)
def test_a_proof_is_not_for_the_next_one(site: Site, leaves: str) -> None:
    browser, _ = ada_leaves_a_proof(site, leaves)
    what = f"Ada has a proof for Bo's account. {HOW_ADA_LEFT[leaves]} Chén Jìng logs in, in the same browser."
    check_no_proof(browser, what, OF_THE_USER)


# 8.11 Two accounts become one


def all_moved(site: Site, before: list[Row], to: int) -> bool:
    """Whether every way in that there was is now one of that user's, and nobody else is left."""
    wanted = {(row["provider"], row["subject"], to) for row in before}
    return whose(identities(site)) == wanted and [row["id"] for row in users(site)] == [to]


def check_not_merged(site: Site, before: list[Row], people: list[Row], what: str, look: str) -> None:
    """Whether nothing has become of a merge that was not to be."""
    if whose(identities(site)) != whose(before) or users(site) != people:
        raise Missed(
            should=f"{what} Nothing is merged then.",
            did=f"the ways in were {ways_in(before)}; they are {ways_in(identities(site))} now.",
            look=look,
        )


def why_not_in_one(site: Site, before: list[Row], stays: int, goes: int) -> str:
    """Where to look after a merge by which two accounts have not become the one."""
    left, ids = whose(identities(site)), [row["id"] for row in users(site)]
    if (left, ids) == (whose(before), sorted((stays, goes))):
        return (
            "merge in app/people.py ends with db.session.commit(). If it does: merge_other in app/account.py calls "
            "merge(user, other), with what proved() gives."
        )
    if ids == [goes]:
        return "merge in app/people.py: user, who is logged in, stays, and other goes. Which of the two is deleted?"
    lost = {row[:2] for row in whose(before)} - {row[:2] for row in left}
    if lost:
        providers = ", ".join(sorted(LABELS[provider] for provider, _ in lost))
        return (
            f"merge in app/people.py: a way in by {providers} is lost. Every identity of the other user moves, "
            "whatever providers the user has who stays, and only then the other user is deleted. A loop over "
            "other.identities that gives each to another user takes it out of that very list: list(other.identities) "
            "stays whole."
        )
    if len(ids) == 2 and {row[2] for row in left} == {stays}:
        return "merge in app/people.py: the ways in have moved. The other user is not deleted yet."
    return "merge in app/people.py: first move every way in, then delete the other user, and commit."


@exercise("8.11")
@pytest.mark.parametrize("others", [(), ("google", "github")], ids=["one", "three"])
def test_everything_is_in_one_account(site: Site, others: tuple[str, ...]) -> None:
    """Bo's account goes, with as many ways in as it has."""
    browser, elsewhere = site.browser(), site.browser()
    came_in(site, elsewhere, "facebook", "bo")
    bo = users(site)[0]["id"]
    for provider in others:
        add_identity(site, bo, provider, BO)
    came_in(site, browser, "twitter")
    ada = owner_of(site, "twitter", ADA)
    assert ada is not None
    for provider in others:  # an account at the same provider each
        add_identity(site, ada, provider, ADA)
    before = identities(site)
    form = proved(site, browser, "facebook", "bo")
    page = browser.submit(form)
    if page.status >= 400 or not all_moved(site, before, ada):
        raise Missed(
            should=f"after a merge every way in of both is one of user {ada}, who is logged in, and user {bo} is gone.",
            did=f"it ended with the status {page.status}. The ways in are: {ways_in(identities(site))}; the users are: "
            f"{', '.join(str(row['id']) for row in users(site))}.",
            look=why_not_in_one(site, before, ada, bo),
        )
    if (name := users(site)[0]["name"]) != ADA.name:
        raise Missed(
            should="the account that stays keeps its own name.",
            did=f"Ada merged Bo's account into hers, and its name is {name} now.",
            look="merge in app/people.py: the name of the user who stays is not changed.",
        )
    if not is_signed_in(browser, ADA.name):
        raise Missed(
            should="whoever merges stays logged in.",
            did=f"the front page says: {shortened(browser.open('/').words)}",
            look="merge: it is the other user who goes.",
        )
    page = elsewhere.open("/welcome")
    if page.status >= 500 or page.path == "/welcome":
        raise Missed(
            should="a browser that is logged in to the account that is gone is logged out, and told so kindly.",
            did=f"/welcome ended at {page.path} with the status {page.status}.",
            look="load_user in app/models.py gives None where there is no such user.",
        )
    came_in(site, elsewhere, "facebook", "bo")
    if not is_signed_in(elsewhere, ADA.name):
        raise Missed(
            should="after a merge every way in of both leads to the one account.",
            did=f"Bo signed in with Facebook: {shortened(elsewhere.open('/').words)}",
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
            should="a browser that is logged in to the account that is gone is nobody, also after somebody new came.",
            did=f"it is logged in as the new one: {shortened(page.words)}",
            look="class User in app/models.py: sqlite_autoincrement, and the migration 0005.",
        )


@exercise("8.11")
def test_the_addresses_are_not_lost(site: Site) -> None:
    """Chén Jìng has no address at Twitter, and one that Google has verified."""
    came_in(site, site.browser(), "google", "chen")
    browser = site.browser()
    came_in(site, browser, "twitter", "chen")
    browser.submit(proved(site, browser, "google", "chen"))
    (user,) = users(site) if len(users(site)) == 1 else (None,)
    has = (user["email"], user["verified_email"]) if user else None
    if has != (CHEN.google.email, CHEN.google.email):
        raise Missed(
            should="where the account that stays has no address, and no verified one, it gets those of the other one: "
            f"{CHEN.google.email}, verified.",
            did=f"email and verified_email are now {has}." if has else "there are still two users.",
            look="merge in app/people.py: read both before the other user is deleted, and give them on afterwards.",
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
            should="the account that stays keeps its own name and its own addresses.",
            did=f"the users were {kept}; they are {users(site)} now.",
            look="merge in app/people.py: user.email or other.email, and the same for verified_email.",
        )


@exercise("8.11")
@pytest.mark.parametrize(
    ("who", "provider"), [("ada", "google"), ("chen", "facebook")], ids=["a-verified-one", "an-address"]
)
def test_what_is_missing_is_given_on(site: Site, who: str, provider: str) -> None:
    """Twitter verifies no address of Ada's, and has none of Chén Jìng's. The other account is Bo's."""
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
            should=f"after a merge the account that stays has {wanted}: each address that it has is its own, and each "
            "that it has not is the other account's.",
            did=f"it has {has}." if has else "that account is gone.",
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
        check_not_merged(site, before, people, f"Ada's browser opens {MERGE} by a {method}.", look)
    plain = {name: value for name, value in form.fields if "csrf" not in name}
    without_a_token(browser, MERGE, **plain)
    look = "merge_other must not be exempt from csrf, and csrf.init_app(app) must be there."
    check_not_merged(site, before, people, f"Ada's browser sends {MERGE} a form without a token.", look)


@exercise("8.11")
def test_without_a_proof_there_is_no_merge(site: Site) -> None:
    """Eve knows the numbers of others, and any token of her own will do."""
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
        look = "merge_other: which user it is has to come from the proof in the session."
        what = f"Eve has proved nothing, and sends {MERGE} the number {victim} of somebody else."
        check_not_merged(site, before, people, what, look)
        if page.status >= 500:
            raise Missed(
                should=f"{MERGE} without a proof merges nothing, and is no error.",
                did=f"it answered with the status {page.status}.",
                look="merge_other: proved() may be None.",
            )
        eve.open(ACCOUNT)
    # With a proof for Bo's account, Ada's number in the form is worth nothing, either.
    form = proved(site, eve, "facebook", "bo")
    bo = owner_of(site, "facebook", BO)
    ada = owner_of(site, "twitter", ADA)
    fields = tuple((name, str(ada) if value == str(bo) else value) for name, value in form.fields)
    query = "&".join(f"{name}={ada}" for name in names)
    filled = (*fields, *((name, str(ada)) for name in names))
    eve.submit(Form("POST", f"{form.action}?{query}", filled, ()))
    if owner_of(site, "twitter", ADA) != ada:
        raise Missed(
            should="Eve has proved that Bo's account is hers, and writes Ada's number into the form.",
            did=f"the ways in are: {ways_in(identities(site))}.",
            look="merge_other: which user it is has to come from the proof in the session.",
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
            should="a proof is good for one merge. Then the button is gone, and a second click merges nothing.",
            did=f"the second click was answered with {again.status}."
            if again.status >= 500
            else "the button is still there.",
            look="merge_other: session.pop('proved', None).",
        )
    if not {row["id"] for row in people} < {row["id"] for row in users(site)} or not whose(before) < whose(
        identities(site)
    ):
        raise Missed(
            should="the second click on the same button merges nothing.",
            did=f"the ways in are {ways_in(identities(site))} now.",
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
        # Each time a proof of its own: an app may forget a proof that was too old.
        form = proved(site, browser, "facebook", "bo", SECONDS_LOOK)
        later = open_site(database=database, environment=key, ahead=60 * minutes)
        again = later.browser()
        again.set_cookie("session", browser.cookie("session") or "")
        again.open("/")
        again.submit(form)
        if minutes > 10:
            what = f"Somebody proves that another account is theirs, and clicks {minutes} minutes later."
            check_not_merged(site, before, people, what, SECONDS_LOOK)
        elif len(users(site)) != 1:
            raise Missed(
                should=f"a proof is good for ten minutes: {minutes} minutes later one can still merge.",
                did="nothing was merged.",
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
    look = "merge_other: @login_required comes below @bp.route. Above it, it protects nothing."
    check_not_merged(site, before, people, what, look)
    if page.status >= 500:
        raise Missed(
            should=f"{what} A click on the button that is still shown here is no error.",
            did=f"it was answered with {page.status}.",
            look=look,
        )


@exercise("8.11")
@pytest.mark.parametrize("leaves", HOW_ADA_LEFT)
def test_a_proof_merges_nothing_for_the_next_one(site: Site, leaves: str) -> None:
    browser, form = ada_leaves_a_proof(site, leaves)
    before, people = identities(site), users(site)
    fresh = button(browser, f"{ACCOUNT}/delete", "One can delete it.", "templates/account.html.")
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
            "a": "Over HTTPS both are encrypted, address and all. Over HTTP neither is.",
            "b": "To Facebook both are the same request, and your app sends it by a redirect, which is a GET.",
            "d": "A login needs its state as much: without it somebody is logged in as somebody else.",
        },
    )


# 8.13 What the steps before this one taught

# That the buttons still work is a matter of 8.1.
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
            "page that is still open here deletes nothing, and is no error.",
            did=f"it was answered with {page.status}. There were {len(before)} users, and are {len(users(site))} now.",
            look="delete in app/account.py: @login_required comes below @bp.route. Above it, it protects nothing.",
        )
