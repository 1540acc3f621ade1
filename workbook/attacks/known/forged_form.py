"""A form on Eve's website logs Ada out, or deletes her account (cross-site request forgery).

Ada is logged in to the app, and visits Eve's website. Its page has a form like the app's own, and a script that sends
it. The browser sends the POST to the app, with Ada's cookie. Without a CSRF token the app cannot tell it from a click
of Ada's.

The cookie's attribute SameSite=Lax keeps it out of a POST that comes from another site. Chromium does the same for a
cookie without the attribute, but not in the first two minutes of the cookie. Even without the cookie Ada can be logged
out: if the app responds with a new session, for example to show a message, then this session replaces hers. So an app
must reject such a POST before it writes to the session. Eve also tries a GET, which SameSite=Lax lets pass.
"""

from __future__ import annotations

from workbook.flow.messages import split

from ..forms import Victim, sent_from, what_came_of_it
from ..outcomes import Outcome
from ..scene import Scene
from ..server import EVIL


def by_a_form(scene: Scene) -> Outcome:
    """Eve's page has the form."""
    return sent_from(scene, EVIL)


def by_a_link(scene: Scene) -> Outcome:
    """Eve's page has a link instead of a form, for an app that does by GET what needs a POST."""
    victim = Victim(scene)
    scene.server.show_link(victim.form.action)
    scene.begin()
    victim.browser.click(victim.browser.open(EVIL).links()[0])
    return what_came_of_it(victim, f"a GET to {split(victim.form.action).path} from Eve's page {EVIL}")


WAYS = (by_a_form, by_a_link)
