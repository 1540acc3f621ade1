"""The app sends the code of Ada's login at one provider to Eve's provider (mix-up).

An app with several providers has one that is Eve's, or that Eve has broken into. Here it is the app's Facebook. Ada
clicks on "Sign in with Facebook", and Eve's provider redirects her browser to an honest one, with the app's own client
ID there and with the `state` of Ada's login. Ada sees the honest provider's page, and allows access. The code goes back
to the app. If the app believes that the code is Facebook's, it sends the code to Facebook's token endpoint, which is
Eve's. Eve opens the callback with this code in her own browser, and is Ada (RFC 9700 section 4.4).

A state must be good only at the callback of the provider where the login began, and each provider needs a redirect URI
of its own, registered as a whole. Some providers also name themselves in the callback, as `iss` (RFC 9207). An app that
compares `iss` stops the mix-up, too, where the honest provider sends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlunsplit

from workbook.flow.messages import EVES_SITE, split
from workbook.lab.browser import HOME, Browser, NoAnswer
from workbook.lab.visits import NotAsked, decide_on
from workbook.providers.callbacks import list_callback

from ..outcomes import CannotTry, Outcome, withstood, works
from ..scene import LOGIN, OAUTH1, Scene, label
from ..server import ASKED_BY_APP, EVIL, Answer, Asked, EvesServer, json, redirect

_EVES = "facebook"


def environment(server: EvesServer) -> Mapping[str, str | None]:
    """The app's Facebook is Eve's server: the browser knows it by its name, the app by its real place."""
    return {
        "FACEBOOK_URL": EVIL,
        "FACEBOOK_GRAPH_URL": f"http://127.0.0.1:{server.port}{ASKED_BY_APP}",
    }


def to_the_honest_callback(scene: Scene) -> Outcome:
    """The honest provider sends the code to the redirect URI that the app has there."""
    return _try(scene, to_eves_callback=False)


def to_eves_callback(scene: Scene) -> Outcome:
    """Eve asks the honest provider to send the code to the redirect URI of her own provider. A provider that compares
    only the beginning of the redirect URI does so."""
    return _try(scene, to_eves_callback=True)


def by_a_wildcard(scene: Scene) -> Outcome:
    """The same, and the app is registered at GitHub with the beginning of its redirect URIs only. GitHub then accepts
    every URL below it ("wildcard matching")."""
    github = scene.site.providers.github
    list_callback(github, f"{HOME}/")
    github.wildcard = True
    return _try(scene, to_eves_callback=True)


def _try(scene: Scene, *, to_eves_callback: bool) -> Outcome:
    honest = [provider for provider in scene.ways_in if provider not in (*OAUTH1, _EVES)]
    if not honest:
        raise CannotTry("The app has one provider that speaks OAuth 2, so there is nothing to mix up.")
    dialog = split(_begins(scene.eve(), _EVES))
    if dialog.netloc != EVES_SITE:
        raise CannotTry(f"The app's login with {label(_EVES)} does not lead to the provider at FACEBOOK_URL.")
    stopped = []
    for provider in honest:
        scene.server.begin_anew()
        scene.begin()
        _play_provider(scene, dialog.path, _begins(scene.eve(), provider), to_eves_callback)
        ada = scene.ada()
        try:
            page = ada.open(f"{LOGIN}/{_EVES}")
            decide_on(ada, page, "ada", "allow")
        except NotAsked:
            stopped.append(f"{label(provider)} rejected the redirect URI of {label(_EVES)}.")
            continue
        except NoAnswer as error:
            raise CannotTry(f"Ada's browser went no further: {error}.") from None
        code = _stolen(scene)
        if code is None:
            stopped.append(f"The app did not send the code of {label(provider)} to Eve's provider.")
            continue
        evidence = f"The app sent the code of Ada's login with {label(provider)} to Eve's provider."
        greeting = _used_by_eve(scene, provider, code)
        return works(f"{evidence} Eve used it, and is Ada for the app: {greeting}." if greeting else evidence)
    return withstood(" ".join(stopped))


def _used_by_eve(scene: Scene, provider: str, code: str) -> str | None:
    """Eve begins a login of her own, and opens its callback with Ada's code: how the app greets her as Ada then."""
    eve = scene.eve()
    sent = dict(parse_qsl(split(_begins(eve, provider)).query))
    back = {"code": code, "state": sent.get("state", "")}
    eve.open(f"{sent.get('redirect_uri', '/')}?{urlencode(back)}")
    return scene.greeting(eve, "ada")


def _begins(eve: Browser, provider: str) -> str:
    """The URL at the provider to which the app redirects Eve's browser for a login. Everybody can read the app's client
    ID in it."""
    return eve.open(f"{LOGIN}/{provider}", follow=False).answers[-1].header("Location") or ""


def _play_provider(scene: Scene, path: str, honest: str, to_eves_callback: bool) -> None:
    """From now on Eve's server is a provider, which sends browsers from its dialog at `path` on to the honest one.
    `honest` is the URL by which a login begins there."""

    def dialog(asked: Asked) -> Answer:
        parts = split(honest)
        sent = dict(parse_qsl(parts.query)) | {"state": asked.parameters.get("state", "")}
        if to_eves_callback:
            sent["redirect_uri"] = asked.parameters.get("redirect_uri", "")
        return redirect(urlunsplit(parts._replace(query=urlencode(sent))))

    scene.server.answer(path, dialog)
    scene.server.answer(f"{ASKED_BY_APP}{path.rpartition('/dialog/')[0]}/oauth/access_token", _no_token)


def _no_token(asked: Asked) -> Answer:
    return json('{"access_token": "eves", "token_type": "bearer"}')


def _stolen(scene: Scene) -> str | None:
    """The code that the app sent to Eve's provider."""
    asked = [one for one in scene.server.arrived if one.path.startswith(ASKED_BY_APP)]
    return next((one.parameters["code"] for one in asked if "code" in one.parameters), None)


WAYS = (to_the_honest_callback, to_eves_callback, by_a_wildcard)
