"""The logins: a row for each browser in which a user is logged in. The app ends a login when it deletes its row."""

import secrets
import time

from flask import session

from .models import Identity, Login, User, db, login_manager

LASTS = 30 * 24 * 60 * 60  # how long a login can last (seconds)


def begin_login(user, provider, subject):
    """Writes a row: the user has logged in, with this identity, in the browser of this session."""
    known = db.select(Identity.id).filter_by(provider=provider, subject=subject)
    login = Login(
        id=secrets.token_urlsafe(),
        user_id=user.id,
        identity_id=db.session.execute(known).scalar_one_or_none(),
        at=int(time.time()),
    )
    db.session.add(login)
    db.session.commit()
    session["login"] = login.id


def end_login():
    """Ends the login of this browser."""
    # exercise 9.10: delete the row
    # stub: session.pop("login", None)
    db.session.execute(db.delete(Login).filter_by(id=session.pop("login", None)))
    db.session.commit()
    # end 9.10


@login_manager.user_loader
def load_user(user_id):
    # exercise 9.10: a user is logged in here as long as there is a row for it
    # stub: return db.session.get(User, int(user_id))
    here = db.select(Login).filter_by(id=session.get("login"), user_id=int(user_id))
    login = db.session.execute(here.filter(Login.at > time.time() - LASTS)).scalar_one_or_none()
    return db.session.get(User, login.user_id) if login else None
    # end 9.10
