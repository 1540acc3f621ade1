"""The blueprint that every provider begins with, and the page about a provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from .callbacks import add_callbacks
from .faults import Faults, fault_of_request, half
from .state import State

# The purpose of the logout button's form, as in csrf_token.
_LOG_OUT = "logout"


def blueprint(
    state: State[Any],
    module: str,
    *,
    faults: Faults,
    endpoints: Iterable[str],
    headers: Mapping[str, str],
    too_busy: Callable[[str], AnyResponse],
) -> Blueprint:
    """A blueprint without views, whose templates are beside the Python module of that name.

    Faults happen at the `endpoints`. `too_busy` makes the response of an endpoint that a fault keeps from its usual
    one. Each response has those `headers`, unless its view set a Cache-Control of its own.
    """
    pages = Blueprint(state.name, module, template_folder="templates")

    @pages.before_request
    def fault() -> AnyResponse | None:
        endpoint = fault_of_request(state.name, faults, endpoints)
        return None if endpoint is None else too_busy(endpoint)

    @pages.after_request
    def as_always(response: AnyResponse) -> AnyResponse:
        if "Cache-Control" not in response.headers:
            response.headers.update(headers)
        if g.get("fault") == "broken_json":
            response.set_data(half(response.get_data()))
        if g.get("fault") == "null":
            response.set_data(b"null")
        response = state.sessions.renewed(response)
        if g.get("fault") == "cut":
            announced = len(response.get_data())
            response.set_data(half(response.get_data()))
            response.headers["Content-Length"] = str(announced)
        return response

    return pages


def add_about(pages: Blueprint, state: State[Any]) -> None:
    """Adds the page about a provider, from the template NAME/about.html, and the view of the page's logout button."""

    @pages.get("/")
    def about() -> AnyResponse:
        session = state.sessions.current()
        page = render_template(
            f"{state.name}/about.html",
            people=state.people,
            state=state,
            csrf_token=state.sessions.csrf_token(session, _LOG_OUT),
        )
        return state.sessions.give(Response(page), session)

    @pages.post("/logout")
    def logout() -> AnyResponse:
        state.sessions.of_form(_LOG_OUT)
        state.sessions.log_out()
        return redirect(url_for(f"{state.name}.about"))

    add_callbacks(pages, state, _LOG_OUT)
