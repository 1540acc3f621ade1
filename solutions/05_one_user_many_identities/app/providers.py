"""The providers that users log in with. Their URLs and keys are in the configuration."""

from flask_oauthlib.client import OAuth

oauth = OAuth()
twitter = oauth.remote_app("twitter", app_key="TWITTER")
facebook = oauth.remote_app("facebook", app_key="FACEBOOK")
