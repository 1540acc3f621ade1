"""The CSRF token: each form has one, which only the app's own pages have. The app rejects a POST without it."""

from flask_wtf.csrf import CSRFProtect

csrf = CSRFProtect()
