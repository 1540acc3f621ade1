"""The pages that users see."""

from flask import Blueprint, render_template
from flask_login import login_required

from . import providers

bp = Blueprint("pages", __name__)


@bp.route("/")
def index():
    return render_template("index.html")


@bp.route("/welcome")
@login_required
def welcome():
    return render_template("welcome.html")


@bp.app_context_processor
def sites():
    """Gives every page the providers: for each, the name that its URLs contain, and its label."""
    return {"sites": {name: providers.find(name).label for name in providers.names()}}
