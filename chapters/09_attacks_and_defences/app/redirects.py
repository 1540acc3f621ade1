"""Where the app may send a browser after a login."""

import re

# TODO 9.1: what a page of this app looks like


def own_page(page):
    """Gives `page` back if it is the path of a page of this app, such as "/account". None if it is anything else."""
    # TODO 9.1: a path, and no URL of another website
    return page
