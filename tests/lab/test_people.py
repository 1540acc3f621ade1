"""A site can have people of its own, and they can change while its app runs."""

from __future__ import annotations

from workbook.course.places import SOLUTIONS
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
