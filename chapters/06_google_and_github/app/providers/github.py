"""GitHub: OAuth 2, and the person's addresses in a list of their own."""

import os

from . import Profile

label = "GitHub"


# TODO 6.3: GitHub's addresses, key and secret
def settings():
    return {}


def profile(remote, answer, nonce):
    # TODO 6.3: who is it? The number, not the login name: that one can change
    # TODO 6.4: the primary address, and whether GitHub has verified it
    raise ValueError("Nobody asks GitHub who it is yet: exercise 6.3.")
