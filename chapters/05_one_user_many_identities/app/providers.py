"""The sites that people log in with. Their addresses and keys stand in the configuration."""

from flask_oauthlib.client import OAuth

oauth = OAuth()
twitter = oauth.remote_app("twitter", app_key="TWITTER")
facebook = oauth.remote_app("facebook", app_key="FACEBOOK")
