"""The pages that users see."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_login import current_user, login_required, logout_user

from .models import User, db

bp = Blueprint("pages", __name__)


@bp.route("/")
def index():
    return render_template("index.html")


# TODO 5.12: leave it as it is: a page for users who are logged in
@bp.route("/welcome")
@login_required
def welcome():
    return render_template("welcome.html")


@bp.route("/account")
@login_required
def account():
    # TODO 5.7: every identity of this user
    return render_template("account.html", identities=[])


# TODO 5.8: delete the user, and everything that belongs to the user
