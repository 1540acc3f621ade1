"""The pages that users see."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_login import current_user, login_required, logout_user

from .models import User, db

bp = Blueprint("pages", __name__)


@bp.route("/")
def index():
    return render_template("index.html")


# exercise 5.12: leave it as it is: a page for users who are logged in
# stub: @bp.route("/welcome")
# stub: @login_required
# stub: def welcome():
# stub:     return render_template("welcome.html")
@bp.route("/welcome")
@login_required
def welcome():
    return render_template("welcome.html")


# end 5.12


@bp.route("/account")
@login_required
def account():
    # exercise 5.7: every identity of this user
    # stub: return render_template("account.html", identities=[])
    return render_template("account.html", identities=current_user.identities)
    # end 5.7


# exercise 5.8: delete the user, and everything that belongs to the user
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


# end 5.8
