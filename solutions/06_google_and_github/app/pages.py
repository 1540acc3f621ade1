"""The pages that users see."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_login import current_user, login_required, logout_user

from . import providers
from .models import User, db

bp = Blueprint("pages", __name__)


@bp.route("/")
def index():
    return render_template("index.html")


# exercise 6.11: leave it as it is: a page for users who are logged in
# stub: @bp.route("/welcome")
# stub: @login_required
# stub: def welcome():
# stub:     return render_template("welcome.html")
@bp.route("/welcome")
@login_required
def welcome():
    return render_template("welcome.html")


# end 6.11


@bp.route("/account")
@login_required
def account():
    return render_template("account.html", identities=current_user.identities)


@bp.route("/account/delete", methods=["POST"])
@login_required
def delete():
    # The database deletes the identities: ON DELETE CASCADE.
    db.session.execute(db.delete(User).filter_by(id=current_user.id))
    db.session.commit()
    session.clear()
    logout_user()
    flash("Your account is deleted.")
    return redirect(url_for("pages.index"))


@bp.app_context_processor
def sites():
    """Gives every page the providers: for each, the name that its URLs contain, and its label."""
    return {"sites": {name: providers.find(name).label for name in providers.names()}}
