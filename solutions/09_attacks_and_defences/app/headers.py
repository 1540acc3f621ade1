"""Headers that tell the browser what nobody may do with the app's pages."""

from flask import request


def protect(response):
    """Adds the headers to a response. Flask calls this function for every response."""
    # exercise 9.2: no page of another website shows this one in a frame
    response.headers["X-Frame-Options"] = "DENY"
    # end 9.2
    # exercise 9.3: the browser keeps no page
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    # end 9.3
    # exercise 9.5: a page loads nothing from elsewhere, and runs no script that is written in the page
    policy = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    response.headers["Content-Security-Policy"] = policy
    # end 9.5
    return response
