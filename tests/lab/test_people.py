"""A site can have people of its own, and they can change while its app runs."""

from __future__ import annotations

from workbook.course.places import SOLUTIONS
from workbook.flow.messages import APP, BROWSER, EVE
from workbook.lab.site import Site
from workbook.lab.visits import sign_in
from workbook.lab.warm import Warm
from workbook.providers.crowd import many_people
from workbook.providers.people import PEOPLE


def test_a_site_has_the_people_that_it_is_given(warm: Warm) -> None:
    people = many_people(9)
    with Site(SOLUTIONS / "01_twitter_login", warm, people=people) as site:
        assert people[8].twitter.screen_name in sign_in(site.browser(), people[8].key).words
        site.providers.people.change(people[8].key, twitter={"screen_name": "another_name"})
        assert "another_name" in sign_in(site.browser(), people[8].key).words
    with Site(SOLUTIONS / "01_twitter_login", warm) as site:
        assert tuple(site.providers.people) == PEOPLE


def test_a_flow_with_two_browsers_says_which_of_them_spoke(warm: Warm) -> None:
    with Site(SOLUTIONS / "03_facebook_login", warm) as site:
        sign_in(site.browser(name=EVE), "eve", start="/login/facebook")
        sign_in(site.browser(), "ada", start="/login/facebook")
        people = [{message.sender, message.receiver} - {APP, "facebook"} for message in site.messages()]
        eves = people.index({BROWSER})
        assert {EVE} in people[:eves] and {EVE} not in people[eves:]
        # The users of both runs did the same, and the app called Facebook for each of them.
        assert people[:eves] == [{EVE} if who == {BROWSER} else who for who in people[eves:]]
        assert (
            sum(message.receiver == "facebook" for message in site.messages() if message.sender == EVE) == 2
        )
        assert site.begin_anew()
        sign_in(site.browser(), "ada", start="/login/facebook")
        assert not any(EVE in (message.sender, message.receiver) for message in site.messages())
