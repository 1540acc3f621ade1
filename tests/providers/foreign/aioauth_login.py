"""The same with aioauth-client, which signs by itself, sends GET, and puts everything in the query string."""

import asyncio
import json
import os
from urllib.parse import parse_qs, urlsplit

from aioauth_client import TwitterClient

URL = os.environ["TWITTER_URL"]


async def log_in() -> None:
    client = TwitterClient(
        os.environ["TWITTER_KEY"],
        os.environ["TWITTER_SECRET"],
        base_url=f"{URL}/1.1/",
        request_token_url=f"{URL}/oauth/request_token",
        authorize_url=f"{URL}/oauth/authenticate",
        access_token_url=f"{URL}/oauth/access_token",
    )
    asked, answer = await client.get_request_token(oauth_callback=os.environ["CALLBACK"])
    assert answer["oauth_callback_confirmed"] == "true"
    print(client.get_authorize_url(asked), flush=True)
    back = parse_qs(urlsplit(input()).query)
    _, token = await client.get_access_token(back["oauth_verifier"][0], back["oauth_token"][0])
    profile = await client.request("GET", "account/verify_credentials.json", {"include_email": "true"})
    print(json.dumps([token["screen_name"], profile]))


asyncio.run(log_in())
