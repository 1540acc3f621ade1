"""The account page: every way in, one more, one less, two accounts made one, and the end."""

import time

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from flask_login import current_user, login_required, logout_user

from . import auth, providers
from .models import Identity, User, db
from .people import comparable, merge

bp = Blueprint("account", __name__, url_prefix="/account")

PROVED_FOR = 10 * 60  # so long may a person think about a merge (seconds)


@bp.route("")
@login_required
def page():
    return render_template("account.html", other=proved())


# TODO 8.3: one more way in: by POST, and for those who are logged in


# TODO 8.8: one way in less: by POST, and only one's own
# TODO 8.9: of two tabs the second one waits here; on SQLite, which has no such lock, it waits at its delete
# TODO 8.9: the last way in stays


def proved():
    """The other account that this person has just proved to be theirs; None where there is none."""
    # TODO 8.10: proved by whoever is logged in now, and not long ago
    return None


@bp.route("/merge", methods=["POST"])
@login_required
def merge_other():
    # TODO 8.11: make one account of two, both of which are proved
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
