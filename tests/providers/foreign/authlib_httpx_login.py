"""The same with Authlib's asynchronous client on httpx."""

import asyncio
import json
import os

from authlib.integrations.httpx_client import AsyncOAuth1Client

URL = os.environ["TWITTER_URL"]


async def log_in() -> None:
    async with AsyncOAuth1Client(
        os.environ["TWITTER_KEY"], os.environ["TWITTER_SECRET"], redirect_uri=os.environ["CALLBACK"]
    ) as client:
        asked = await client.fetch_request_token(f"{URL}/oauth/request_token")
        assert asked["oauth_callback_confirmed"] == "true"
        print(client.create_authorization_url(f"{URL}/oauth/authenticate", asked["oauth_token"]), flush=True)
        client.parse_authorization_response(input())
        token = await client.fetch_access_token(f"{URL}/oauth/access_token")
        address = f"{URL}/1.1/account/verify_credentials.json?include_email=true&q=Ch%C3%A9n"
        answer = await client.get(address)
        print(json.dumps([token["screen_name"], answer.json()]))


asyncio.run(log_in())
