"""Finds the user who comes from a provider, or creates one. Merges two users."""

from sqlalchemy.exc import IntegrityError

from .models import Identity, User, db

# How many times a login looks for the user. Other requests can be faster twice, once with the same email address and
# once with the same identity.
LOOKS = 3


def comparable(email):
    """An email address as the app compares it: spaces around it, and the case of A to Z, make no difference. None if
    there is no email address."""
    # strip() and lower() of bytes change only ASCII spaces and letters, as in domain names (RFC 4343 section 3)
    return (email or "").encode().strip().lower().decode() or None


def verified_address(profile):
    """The email address, as the app compares it, if the provider says that it is verified. None otherwise."""
    return comparable(profile.email) if profile.email_verified is True else None


def find_or_create(provider, profile, user=None):
    """The user who has `profile.subject` at the provider. A new identity goes to `user`. Without `user`, it goes to the
    user with this verified email address, or to a new user."""
    for look in range(LOOKS):
        try:
            owner = user_of(provider, profile, user)
            db.session.commit()
            return owner
        except IntegrityError:
            # Another request was faster, between the lookup and the write. Now there is a row to find, so look again.
            db.session.rollback()
            if look == LOOKS - 1:
                raise


def user_of(provider, profile, user):
    """Does the same as find_or_create(), once and without a commit."""
    known = db.select(Identity).filter_by(provider=provider, subject=profile.subject)
    identity = db.session.execute(known).scalar_one_or_none()
    if identity is None:
        identity = Identity(provider=provider, subject=profile.subject)
        identity.user = user or user_by_address(profile) or new_user(profile)
        db.session.add(identity)
    identity.email = profile.email
    identity.email_verified = profile.email_verified
    keep_verified(identity.user, profile)
    return identity.user


def user_by_address(profile):
    """The user who has the profile's verified email address. None if no user has it."""
    address = verified_address(profile)
    return user_with(address) if address else None


def new_user(profile):
    """Creates a new user."""
    user = User(name=profile.name, email=profile.email)
    user.verified_email = verified_address(profile)
    return user


def keep_verified(user, profile):
    """Notes that a user's email address is verified, when a provider says so of exactly this email address."""
    address = verified_address(profile)
    wanted = address and user.verified_email is None and address == comparable(user.email)
    if wanted and not user_with(address):
        user.verified_email = address


def user_with(address):
    """The user who has this verified email address. None if no user has it."""
    return db.session.execute(db.select(User).filter_by(verified_email=address)).scalar_one_or_none()


def merge(user, other):
    """Makes one user of two: `user` gets everything that `other` has."""
    db.session.refresh(other, with_for_update=True)  # from here on no request adds an identity to it
    email, verified_email = other.email, other.verified_email
    db.session.execute(db.update(Identity).filter_by(user_id=other.id).values(user_id=user.id))
    db.session.execute(db.delete(User).filter_by(id=other.id))
    # If both have an email address, `user` keeps their own. The other email address is still in its identity.
    user.email = user.email or email
    user.verified_email = user.verified_email or verified_email
    db.session.commit()
