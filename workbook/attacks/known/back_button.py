"""After Ada's logout, the back button still shows her page.

Ada logs out at a computer that several people use, and leaves. Eve sits down and presses the browser's back button. The
browser has kept Ada's page, and shows it without a request to the app. A logout cannot change that any more. The app
must have said so when it sent the page: Cache-Control with no-store keeps a page of one user out of what the browser
keeps (RFC 9111 section 5.2.2.5).
"""

from __future__ import annotations

from workbook.lab.browser import Page
from workbook.lab.visits import ACCOUNT

from ..outcomes import CannotTry, Outcome, withstood, works
from ..scene import WELCOME, Scene, quote_of


def after_the_logout(scene: Scene) -> Outcome:
    """Ada looks at her pages and logs out, and Eve goes back."""
    ada = scene.ada()
    scene.sign_in(ada, "ada")
    scene.begin()
    person = scene.person("ada")
    seen = [page for page in map(ada.open, (ACCOUNT, WELCOME, "/")) if quote_of(page, person)]
    if not seen:
        raise CannotTry("No page of the app shows Ada's name.")
    scene.log_out(ada)
    for page in seen:
        if not _is_forgotten(page):
            return works(
                f"Ada logged out. Eve, at the same computer, pressed the back button, and {page.path} shows "
                f"“{quote_of(page, person)}”: no Cache-Control: no-store came with this page."
            )
    paths = ", ".join(page.path for page in seen)
    return withstood(
        f"The browser kept none of Ada's pages ({paths}): they came with Cache-Control: no-store."
    )


def _is_forgotten(page: Page) -> bool:
    """Whether the browser keeps nothing of a page."""
    controls = [value.lower() for name, value in page.headers if name.lower() == "cache-control"]
    return "no-store" in [directive.strip() for value in controls for directive in value.split(",")]


WAYS = (after_the_logout,)
