"""What the app takes from its environment. What belongs to a provider stands in the provider's module."""

import os


def from_environment():
    return {
        "SECRET_KEY": os.environ["SECRET_KEY"],
        # A form that another site posts comes without our cookie.
        "SESSION_COOKIE_SAMESITE": "Lax",
        # Without DATABASE_URL, the users are in the file instance/people.db.
        "SQLALCHEMY_DATABASE_URI": os.environ.get("DATABASE_URL", "sqlite:///people.db"),
    }
