"""The settings that the app reads from its environment. Each provider's settings are in the provider's module."""

import os


def from_environment():
    return {
        "SECRET_KEY": os.environ["SECRET_KEY"],
        # The browser sends no session cookie with a form that another website posts.
        "SESSION_COOKIE_SAMESITE": "Lax",
        # Without DATABASE_URL, the users are in the file instance/people.db.
        "SQLALCHEMY_DATABASE_URI": os.environ.get("DATABASE_URL", "sqlite:///people.db"),
    }
