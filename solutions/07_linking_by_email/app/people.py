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
    # exercise 7.5: give an email address the one form in which the app compares it
    # stub: return email
    # bytes know ASCII's letters and spaces only, as domain names do (RFC 4343 section 3)
    return (email or "").encode().strip().lower().decode() or None
    # end 7.5


def verified_address(profile):
    """The address, as addresses are compared, if the provider says that it is verified; None otherwise."""
    # exercise 7.2: which provider can verify an email address, and when?
    # stub: return None
    return comparable(profile.email) if profile.email_verified is True else None
    # end 7.2


def find_or_create(provider, profile):
    """The user whom this provider knows as `profile.subject`; makes one, or links one, the first time."""
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
            # Another request was faster, between our lookup and our write. Now there is a row to find: look again.
            db.session.rollback()
            if look == LOOKS - 1:
                raise
    # end 7.6


def user_of(provider, profile):
    """The same, without a commit."""
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
    """The user who gets one more way in: whoever is logged in, or whose verified address it is. None: nobody."""
    if current_user.is_authenticated:
        return current_user._get_current_object()
    # exercise 7.2: the user with this verified email address
    # stub: return None
    address = verified_address(profile)
    return user_with(address) if address else None
    # end 7.2


def new_user(profile):
    """A user who has not been here before."""
    user = User(name=profile.name, email=profile.email)
    # exercise 7.7: claim the verified email address at the first write, so that no other user can get it
    user.verified_email = verified_address(profile)
    # end 7.7
    return user


def keep_verified(user, profile):
    """Notes that a user's address is verified, once a provider says so of this very address."""
    # exercise 7.2: do nothing for a different email address, or if it is already verified for another user
    # stub: return
    address = verified_address(profile)
    wanted = address and user.verified_email is None and address == comparable(user.email)
    if wanted and not user_with(address):
        user.verified_email = address
    # end 7.2


def user_with(address):
    """The user who has that verified address; None where nobody has."""
    # exercise 7.3: leave it as it is: a user can type anything into users.email at a provider
    # stub: return db.session.execute(db.select(User).filter_by(verified_email=address)).scalar_one_or_none()
    return db.session.execute(db.select(User).filter_by(verified_email=address)).scalar_one_or_none()
    # end 7.3
