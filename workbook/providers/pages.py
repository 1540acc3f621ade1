"""The Flask apps with the providers' pages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Response
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.local import LocalProxy

from .asked import Asked, Documents
from .doors import NO_FRAMES
from .faults import Faults
from .provider import Provider
from .state import State

if TYPE_CHECKING:
    from flask import Blueprint

STATIC = "/provider-static"
# The server's states and faults for the request that this thread handles.
_states: ContextVar[dict[Provider[Any], State[Any]]] = ContextVar("workbook.states")
_faults: ContextVar[Faults] = ContextVar("workbook.faults")


class _Compiled(BytecodeCache):
    """Templates as they were compiled, for every server of this process: a check starts many, and a page takes longer
    to compile than to show. BytecodeCache compares a kept template with a digest of its source."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


class Pages(Flask):
    """Flask, with templates that are compiled once in a process, and requests as asked.py reads them."""

    request_class = Asked
    json_provider_class = Documents
    jinja_options = {"bytecode_cache": _Compiled()}  # noqa: RUF012 (Flask reads it from the class)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is: none here is a coroutine. Flask would inspect each of them at each request."""
        return func


_made: dict[Provider[Any], Pages] = {}
_making = threading.Lock()


def about(states: dict[Provider[Any], State[Any]], faults: Faults) -> None:
    """Sets the states and faults of this thread's next request, for the pages of `pages_of`."""
    _states.set(states)
    _faults.set(faults)


def pages_of(provider: Provider[Any], state: State[Any], faults: Faults) -> Pages:
    """The pages of a provider, for requests before each of which `about` was called.

    Werkzeug takes as long to make a route as to handle ten requests. So the pages are made once in a process, and
    `about` tells which server a request came to. The pages of a provider that is named anew are for one server only.
    """
    if provider.named_anew:
        return with_blueprint(provider.pages(state, faults))
    with _making:
        if provider not in _made:
            asked = LocalProxy(lambda: _states.get()[provider])
            _made[provider] = with_blueprint(
                provider.pages(cast("State[Any]", asked), cast("Faults", LocalProxy(_faults)))
            )
        return _made[provider]


def with_blueprint(blueprint: Blueprint | None) -> Pages:
    """An app of one blueprint, below the blueprint's name; an app without pages where there is no blueprint."""
    pages = Pages(__name__, static_folder="static", static_url_path=STATIC)

    @pages.after_request
    def in_no_frame(response: Response) -> Response:
        response.headers.update(NO_FRAMES)
        return response

    if blueprint is not None:
        pages.register_blueprint(blueprint, url_prefix=f"/{blueprint.name}")
    return pages
