"""Who is it? Finds the user of somebody who logs in, or makes one."""

from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from .models import Identity, User, db

# How often a login looks before it gives up. Others can be faster twice, once with the same email and once with the
# same identity.
LOOKS = 3


def comparable(email):
    """An address as addresses are compared: neither spaces around it nor the case of A to Z make another person. None
    where there is none."""
    # TODO 7.5: give an email address the one form in which the app compares it
    return email


def verified_address(profile):
    """The address, as addresses are compared, if the provider says that it is verified; None otherwise."""
    # TODO 7.2: which provider can verify an email address, and when?
    return None


def find_or_create(provider, profile):
    """The user whom this provider knows as `profile.subject`; makes one, or links one, the first time."""
    # TODO 7.6: two first logins at the same moment
    user = user_of(provider, profile)
    db.session.commit()
    return user


def user_of(provider, profile):
    """The same, without a commit."""
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
    """The user who gets one more way in: whoever is logged in, or whose verified address it is. None: nobody."""
    if current_user.is_authenticated:
        return current_user._get_current_object()
    # TODO 7.2: the user with this verified email address
    return None


def new_user(profile):
    """A user who has not been here before."""
    user = User(name=profile.name, email=profile.email)
    # TODO 7.7: claim the verified email address at the first write, so that no other user can get it
    return user


def keep_verified(user, profile):
    """Notes that a user's address is verified, once a provider says so of this very address."""
    # TODO 7.2: do nothing for a different email address, or if it is already verified for another user
    return


def user_with(address):
    """The user who has that verified address; None where nobody has."""
    # TODO 7.3: leave it as it is: a user can type anything into users.email at a provider
    return db.session.execute(db.select(User).filter_by(verified_email=address)).scalar_one_or_none()
