"""The finished apps' requests to the providers are as the providers document them, parameter by parameter.

The documented forms are in forms/. No request goes to a real provider, so the test does not show what a provider really
does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

import pytest

from workbook.course.places import SOLUTIONS
from workbook.flow.messages import Message, Parameter
from workbook.lab.site import Site
from workbook.lab.visits import NotAsked, form_to, link, refuse, refuse_link, sign_in
from workbook.lab.warm import Warm

from ..submissions.submitting import HERE, Submission
from .documented import BY_ID, CALLBACK, FORM_ENCODED, FORMS, Form, form_of, requests_of

# For each step the providers of its finished app, and the path where a login begins.
STARTS: dict[str, dict[str, str]] = {
    "00_what_oauth_is": {"facebook": "/login"},
    "01_twitter_login": {"twitter": "/login"},
    "02_inside_the_session": {"twitter": "/login"},
    **{
        step: {name: f"/login/{name}" for name in ("twitter", "facebook")}
        for step in ("03_facebook_login", "04_users_in_a_database", "05_one_user_many_identities")
    },
    **{
        step: {name: f"/login/{name}" for name in ("twitter", "facebook", "google", "github")}
        for step in ("06_google_and_github", "07_linking_by_email", "08_the_account_page")
    },
}
# These keep the next page in the callback's query string. So the callback is not the registered one then.
NEXT_IN_CALLBACK = ("01_twitter_login", "02_inside_the_session")
# Parameters that the apps send, and that the provider's own pages do not have. Flask-OAuthlib sends all of them by
# itself.
NOT_THEIRS = {
    "facebook: access token, grant_type",
    "facebook: me, access_token",
    "github: authorize, response_type",
    "github: access token, grant_type",
}


class Said(NamedTuple):
    """A request, the documented form that it has to have, and the app's settings."""

    request: Message
    form: Form
    settings: Mapping[str, str]

    def differences(self) -> list[str]:
        return self.form.differences(self.request, self.settings)


def said(site: Site) -> Iterator[Said]:
    """Every request of the site's app, and every one that it made a browser send."""
    settings = site.providers.environment()
    bases = {form.id: (settings[form.variable],) for form in FORMS}
    for request in requests_of(site.messages()):
        form = form_of(request, bases)
        assert form is not None, f"nothing documents {request.method} {request.url}"
        callback = f"http://localhost:5000/auth/{form.provider}/callback"
        yield Said(request, form, {**settings, CALLBACK: callback})


def forms_of(providers: Iterable[str]) -> set[str]:
    return {form.id for form in FORMS if form.provider in providers}


@pytest.mark.parametrize("step", STARTS)
def test_every_request_is_as_documented(step: str, warm: Warm) -> None:
    """Logins, denials, a login that goes on to a page, and the requests of only some apps."""
    with Site(SOLUTIONS / step, warm) as site:
        for start in STARTS[step].values():
            sign_in(site.browser(), start=start)
            refuse(site.browser(), start=start)
            if step not in NEXT_IN_CALLBACK:
                sign_in(site.browser(), "dara", start=f"{start}?next=/welcome")
        if step == "02_inside_the_session":
            site.browser().open("/by-hand")
        if step == "08_the_account_page":
            linked_and_merged(site)
        every = list(said(site))
    assert {one.form.id for one in every} == forms_of(STARTS[step])
    assert [what for one in every for what in one.differences()] == []


def linked_and_merged(site: Site) -> None:
    """Chen links all providers, and denies access first. Bo has two accounts, and merges them."""
    browser = site.browser()
    sign_in(browser, "chen", start="/login/twitter")
    for provider in ("facebook", "google", "github"):
        assert "You denied" in refuse_link(browser, provider, "chen").words
        assert "From now on" in link(browser, provider, "chen").words
    sign_in(site.browser(), "bo", start="/login/facebook")
    browser = site.browser()
    sign_in(browser, "bo", start="/login/twitter")
    merge = form_to(link(browser, "facebook", "bo"), "/account/merge")
    assert merge is not None and "are one now" in browser.submit(merge).words


@pytest.mark.parametrize("step", NEXT_IN_CALLBACK)
def test_a_page_to_go_on_to_makes_another_callback(step: str, warm: Warm) -> None:
    """X compares the callback with its list exactly, and README says to leave `?next=` out."""
    with Site(SOLUTIONS / step, warm) as site:
        sign_in(site.browser(), start="/login?next=/welcome")
        found = [what for one in said(site) for what in one.differences()]
    assert len(found) == 1 and found[0].startswith(
        "twitter: request token: oauth_callback is "
        "'http://localhost:5000/auth/twitter/callback?next=/welcome', and not CALLBACK"
    ), found


@pytest.mark.parametrize(
    ("patch", "provider", "difference"),
    [
        ("02/wrong/2.8-python-true", "twitter", "verify credentials: include_email is 'True'"),
        ("03/wrong/3.1-callback-with-a-slash", "facebook", "dialog: redirect_uri is"),
        ("06/wrong/6.3-by-get", "github", "access token: the method is GET"),
        ("06/wrong/6.5-no-openid", "google", "authorization: scope is 'email profile'"),
    ],
)
def test_an_app_that_is_wrong_is_refused(
    patch: str, provider: str, difference: str, tmp_path: Path, warm: Warm
) -> None:
    submission = Submission(HERE / f"{patch}.patch")
    folder = submission.write(tmp_path) / submission.step
    with Site(folder, warm) as site:
        with suppress(NotAsked):
            sign_in(site.browser(), start=STARTS[submission.step][provider])
        found = [what for one in said(site) for what in one.differences()]
    assert found and all(what.startswith(f"{provider}: ") for what in found), found
    assert any(what.startswith(f"{provider}: {difference}") for what in found), found


@pytest.fixture(scope="module")
def every(warm: Warm) -> dict[str, Said]:
    """One request of each form, as the last step's app sends it, by the form's ID."""
    with Site(SOLUTIONS / "08_the_account_page", warm) as site:
        for start in STARTS["08_the_account_page"].values():
            sign_in(site.browser(), start=start)
        found = {one.form.id: one for one in said(site)}
    assert set(found) == set(BY_ID)
    return found


def test_what_the_providers_own_pages_do_not_have(every: dict[str, Said]) -> None:
    sent = {
        f"{form.id}, {parameter.name}"
        for request, form, _ in every.values()
        for parameter in request.parameters
        if form.by_name[parameter.name].not_theirs
    }
    assert sent == NOT_THEIRS


# From here on requests are changed: the comparison has to find the change.


def rebuilt(request: Message, parameters: Iterable[Parameter]) -> Message:
    """The same request with other parameters, each at its place."""
    at = {
        place: [(one.name, one.value) for one in parameters if one.place == place]
        for place in ("query", "form", "authorization")
    }
    headers = [(n, v) for n, v in request.headers if n not in ("Authorization", "Content-Type")]
    if at["authorization"]:
        scheme = (request.header("Authorization") or "OAuth").partition(" ")[0]
        pairs = ", ".join(f'{quote(n, "")}="{quote(v, "")}"' for n, v in at["authorization"])
        headers.append(
            ("Authorization", f"{scheme} {pairs if scheme == 'OAuth' else at['authorization'][0][1]}")
        )
    if at["form"]:
        headers.append(("Content-Type", FORM_ENCODED))
    query = f"?{urlencode(at['query'])}" if at["query"] else ""
    return replace(
        request,
        url=request.url.partition("?")[0] + query,
        headers=tuple(headers),
        body=urlencode(at["form"]),
    )


# A change of one parameter of a request: the parameters that replace it, in any number of ways.
Change = Callable[[Parameter, Said], Iterable[list[Parameter]]]


def places_of(one: Said) -> set[str]:
    """Where a parameter with a name can be in this request. A bearer token has none."""
    return {"query", "form"} | ({"authorization"} if one.form.scheme == "OAuth" else set())


def other_places(parameter: Parameter, one: Said) -> list[str]:
    return sorted(places_of(one) - set(one.form.by_name[parameter.name].at))


PARAMETER_CHANGES: dict[str, Change] = {
    "under another name": lambda p, one: [
        [p._replace(name=name)] for name in (f"{p.name}s", p.name.title()) if p.place in places_of(one)
    ],
    "at another place": lambda p, one: [[p._replace(place=place)] for place in other_places(p, one)],
    "twice": lambda p, one: [[p, p]] if p.place in places_of(one) else [],
    "with a value that cannot be": lambda p, one: [[p._replace(value=v)] for v in ("", "\u00e9", "a\nb")],
    "with one more": lambda p, one: [[p, Parameter("more", "1", place)] for place in sorted(places_of(one))],
}


@pytest.mark.parametrize("change", PARAMETER_CHANGES)
def test_a_changed_parameter_is_refused(change: str, every: dict[str, Said]) -> None:
    passed, tried = [], 0
    for one in every.values():
        parameters = one.request.parameters
        assert one._replace(request=rebuilt(one.request, parameters)).differences() == []
        for number, parameter in enumerate(parameters):
            for others in PARAMETER_CHANGES[change](parameter, one):
                changed = [*parameters[:number], *others, *parameters[number + 1 :]]
                tried += 1
                if not one._replace(request=rebuilt(one.request, changed)).differences():
                    passed.append((one.form.id, others))
    assert passed == [] and tried >= 40, (passed, tried)


def test_what_is_required_cannot_be_left_out(every: dict[str, Said]) -> None:
    """A parameter that is not required can be left out, without another difference."""
    for one in every.values():
        parameters = one.request.parameters
        for number, parameter in enumerate(parameters):
            changed = rebuilt(one.request, [*parameters[:number], *parameters[number + 1 :]])
            documented = one.form.by_name[parameter.name]
            missing = f"{one.form.id}: {parameter.name} is missing ({documented.source})"
            found = one._replace(request=changed).differences()
            assert (missing in found) if documented.required else found == [], (parameter, found)


def test_what_goes_without_parameters_takes_none(every: dict[str, Said]) -> None:
    for one, place in product(every.values(), ("query", "form")):
        request = rebuilt(one.request, [*one.request.parameters, Parameter("more", "1", place)])
        found = one._replace(request=request).differences()
        assert f"{one.form.id}: more is not documented ({one.form.source})" in found


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD", "get"])
def test_another_method_is_refused(method: str, every: dict[str, Said]) -> None:
    for one in every.values():
        found = one._replace(request=replace(one.request, method=method)).differences()
        wrong = [f"{one.form.id}: the method is {method} ({one.form.source})"]
        assert found == ([] if method in one.form.methods else wrong)


@pytest.mark.parametrize(
    ("old", "new"), [("?", "/?"), ("/oauth/", "/OAuth/"), ("v25.0", "v2.0"), ("/user/emails", "/user/email")]
)
def test_another_path_is_nothing_documented(old: str, new: str, every: dict[str, Said]) -> None:
    changed = 0
    for one in every.values():
        url = f"{one.request.url}?".replace(old, new, 1).removesuffix("?")
        if url != one.request.url:
            changed += 1
            bases = {form.id: (one.settings[form.variable],) for form in FORMS}
            assert form_of(replace(one.request, url=url), bases) is None, url
    assert changed


@pytest.mark.parametrize("header", [None, "Basic YTpi", "Bearer", "OAuth2 x", "Digest x"])
def test_another_authorization_is_refused(header: str | None, every: dict[str, Said]) -> None:
    for one in every.values():
        kept = [pair for pair in one.request.headers if pair[0] != "Authorization"]
        sent = [("Authorization", header)] if header else []
        found = one._replace(request=replace(one.request, headers=(*kept, *sent))).differences()
        assert found or (header is None and one.form.scheme is None), one.form.id


@pytest.mark.parametrize("kind", [None, "application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_another_body_is_refused(kind: str | None, every: dict[str, Said]) -> None:
    for one in every.values():
        kept = [pair for pair in one.request.headers if pair[0] != "Content-Type"]
        sent = [("Content-Type", kind)] if kind else []
        body = one.request.body or '{"more": 1}'
        found = one._replace(request=replace(one.request, headers=(*kept, *sent), body=body)).differences()
        assert any("the body's type is" in what for what in found), one.form.id


def test_github_needs_a_user_agent(every: dict[str, Said]) -> None:
    for id in ("github: user", "github: addresses"):
        one = every[id]
        kept = tuple(pair for pair in one.request.headers if pair[0] != "User-Agent")
        found = one._replace(request=replace(one.request, headers=kept)).differences()
        assert found == [f"{id}: User-Agent is missing ({one.form.headers[0].source})"]


@pytest.mark.parametrize(
    ("id", "name", "value"),
    [
        ("twitter: request token", "oauth_callback", "http://localhost:5000/auth/twitter/callback/"),
        ("twitter: request token", "oauth_callback", "http://127.0.0.1:5000/auth/twitter/callback"),
        ("twitter: request token", "oauth_signature_method", "HMAC-SHA256"),
        ("twitter: request token", "oauth_version", "1.0a"),
        ("twitter: request token", "oauth_timestamp", "1795789840.5"),
        ("twitter: access token", "oauth_consumer_key", "another"),
        ("twitter: verify credentials", "include_email", "True"),
        ("facebook: dialog", "response_type", "token"),
        ("facebook: dialog", "scope", "Email"),
        ("facebook: dialog", "redirect_uri", "http://localhost:5000/auth/facebook/callback?next=/welcome"),
        ("facebook: access token", "redirect_uri", "https://localhost:5000/auth/facebook/callback"),
        ("facebook: me", "fields", "id, name, email"),
        ("google: authorization", "scope", "email profile"),
        ("google: authorization", "scope", "openid,email,profile"),
        ("google: authorization", "response_type", "code id_token"),
        ("google: token", "grant_type", "code"),
        ("google: token", "redirect_uri", "http://localhost:5000/auth/Google/callback"),
        ("github: authorize", "scope", "user:email,read:user"),
        ("github: access token", "client_secret", "another"),
        ("github: addresses", "per_page", "101"),
    ],
)
def test_a_value_that_is_nearly_right_is_refused(
    id: str, name: str, value: str, every: dict[str, Said]
) -> None:
    one = every[id]
    changed = [p._replace(value=value) if p.name == name else p for p in one.request.parameters]
    found = one._replace(request=rebuilt(one.request, changed)).differences()
    documented = one.form.by_name[name]
    assert len(found) == 1 and found[0].startswith(f"{id}: {name} is {value!r}"), found
    assert found[0].endswith(f"({documented.source})")
