"""Eve's old session is in Ada's account, because Ada's user has the ID that Eve's user had.

Eve makes an account, keeps a copy of her own cookie, and deletes the account. SQLite gives the highest ID again
when its row is gone, so the next new user, Ada, gets Eve's. The session in Eve's cookie has nothing but this ID. It is
Ada's now. An ID must never be given twice (sqlite_autoincrement), or the session must have more than the ID.
"""

from __future__ import annotations

from workbook.lab.visits import ACCOUNT, form_to

from ..outcomes import CannotTry, Outcome, withstood, works
from ..scene import Scene


def a_deleted_account(scene: Scene) -> Outcome:
    """Eve deletes her account, and Ada logs in for the first time."""
    eve, ada = scene.eve(), scene.ada()
    scene.sign_in(eve, "eve")
    scene.begin()
    form = form_to(scene.account(eve), f"{ACCOUNT}/delete")
    if form is None:
        raise CannotTry("The account page has no button that deletes the account.")
    copy = eve.cookies()
    eve.submit(form)
    if scene.greeting(eve, "eve") is not None:
        raise CannotTry("Eve could not delete her account.")
    scene.sign_in(ada, "ada")
    for name, value in copy.items():
        eve.set_cookie(name, value)
    greeting = scene.greeting(eve, "ada")
    if greeting:
        return works(
            f"Eve deleted her account and kept her cookie. Then Ada came. Eve is now Ada for the app: {greeting}."
        )
    return withstood(
        "Eve deleted her account and kept her cookie. Then Ada came, and Eve's cookie leads to no account."
    )


WAYS = (a_deleted_account,)
