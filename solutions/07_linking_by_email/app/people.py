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
    # exercise 7.5: give an email address the one form in which the app compares it
    # stub: return email
    # strip() and lower() of bytes change only ASCII spaces and letters, as in domain names (RFC 4343 section 3)
    return (email or "").encode().strip().lower().decode() or None
    # end 7.5


def verified_address(profile):
    """The email address, as the app compares it, if the provider says that it is verified. None otherwise."""
    # exercise 7.2: which provider can verify an email address, and when?
    # stub: return None
    return comparable(profile.email) if profile.email_verified is True else None
    # end 7.2


def find_or_create(provider, profile):
    """The user who has `profile.subject` at the provider. The first time, links the identity or creates a user."""
    # exercise 7.6: two first logins at the same moment
    # stub: user = user_of(provider, profile)
    # stub: db.session.commit()
    # stub: return user
    for look in range(LOOKS):
        try:
            user = user_of(provider, profile)
            db.session.commit()
            return user
        except IntegrityError:
            # Another request was faster, between the lookup and the write. Now there is a row to find, so look again.
            db.session.rollback()
            if look == LOOKS - 1:
                raise
    # end 7.6


def user_of(provider, profile):
    """Does the same as find_or_create(), once and without a commit."""
    # exercise 7.4: leave it as it is: first look for the identity, by provider and subject alone
    # stub: known = db.select(Identity).filter_by(provider=provider, subject=profile.subject)
    # stub: identity = db.session.execute(known).scalar_one_or_none()
    known = db.select(Identity).filter_by(provider=provider, subject=profile.subject)
    identity = db.session.execute(known).scalar_one_or_none()
    # end 7.4
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
    # exercise 7.2: the user with this verified email address
    # stub: return None
    address = verified_address(profile)
    return user_with(address) if address else None
    # end 7.2


def new_user(profile):
    """Creates a new user."""
    user = User(name=profile.name, email=profile.email)
    # exercise 7.7: claim the verified email address at the first write, so that no other user can get it
    user.verified_email = verified_address(profile)
    # end 7.7
    return user


def keep_verified(user, profile):
    """Notes that a user's email address is verified, when a provider says so of exactly this email address."""
    # exercise 7.2: do nothing for a different email address, or if it is already verified for another user
    # stub: return
    address = verified_address(profile)
    wanted = address and user.verified_email is None and address == comparable(user.email)
    if wanted and not user_with(address):
        user.verified_email = address
    # end 7.2


def user_with(address):
    """The user who has this verified email address. None if no user has it."""
    # exercise 7.3: leave it as it is: a user can type anything into users.email at a provider
    # stub: return db.session.execute(db.select(User).filter_by(verified_email=address)).scalar_one_or_none()
    return db.session.execute(db.select(User).filter_by(verified_email=address)).scalar_one_or_none()
    # end 7.3
