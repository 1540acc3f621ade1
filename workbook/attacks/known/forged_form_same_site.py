"""A form on Eve's page, on another port of the app's own host, logs Ada out, or deletes her account.

The attack is the same as forged-form, but Eve's page is on the same site as the app. A site is a registered domain with
everything below it: an app at app.example.org and a page of Eve's at pages.example.org are one site. On this machine
every port of localhost is one site. The browser sends a cookie between pages of one site whatever its SameSite is. So
SameSite alone is not enough, and the form needs a CSRF token.
"""

from __future__ import annotations

from ..forms import sent_from
from ..outcomes import Outcome
from ..scene import Scene
from ..server import BESIDE


def by_a_form(scene: Scene) -> Outcome:
    """Eve's page has the form."""
    return sent_from(scene, BESIDE)


WAYS = (by_a_form,)
