"""The local providers. To add a provider, write a package beside these and name its object here."""

from __future__ import annotations

from typing import Any, cast

from .facebook import FACEBOOK
from .facebook.state import FacebookState
from .fifth import FIFTH
from .fifth.state import FifthState
from .github import GITHUB
from .github.state import GitHubState
from .google import GOOGLE
from .google.state import GoogleState
from .provider import Provider, S
from .state import State
from .twitter import TWITTER
from .twitter.state import TwitterState

PROVIDERS: tuple[Provider[Any], ...] = (TWITTER, FACEBOOK, GOOGLE, GITHUB)
# A server has these only on request.
UNSEEN: tuple[Provider[Any], ...] = (FIFTH,)


class Registered:
    """The states of a server's providers. The states that checks look into have a property each."""

    _states: dict[Provider[Any], State[Any]]

    def state(self, provider: Provider[S]) -> S:
        """A provider's state; KeyError where the server does not have that provider."""
        return cast(S, self._states[provider])

    @property
    def twitter(self) -> TwitterState:
        """The local Twitter's state."""
        return self.state(TWITTER)

    @property
    def facebook(self) -> FacebookState:
        """The local Facebook's state."""
        return self.state(FACEBOOK)

    @property
    def google(self) -> GoogleState:
        """The local Google's state."""
        return self.state(GOOGLE)

    @property
    def github(self) -> GitHubState:
        """The local GitHub's state."""
        return self.state(GITHUB)

    @property
    def fifth(self) -> FifthState | None:
        """The fifth provider's state; None where the server has only four."""
        return self.state(FIFTH) if FIFTH in self._states else None
