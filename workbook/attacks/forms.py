"""A form of the app that Eve's page sends, and the harm that it does to Ada."""

from __future__ import annotations

from workbook.flow.messages import ELSEWHERE, split
from workbook.lab.browser import Form

from .outcomes import CannotTry, Outcome, withstood, works
from .scene import LOGOUT, Scene

DELETE = "/account/delete"


class Victim:
    """Ada, who is logged in in two browsers: in one she visits Eve's page, and the other one shows whether her account
    is still there. `form` is the most harmful form that she has; CannotTry where she has none."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._elsewhere = scene.browser(ELSEWHERE)
        scene.sign_in(self._elsewhere, "ada")
        self.browser = scene.ada()
        scene.sign_in(self.browser, "ada")
        self.form = self._most_harmful()

    def _most_harmful(self) -> Form:
        forms = {split(form.action).path: form for form in self._scene.forms_of(self.browser)}
        found = next((forms[path] for path in (DELETE, LOGOUT) if path in forms), None)
        if found is None:
            raise CannotTry("The app has no form: no button logs out or deletes the account.")
        return found

    def harm(self) -> str | None:
        """The harm that was done, in words; None where there was none."""
        if self._scene.greeting(self.browser, "ada") is not None:
            return None
        if self._scene.greeting(self._elsewhere, "ada") is None:
            return "deleted her account"
        return "logged her out"


def sent_from(scene: Scene, eves_page: str) -> Outcome:
    """Eve's page sends the most harmful form that Ada has. Its CSRF token is from a session of Eve's own, the best that
    Eve can have."""
    victim = Victim(scene)
    path = split(victim.form.action).path
    eve = scene.eve()
    scene.sign_in(eve, "eve")
    hers = next((form for form in scene.forms_of(eve) if split(form.action).path == path), victim.form)
    scene.server.show_form(victim.form.action, hers.fields)
    scene.begin()
    victim.browser.submit(victim.browser.open(eves_page).forms()[0])
    return what_came_of_it(victim, f"a POST to {path} from Eve's page {eves_page}")


def what_came_of_it(victim: Victim, sent: str) -> Outcome:
    """The outcome, after Ada's browser sent a request that is described by `sent`."""
    harm = victim.harm()
    if harm:
        return works(f"Ada's browser sent {sent}, and the app {harm}.")
    return withstood(f"Ada's browser sent {sent}, and the app did nothing to her account or session.")
