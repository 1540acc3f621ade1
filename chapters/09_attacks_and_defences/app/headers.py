"""Headers that tell the browser what nobody may do with the app's pages."""

from flask import request


def protect(response):
    """Adds the headers to a response. Flask calls this function for every response."""
    # TODO 9.2: no page of another website shows this one in a frame
    # TODO 9.3: the browser keeps no page
    # TODO 9.5: a page loads nothing from elsewhere, and runs no script that is written in the page
    return response
