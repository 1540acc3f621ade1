"""Faults that the providers can have on request. The switch is out of reach of the app under test."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from flask import g, request

from .serving import HANG_UP

# A description of each fault, for the people who switch it on. Those of the first group can happen at every endpoint.
EVERYWHERE = {
    "slow": "responds after some seconds",
    "silent": "accepts the request, and sends no response",
    "down": "closes the connection",
    "cut": "closes the connection in the middle of its response",
    "error": "says that it has too much to do",
}
AT_SOME = {
    "expired_code": "says that the code, or the request token, is too old",
    "wrong_state": "sends the browser back with a different state or request token",
    "wrong_token_type": "gives a token of a type that the app did not ask for",
    "broken_json": "responds with half of a JSON document",
    "null": "responds with null instead of a document",
    "no_access": "says that the app has no access to this call of the API",
    "missing_email": "leaves the email address out",
    "replayed_nonce": "rejects the nonce as used, or returns an old one",
}
# How long a silent endpoint keeps a request (seconds). No app should wait as long.
LONGEST_SILENCE = 600.0
KINDS = {**EVERYWHERE, **AT_SOME}
ALL = "all"


@dataclass(frozen=True)
class Fault:
    """One fault; `seconds` is how long a slow endpoint takes."""

    kind: str
    seconds: float = 2.0


class Faults:
    """The faults that are switched on, by provider and endpoint.

    `endpoints` names for each provider its endpoints, and for each of these the faults beyond EVERYWHERE.
    """

    def __init__(self, endpoints: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        self.kinds = {
            provider: {name: (*EVERYWHERE, *more) for name, more in of_provider.items()}
            for provider, of_provider in endpoints.items()
        }
        self._on: dict[tuple[str, str], Fault] = {}
        self._changed = threading.Condition()
        self._ended = False

    def set(self, provider: str, endpoint: str, kind: str, *, seconds: float = 2.0) -> None:
        """Switches a fault on, at one endpoint or at "all" that can have it; ValueError lists the faults."""
        if provider not in self.kinds:
            raise ValueError(f"There is no provider '{provider}', only {', '.join(self.kinds)}.")
        endpoints = self.kinds[provider]
        if endpoint != ALL and endpoint not in endpoints:
            raise ValueError(f"{provider} has no endpoint '{endpoint}', only {', '.join((*endpoints, ALL))}.")
        possible = endpoints.get(endpoint) or tuple(dict.fromkeys(chain(*endpoints.values())))
        if kind not in possible:
            raise ValueError(f"{provider}.{endpoint} has no fault '{kind}', only {', '.join(possible)}.")
        with self._changed:
            self._on[provider, endpoint] = Fault(kind, seconds)
            self._changed.notify_all()

    def clear(self, provider: str | None = None, endpoint: str | None = None) -> None:
        """Switches one fault off, or every one. Requests that wait get their responses."""
        with self._changed:
            if provider is None or endpoint is None:
                self._on.clear()
            else:
                self._on.pop((provider, endpoint), None)
            self._changed.notify_all()

    def end(self) -> None:
        """The providers stop: no request waits any longer."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def on(self) -> dict[tuple[str, str], str]:
        """The faults that are on: the kind, by provider and endpoint."""
        with self._changed:
            return {place: fault.kind for place, fault in self._on.items()}

    def happen(self, provider: str, endpoint: str, environ: dict[str, Any]) -> str | None:
        """Lets the fault of an endpoint happen to a request: waits, or hangs up. Returns its kind, if there is one: the
        endpoint does the rest."""
        with self._changed:
            fault = self._of(provider, endpoint)
            if fault is None:
                return None
            if fault.kind == "slow":
                self._changed.wait_for(
                    lambda: self._ended or self._of(provider, endpoint) != fault, fault.seconds
                )
            elif fault.kind == "silent":
                self._changed.wait_for(
                    lambda: self._ended or self._of(provider, endpoint) != fault, LONGEST_SILENCE
                )
        if fault.kind == "down":
            environ[HANG_UP]()
        return fault.kind

    def _of(self, provider: str, endpoint: str) -> Fault | None:
        fault = self._on.get((provider, endpoint)) or self._on.get((provider, ALL))
        return fault if fault and fault.kind in self.kinds[provider][endpoint] else None


def half(document: bytes) -> bytes:
    """The first half of a document, for "broken_json" and "cut"."""
    return document[: len(document) // 2]


def fault_of_request(provider: str, faults: Faults, endpoints: Iterable[str]) -> str | None:
    """Lets the fault of the endpoint that Flask is about to call happen, and puts its kind into `g.fault`. Returns the
    endpoint's name where the response must say that the endpoint is too busy."""
    endpoint = (request.endpoint or "").rpartition(".")[2].removesuffix("_decided")
    g.fault = faults.happen(provider, endpoint, request.environ) if endpoint in endpoints else None
    return endpoint if g.fault in ("silent", "down", "error") else None
