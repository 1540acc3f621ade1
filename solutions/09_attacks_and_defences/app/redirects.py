"""Where the app may send a browser after a login."""

import re

# exercise 9.1: what a page of this app looks like
# A path begins with one slash. Browsers read a backslash as a slash, and drop tabs and line breaks (WHATWG URL
# standard).
OWN_PAGE = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")
# end 9.1


def own_page(page):
    """Gives `page` back if it is the path of a page of this app, such as "/account". None if it is anything else."""
    # exercise 9.1: a path, and no URL of another website
    # stub: return page
    return page if page and OWN_PAGE.fullmatch(page) else None
    # end 9.1
