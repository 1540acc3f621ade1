"""GitHub: OAuth 2, and a separate list of the user's email addresses."""

import os

from . import Profile

label = "GitHub"


# TODO 6.3: GitHub's URLs, client ID and client secret
def settings():
    return {}


def profile(remote, answer, nonce):
    # TODO 6.3: the subject is the ID, and not the login name, because the name can change
    # TODO 6.4: the primary email address, and whether GitHub has verified it
    raise ValueError("Nobody asks GitHub who it is yet: exercise 6.3.")
