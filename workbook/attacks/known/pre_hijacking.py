"""Eve's account, with Ada's unverified email address, becomes Ada's account, or the reverse.

Eve has written Ada's email address into an account of her own at a provider. She cannot confirm it, because the mail
goes to Ada. Eve logs in to the app with this account, before Ada comes here for the first time. Then Ada logs in with
another provider. If the app makes one user of two identities with the same email address, Ada is in the account that
Eve made, and everything that she does there is Eve's, too (Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX
Security 2022). If Ada comes first, Eve is in Ada's account at once.

An email address proves something only if the provider says, in so many words, that it has verified this address.
"""

from __future__ import annotations

from workbook.lab.visits import sign_in

from ..outcomes import CannotTry, Outcome, withstood, works
from ..scene import Scene, label

# The providers where an account can have an email address that is not confirmed, or that do not say so. (Twitter gives
# confirmed email addresses only.)
_UNPROVED = ("facebook", "google", "github")
# Ada logs in with the first of these that there is, and that is not Eve's. The first two say that her email address is
# verified.
_ADAS = ("google", "github", "twitter", "facebook")


def eve_first(scene: Scene) -> Outcome:
    """Eve makes the account, and Ada comes later."""
    return _try(scene, ("eve", "ada"))


def ada_first(scene: Scene) -> Outcome:
    """Ada has an account already."""
    return _try(scene, ("ada", "eve"))


def _try(scene: Scene, order: tuple[str, str]) -> Outcome:
    pairs = [
        {"eve": hers, "ada": adas}
        for hers in _UNPROVED
        for adas in [next((name for name in _ADAS if name in scene.ways_in and name != hers), None)]
        if hers in scene.ways_in and adas
    ]
    if not pairs:
        raise CannotTry(
            "The app has no two providers, one of them with email addresses that may be unverified."
        )
    for number, by in enumerate(pairs):
        if number:
            scene.begin_anew()
        address = scene.person("ada").google.email
        scene.site.providers.people.change("eve", facebook={"email": address})
        scene.begin()
        browsers = {"eve": scene.eve(), "ada": scene.ada()}
        first, second = order
        scene.sign_in(browsers[first], first, by[first])
        sign_in(browsers[second], second, start=scene.way_in(by[second]))
        greeting = scene.greeting(browsers[second], first)
        if greeting:
            names = scene.person(first).name, scene.person(second).name
            return works(
                f"{names[0]} logged in with {label(by[first])}, then {names[1]} with {label(by[second])}. Both "
                f"accounts have the email address {address}, and Eve's is not verified. The app has one user for both: "
                f"to {names[1]} {greeting}."
            )
    said = "Eve came first" if order[0] == "eve" else "Ada came first"
    return withstood(
        f"{said}, with an email address of Ada's that is not verified, and the app greeted each of the two by "
        "their own name."
    )


WAYS = (eve_first, ada_first)
