"""The account page: see identities, link one, remove one, merge two users, and delete a user."""

import time

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from flask_login import current_user, login_required, logout_user

from . import auth, providers
from .models import Identity, User, db
from .people import comparable, merge

bp = Blueprint("account", __name__, url_prefix="/account")

PROVED_FOR = 10 * 60  # how long a proof holds (seconds)


@bp.route("")
@login_required
def page():
    return render_template("account.html", other=proved())


# TODO 8.3: begin a link by POST, for users who are logged in


# TODO 8.8: remove an identity by POST, and only an identity of the current user
# TODO 8.9: the second of two tabs waits here (SQLite has no such lock, and waits at the delete)
# TODO 8.9: the last identity stays


def proved():
    """The other user, if the current user has just proved that the other account is theirs, too. None otherwise."""
    # TODO 8.10: proved by the current user, and not long ago
    return None


@bp.route("/merge", methods=["POST"])
@login_required
def merge_other():
    # TODO 8.11: merge two accounts that are both proved
    flash("Nobody makes one account of them yet: exercise 8.11.")
    return redirect(url_for("account.page"))


@bp.route("/delete", methods=["POST"])
@login_required
def delete():
    # The database deletes the identities: ON DELETE CASCADE.
    db.session.execute(db.delete(User).filter_by(id=current_user.id))
    db.session.commit()
    session.clear()
    logout_user()
    flash("Your account is deleted.")
    return redirect(url_for("pages.index"))
