"""The account page: see identities, link one, remove one, merge two users, and delete a user."""

import time

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, session, url_for
from flask_login import current_user, login_required, logout_user

from . import auth, providers
from .models import Identity, Login, User, db
from .people import comparable, merge

bp = Blueprint("account", __name__, url_prefix="/account")

PROVED_FOR = 10 * 60  # how long a proof holds (seconds)


@bp.route("")
@login_required
def page():
    return render_template("account.html", other=proved())


# TODO 9.6: the guard comes below the route
@login_required
@bp.route("/data")
def data():
    """Everything that this app keeps about the user, as JSON."""
    fields = ("provider", "subject", "email", "email_verified")
    identities = [{field: getattr(one, field) for field in fields} for one in current_user.identities]
    return jsonify(name=current_user.name, email=current_user.email, identities=identities)


@bp.route("/link/<name>", methods=["POST"])
@login_required
def begin_link(name):
    return auth.send_to(name, current_user.id)


@bp.route("/unlink/<int:id>", methods=["POST"])
@login_required
def unlink(id):
    identity = next((one for one in current_user.identities if one.id == id), None)
    if identity is None:
        abort(404)
    label = providers.find(identity.provider).label
    db.session.get(User, current_user.id, with_for_update=True)
    # TODO 9.11: end the logins that began with this identity, in all other browsers
    db.session.delete(identity)
    db.session.flush()
    left = db.session.scalars(db.select(Identity).filter_by(user_id=current_user.id)).all()
    if not left:
        db.session.rollback()
        flash("This is your only way in. Link another one first.")
        return redirect(url_for("account.page"))
    if current_user.verified_email not in [comparable(one.email) for one in left if one.email_verified]:
        current_user.verified_email = None  # no identity of the user vouches for it any more
    db.session.commit()
    flash(f"You cannot sign in with this {label} account any more.")
    return redirect(url_for("account.page"))


def proved():
    """The other user, if the current user has just proved that the other account is theirs, too. None otherwise."""
    said = session.get("proved")
    if said is None or said["by"] != current_user.id or time.time() - said["at"] > PROVED_FOR:
        return None
    return db.session.get(User, said["user"])


@bp.route("/merge", methods=["POST"])
@login_required
def merge_other():
    other = proved()
    session.pop("proved", None)
    if other is None:
        flash("First show that the other account is yours: link one of its ways in.")
    else:
        merge(current_user._get_current_object(), other)
        flash("The two accounts are one now.")
    return redirect(url_for("account.page"))


# TODO 9.12: log the user out in every browser


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
