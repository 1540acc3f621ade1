"""Finds the user who logs in, or creates one."""

from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from .models import Identity, User, db

# How many times a login looks for the user. Other requests can be faster twice, once with the same email address and
# once with the same identity.
LOOKS = 3


def comparable(email):
    """An email address as the app compares it: spaces around it, and the case of A to Z, make no difference. None if
    there is no email address."""
    # TODO 7.5: give an email address the one form in which the app compares it
    return email


def verified_address(profile):
    """The email address, as the app compares it, if the provider says that it is verified. None otherwise."""
    # TODO 7.2: which provider can verify an email address, and when?
    return None


def find_or_create(provider, profile):
    """The user who has `profile.subject` at the provider. The first time, links the identity or creates a user."""
    # TODO 7.6: two first logins at the same moment
    user = user_of(provider, profile)
    db.session.commit()
    return user


def user_of(provider, profile):
    """Does the same as find_or_create(), once and without a commit."""
    # TODO 7.4: leave it as it is: first look for the identity, by provider and subject alone
    known = db.select(Identity).filter_by(provider=provider, subject=profile.subject)
    identity = db.session.execute(known).scalar_one_or_none()
    if identity is None:
        identity = Identity(provider=provider, subject=profile.subject)
        identity.user = current_or_linked(profile) or new_user(profile)
        db.session.add(identity)
    identity.email = profile.email
    identity.email_verified = profile.email_verified
    keep_verified(identity.user, profile)
    return identity.user


def current_or_linked(profile):
    """The user who gets the identity: the logged-in user, or the user with this verified email address, or None."""
    if current_user.is_authenticated:
        return current_user._get_current_object()
    # TODO 7.2: the user with this verified email address
    return None


def new_user(profile):
    """Creates a new user."""
    user = User(name=profile.name, email=profile.email)
    # TODO 7.7: claim the verified email address at the first write, so that no other user can get it
    return user


def keep_verified(user, profile):
    """Notes that a user's email address is verified, when a provider says so of exactly this email address."""
    # TODO 7.2: do nothing for a different email address, or if it is already verified for another user
    return


def user_with(address):
    """The user who has this verified email address. None if no user has it."""
    # TODO 7.3: leave it as it is: a user can type anything into users.email at a provider
    return db.session.execute(db.select(User).filter_by(verified_email=address)).scalar_one_or_none()
