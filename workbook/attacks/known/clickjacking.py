"""Ada clicks on Eve's page, and presses a button of the app that she does not see.

Eve's page shows the app in a frame, transparent, above a picture of kittens. Ada clicks on a kitten. Her click goes to
the app's button, with her cookie and with the right CSRF token, because the page in the frame is the app's own. Only
the app can forbid the frame: by the header Content-Security-Policy with frame-ancestors, or by the older
X-Frame-Options.

Browsers send the session cookie into a frame on another site only if it has SameSite=None. So Eve's page is on the
app's own site here, where SameSite does not help: in production on a name below the same domain, on this machine on
another port.
"""

from __future__ import annotations

from workbook.flow.messages import split
from workbook.lab.browser import HOME
from workbook.lab.visits import ACCOUNT, form_to

from ..forms import Victim
from ..frames import may_be_framed
from ..outcomes import CannotTry, Outcome, withstood, works
from ..scene import Scene
from ..server import BESIDE


def a_button_in_a_frame(scene: Scene) -> Outcome:
    """Eve frames the page that has Ada's most harmful button: the account page, or else the front page."""
    victim = Victim(scene)
    button = split(victim.form.action).path
    for path in (ACCOUNT, "/"):
        scene.begin()
        scene.server.show_frame(HOME + path)
        victim.browser.open(BESIDE)
        # The browser loads a frame as it follows a link here, with the same cookies: the site is the same.
        page = victim.browser.click(HOME + path)
        form = form_to(page, button)
        if form is None:
            continue
        if not all(may_be_framed(answer, by=BESIDE) for answer in page.answers):
            return withstood(
                f"The browser showed nothing of {page.path} in a frame of Eve's: a header forbids it."
            )
        victim.browser.submit(form)
        harm = victim.harm()
        if harm:
            return works(
                f"Eve's page {BESIDE} showed {page.path} in a frame, because no header forbids it. Ada clicked on a "
                f"kitten, pressed the button for {button}, and the app {harm}."
            )
        return withstood(f"Ada pressed the button for {button} in a frame of Eve's, and the app did nothing.")
    raise CannotTry(f"Neither {ACCOUNT} nor the front page has the button for {button}.")


WAYS = (a_button_in_a_frame,)
