"""Step 09: attacks and defences. The app is a package, and this file puts its parts together."""

from flask import Flask
from flask.cli import load_dotenv

import workbook.compat  # lets Flask-OAuthlib run on today's Flask
from . import account, auth, config, headers, pages
from .forms import csrf
from .models import db, login_manager, migrate
from .providers import oauth


def create_app():
    load_dotenv()  # so that gunicorn finds the same URLs and keys as `flask run`
    app = Flask(__name__)
    app.config.from_mapping(config.from_environment())
    db.init_app(app)
    migrate.init_app(app, db)
    login_manager.init_app(app)
    oauth.init_app(app)
    csrf.init_app(app)
    app.register_blueprint(pages.bp)
    app.register_blueprint(auth.bp)
    app.register_blueprint(account.bp)
    app.after_request(headers.protect)
    return app
