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


# exercise 8.3: begin a link by POST, for users who are logged in
@bp.route("/link/<name>", methods=["POST"])
@login_required
def begin_link(name):
    return auth.send_to(name, current_user.id)


# end 8.3


# exercise 8.8: remove an identity by POST, and only an identity of the current user
@bp.route("/unlink/<int:id>", methods=["POST"])
@login_required
def unlink(id):
    identity = next((one for one in current_user.identities if one.id == id), None)
    if identity is None:
        abort(404)
    label = providers.find(identity.provider).label
    # exercise 8.9: the second of two tabs waits here (SQLite has no such lock, and waits at the delete)
    db.session.get(User, current_user.id, with_for_update=True)
    # end 8.9
    db.session.delete(identity)
    db.session.flush()
    left = db.session.scalars(db.select(Identity).filter_by(user_id=current_user.id)).all()
    # exercise 8.9: the last identity stays
    if not left:
        db.session.rollback()
        flash("This is your only way in. Link another one first.")
        return redirect(url_for("account.page"))
    # end 8.9
    if current_user.verified_email not in [comparable(one.email) for one in left if one.email_verified]:
        current_user.verified_email = None  # no identity of the user vouches for it any more
    db.session.commit()
    flash(f"You cannot sign in with this {label} account any more.")
    return redirect(url_for("account.page"))


# end 8.8


def proved():
    """The other user, if the current user has just proved that the other account is theirs, too. None otherwise."""
    # exercise 8.10: proved by the current user, and not long ago
    # stub: return None
    said = session.get("proved")
    if said is None or said["by"] != current_user.id or time.time() - said["at"] > PROVED_FOR:
        return None
    return db.session.get(User, said["user"])
    # end 8.10


@bp.route("/merge", methods=["POST"])
@login_required
def merge_other():
    # exercise 8.11: merge two accounts that are both proved
    # stub: flash("Nobody makes one account of them yet: exercise 8.11.")
    other = proved()
    session.pop("proved", None)
    if other is None:
        flash("First show that the other account is yours: link one of its ways in.")
    else:
        merge(current_user._get_current_object(), other)
        flash("The two accounts are one now.")
    # end 8.11
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
