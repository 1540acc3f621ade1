"""The made-up people who have accounts at the local providers. They are chosen to make the lessons bite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class TwitterAccount:
    """An account at the local Twitter. `email` is None where there is no email address that Twitter has verified."""

    id: int
    screen_name: str
    email: str | None
    created_at: str
    location: str = ""
    description: str = ""


@dataclass(frozen=True)
class FacebookAccount:
    """An account at the local Facebook. `id` is scoped to this app: another app sees a different one. `email` is None
    where there is no confirmed email address."""

    id: str
    email: str | None


@dataclass(frozen=True)
class GoogleAccount:
    """An account at the local Google. `sub` never changes, the email address may; `hd` is the organisation's domain,
    where an organisation has made the account."""

    sub: str
    email: str
    email_verified: bool = True
    hd: str | None = None


@dataclass(frozen=True)
class GitHubEmail:
    """One of the email addresses of a GitHub account. `visibility` is "public", "private" or, for an email address that
    is not the primary one, None."""

    email: str
    primary: bool
    verified: bool
    visibility: str | None = None


@dataclass(frozen=True)
class GitHubAccount:
    """An account at the local GitHub. `name` and `email`, the public email address, may be missing; `emails` are all
    its email addresses."""

    id: int
    login: str
    name: str | None
    email: str | None
    emails: tuple[GitHubEmail, ...]
    created_at: str = "2014-03-09T10:11:12Z"


@dataclass(frozen=True)
class Person:
    """A made-up person. `key` is the name that forms and tests use; `about` is why they are here."""

    key: str
    name: str
    about: str
    twitter: TwitterAccount
    facebook: FacebookAccount
    google: GoogleAccount
    github: GitHubAccount

    def subject(self, provider: str) -> str:
        """The person's subject at a provider such as "github": it never changes."""
        ids = {
            "twitter": self.twitter.id,
            "facebook": self.facebook.id,
            "google": self.google.sub,
            "github": self.github.id,
        }
        return str(ids[provider])


PEOPLE = (
    Person(
        "ada",
        "Ada Okafor",
        "has the same email address at all four providers, and has confirmed it everywhere",
        TwitterAccount(
            1204417633,
            "ada_o",
            "ada@example.org",
            "Mon Feb 25 14:02:11 +0000 2013",
            "Lagos",
            "Bridges and tea.",
        ),
        FacebookAccount("10223847561029384", "ada@example.org"),
        GoogleAccount("104725839201746582913", "ada@example.org"),
        GitHubAccount(
            5823417,
            "ada-okafor",
            "Ada Okafor",
            "ada@example.org",
            (GitHubEmail("ada@example.org", primary=True, verified=True, visibility="public"),),
        ),
    ),
    Person(
        "bo",
        "Bo Lindqvist",
        "has a different email address at each provider",
        TwitterAccount(29301774, "bolindqvist", "bo@example.org", "Mon Apr 06 21:40:57 +0000 2009", "Umeå"),
        FacebookAccount("10158293847561", "bo.lindqvist@example.net"),
        GoogleAccount("117364920183746529104", "bo.lindqvist@example.com"),
        GitHubAccount(
            710233,
            "bolindqvist",
            "Bo Lindqvist",
            "bo-codes@example.net",
            (
                # GitHub gives a list in pages of 30: the primary email address is on the second.
                *(GitHubEmail(f"bo+{n}@example.net", primary=False, verified=True) for n in range(1, 31)),
                GitHubEmail("bo-codes@example.net", primary=True, verified=True, visibility="public"),
                GitHubEmail("bo@example.org", primary=False, verified=False),
            ),
        ),
    ),
    Person(
        "chen",
        "Chén Jìng",
        "has no email address at Twitter, only a phone number",
        TwitterAccount(871044295313952768, "chenjing88", None, "Sat Jun 03 16:20:09 +0000 2017"),
        FacebookAccount("1029384756102938", "chen@example.org"),
        # An organisation's account: hd is its domain.
        GoogleAccount("101928374650192837465", "chen@example.edu", hd="example.edu"),
        # The same email address as at Facebook, in other letter case; and no name.
        GitHubAccount(
            48291733,
            "chenjing88",
            None,
            None,
            (
                GitHubEmail("Chen@Example.org", primary=True, verified=True, visibility="private"),
                GitHubEmail("48291733+chenjing88@users.noreply.github.com", primary=False, verified=True),
            ),
        ),
    ),
    Person(
        "dara",
        "Dara Haddad",
        "has no public email address at GitHub",
        TwitterAccount(
            533092218, "daracodes", "dara@example.org", "Thu Mar 22 08:15:33 +0000 2012", "Beirut"
        ),
        FacebookAccount("10209876543210987", "dara@example.org"),
        GoogleAccount("109283746501928374650", "dara@example.org"),
        GitHubAccount(
            2216840,
            "daracodes",
            "Dara Haddad",
            None,
            (
                GitHubEmail("dara.old@example.com", primary=False, verified=True),
                GitHubEmail("dara@example.org", primary=True, verified=True, visibility="private"),
            ),
        ),
    ),
    Person(
        "eve",
        "Eve Novak",
        "has registered Ada's email address at other providers, and never confirmed it",
        TwitterAccount(1409226715, "evenovak", "eve@example.org", "Mon May 06 11:31:47 +0000 2013"),
        FacebookAccount("122093847561029", None),
        GoogleAccount("115049382716058493027", "ada@example.org", email_verified=False),
        GitHubAccount(
            9917264,
            "evenovak",
            "Eve Novak",
            None,
            (
                GitHubEmail("ada@example.org", primary=True, verified=False, visibility="private"),
                GitHubEmail("eve@example.net", primary=False, verified=True),
            ),
        ),
    ),
)


def person(key: str) -> Person:
    """The person of that key, as PEOPLE has them; KeyError where there is none."""
    return People()[key]


class People:
    """The people who have accounts at one server of local providers: PEOPLE by default.

    They change only here: other servers, and PEOPLE, stay as they are.
    """

    def __init__(self, people: Iterable[Person] = PEOPLE) -> None:
        self._by_key: dict[str, Person] = {}
        for one in people:
            self.add(one)

    def __iter__(self) -> Iterator[Person]:
        return iter(tuple(self._by_key.values()))

    def __len__(self) -> int:
        return len(self._by_key)

    def __getitem__(self, key: str) -> Person:
        """The person of that key, as they are now; KeyError where there is none."""
        return self._by_key[key]

    def get(self, key: str | None) -> Person | None:
        """The person of that key; None where there is none."""
        return self._by_key.get(key or "")

    def add(self, person: Person) -> None:
        """Adds a new person; ValueError where another person has the key."""
        if person.key in self._by_key:
            raise ValueError(f"There is a person '{person.key}' already.")
        self._by_key[person.key] = person

    def change(
        self,
        key: str,
        *,
        name: str | None = None,
        twitter: Mapping[str, object] | None = None,
        facebook: Mapping[str, object] | None = None,
        google: Mapping[str, object] | None = None,
        github: Mapping[str, object] | None = None,
    ) -> Person:
        """Changes a person's name, or fields of their accounts, as `twitter={"screen_name": "ada_new"}`; returns the
        person as they are now. KeyError where there is no such person, TypeError where there is no such field."""
        who = self._by_key[key]
        self._by_key[key] = changed = replace(
            who,
            name=who.name if name is None else name,
            twitter=replace(who.twitter, **(twitter or {})),  # type: ignore[arg-type]
            facebook=replace(who.facebook, **(facebook or {})),  # type: ignore[arg-type]
            google=replace(who.google, **(google or {})),  # type: ignore[arg-type]
            github=replace(who.github, **(github or {})),  # type: ignore[arg-type]
        )
        return changed
