"""Who is it? Finds the user of somebody who comes from a provider, or makes one; and makes one user of two."""

from sqlalchemy.exc import IntegrityError

from .models import Identity, User, db

# How often a login looks before it gives up. Others can be faster twice, once with the same email and once with the
# same identity.
LOOKS = 3


def comparable(email):
    """An address as addresses are compared: neither spaces around it nor the case of A to Z make another person. None
    where there is none."""
    # bytes know ASCII's letters and spaces only, as domain names do (RFC 4343 section 3)
    return (email or "").encode().strip().lower().decode() or None


def verified_address(profile):
    """The address, as addresses are compared, if the provider says that it is verified; None otherwise."""
    return comparable(profile.email) if profile.email_verified is True else None


def find_or_create(provider, profile, user=None):
    """The user whom this provider knows as `profile.subject`. What nobody has yet becomes a way in of `user`; without
    one, of the user whose verified address it is, or of a new one."""
    for look in range(LOOKS):
        try:
            owner = user_of(provider, profile, user)
            db.session.commit()
            return owner
        except IntegrityError:
            # Another request was faster, between our lookup and our write. Now there is a row to find: look again.
            db.session.rollback()
            if look == LOOKS - 1:
                raise


def user_of(provider, profile, user):
    """The same, without a commit."""
    known = db.select(Identity).filter_by(provider=provider, subject=profile.subject)
    identity = db.session.execute(known).scalar_one_or_none()
    if identity is None:
        identity = Identity(provider=provider, subject=profile.subject)
        # exercise 8.7: keep: if no user is logged in, the rules of step 07 hold
        # stub: identity.user = user or user_by_address(profile) or new_user(profile)
        identity.user = user or user_by_address(profile) or new_user(profile)
        # end 8.7
        db.session.add(identity)
    identity.email = profile.email
    identity.email_verified = profile.email_verified
    keep_verified(identity.user, profile)
    return identity.user


def user_by_address(profile):
    """The user whose verified address it is; None where there is none."""
    address = verified_address(profile)
    return user_with(address) if address else None


def new_user(profile):
    """A user who has not been here before."""
    user = User(name=profile.name, email=profile.email)
    user.verified_email = verified_address(profile)
    return user


def keep_verified(user, profile):
    """Notes that a user's address is verified, once a provider says so of this very address."""
    address = verified_address(profile)
    wanted = address and user.verified_email is None and address == comparable(user.email)
    if wanted and not user_with(address):
        user.verified_email = address


def user_with(address):
    """The user who has that verified address; None where nobody has."""
    return db.session.execute(db.select(User).filter_by(verified_email=address)).scalar_one_or_none()


# exercise 8.11: lose nothing of the other account
# stub: def merge(user, other):
# stub:     """Makes one user of two: everything that the other one has becomes this one's."""
def merge(user, other):
    """Makes one user of two: everything that the other one has becomes this one's."""
    db.session.refresh(other, with_for_update=True)  # from here on no request adds an identity to it
    email, verified_email = other.email, other.verified_email
    db.session.execute(db.update(Identity).filter_by(user_id=other.id).values(user_id=user.id))
    db.session.execute(db.delete(User).filter_by(id=other.id))
    # Of two email addresses the user's own stays. The other one is still in its identity.
    user.email = user.email or email
    user.verified_email = user.verified_email or verified_email
    db.session.commit()


# end 8.11
