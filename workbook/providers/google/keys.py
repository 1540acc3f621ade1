"""The keys that ID tokens are signed with. They are made at their first use, because that takes a moment."""

from __future__ import annotations

import hashlib
import math
import random
import threading
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc.jwk import RSAKey

from ..world import World

_BITS = 2048
_EXPONENT = 65537
# How long certificates hold. The providers' clock may be set to any time in between.
_FROM, _UNTIL = datetime(2000, 1, 1, tzinfo=timezone.utc), datetime(2100, 1, 1, tzinfo=timezone.utc)
_HEX = "0123456789abcdef"
# The product of the small primes, which divide most composite numbers.
_SMALL = math.prod(n for n in range(3, 2000, 2) if all(n % d for d in range(3, math.isqrt(n) + 1, 2)))


class SigningKeys:
    """The keys of one local Google, the newest last: the newest one signs, and the others are still published."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._keys: list[RSAKey] = []

    @property
    def current(self) -> RSAKey:
        """The key that signs."""
        with self._lock:
            if not self._keys:
                self._add()
            return self._keys[-1]

    def rotate(self) -> None:
        """From now on a new key signs. Google changes its keys now and then."""
        with self._lock:
            self._add()

    def published(self) -> dict[str, Any]:
        """The public halves, as a JSON Web Key Set (RFC 7517 section 5)."""
        assert self.current
        with self._lock:
            return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def certificates(self) -> dict[str, str]:
        """The public halves by kid, each in an X.509 certificate (PEM): Google publishes them as v1/certs, and older
        libraries read them (google-auth, google/oauth2/id_token.py)."""
        assert self.current
        with self._lock:
            return {str(key.kid): _certificate(key) for key in self._keys}

    def stranger(self) -> RSAKey:
        """A key that is not Google's, with the kid of the one that signs: for a token that an app must reject."""
        return _as_key(_made("a stranger's"), str(self.current.kid))

    def _add(self) -> None:
        if self._world.seed is None:
            made = _made(f"key {len(self._keys)}")
            kid = hashlib.sha1(str(made.public_key().public_numbers().n).encode()).hexdigest()
        else:
            made = _seeded(f"{self._world.seed} key {len(self._keys)}")
            kid = self._world.word("kid", 40, _HEX)
        self._keys.append(_as_key(made, kid))


def _as_key(made: rsa.RSAPrivateKey, kid: str) -> RSAKey:
    return RSAKey.import_key(made, {"kid": kid, "alg": "RS256", "use": "sig"})


def _certificate(key: RSAKey) -> str:
    """A certificate that the key signs itself. It only holds the key, and is the same each time."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the local Google")])
    private = key.private_key
    assert isinstance(private, rsa.RSAPrivateKey)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(int(str(key.kid)[:16], 16) + 1)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .sign(private, SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode("ascii")


@lru_cache
def _made(name: str) -> rsa.RSAPrivateKey:
    """A key, the same for each Google of this process: making one takes longer than a whole login."""
    return rsa.generate_private_key(_EXPONENT, _BITS)


@lru_cache
def _seeded(seed: str) -> rsa.RSAPrivateKey:
    """The key of that seed, the same each time, so that what it signs repeats. It protects nothing."""
    chance = random.Random(seed)
    p, q = _prime(chance), _prime(chance)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    private = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    )
    return private.private_key()


def _prime(chance: random.Random) -> int:
    while True:
        # Half as long as the key, odd, and with the two highest bits set, so that the product has the key's length.
        number = chance.getrandbits(_BITS // 2) | 3 << (_BITS // 2 - 2) | 1
        if math.gcd(number, _SMALL) == 1 and pow(2, number - 1, number) == 1 and number % _EXPONENT != 1:
            return number
