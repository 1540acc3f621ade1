"""The users, their identities, and their logins."""

import sqlite3

from flask_login import LoginManager, UserMixin
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine

db = SQLAlchemy()
migrate = Migrate()
login_manager = LoginManager()
login_manager.login_view = "pages.index"


class User(UserMixin, db.Model):
    """One user of the app."""

    __tablename__ = "users"
    # SQLite would give a deleted user's ID, if it was the highest, to the next user. A browser that still has the old
    # user's session would then be logged in as the new user (sqlite.org/autoinc.html).
    __table_args__ = ({"sqlite_autoincrement": True},)

    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String, nullable=False)
    email = db.Column(db.String)
    # The email address that a provider has verified, in the form in which the app compares it. No other user can
    # have it: it is unique, and NULL for users who have none.
    verified_email = db.Column(db.String, unique=True, index=True)
    identities = db.relationship(
        "Identity",
        back_populates="user",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="Identity.id",
    )


class Identity(db.Model):
    """One account of a user at a provider: the provider, and the subject, which is the account's ID there."""

    __tablename__ = "identities"
    __table_args__ = (db.UniqueConstraint("provider", "subject", name="uq_identities_provider_subject"),)

    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
    provider = db.Column(db.String, nullable=False)
    subject = db.Column(db.String, nullable=False)
    # From the last login. email_verified is true, false, or NULL if the provider does not say.
    email = db.Column(db.String)
    email_verified = db.Column(db.Boolean)
    user = db.relationship("User", back_populates="identities")


class Login(db.Model):
    """A browser in which a user is logged in. Its session has the ID, a random string, under the key "login"."""

    __tablename__ = "logins"

    id = db.Column(db.String, primary_key=True)
    user_id = db.Column(db.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
    # The identity with which the user has logged in. NULL if the user has removed it.
    identity_id = db.Column(db.ForeignKey("identities.id", ondelete="SET NULL"), index=True)
    at = db.Column(db.Integer, nullable=False)  # when, in seconds since 1970


@event.listens_for(Engine, "connect")
def enforce_foreign_keys(connection, record):
    """Turns on SQLite's check of foreign keys, by default off in each connection (sqlite.org/foreignkeys.html)."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA foreign_keys = ON")
