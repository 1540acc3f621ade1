"""A site that is cleared for the next check: the same app, without users and logins."""

from __future__ import annotations

from workbook.course.places import SOLUTIONS
from workbook.lab.site import Site
from workbook.lab.visits import sign_in
from workbook.lab.warm import Warm


def test_nothing_of_what_was_done_is_left(warm: Warm) -> None:
    with Site(SOLUTIONS / "06_google_and_github", warm) as site:
        assert site.begins_with_nobody()
        app, address = site.app, site.providers.url
        for _ in range(2):
            # A user whom the provider knows is redirected at once; a new user sees its page. So this asks for a new
            # user.
            assert site.at_provider(site.browser().open("/login/google"))
            assert sign_in(site.browser(), "ada", start="/login/google").path == "/welcome"
            site.providers.people.change("ada", google={"email": "other@example.org"})
            site.providers.faults.set("google", "token", "down")
            assert site.begin_anew()
            assert (site.messages(), site.providers.google.attempts) == ((), [])
            assert site.begins_with_nobody()
            assert site.providers.people["ada"].google.email != "other@example.org"
        assert (site.app, site.providers.url) == (app, address)


def test_an_app_that_has_ended_cannot_begin_anew(warm: Warm) -> None:
    with Site(SOLUTIONS / "01_twitter_login", warm) as site:
        site.app.child.stop()
        assert site.app.last_error() is None
        assert not site.begin_anew()
