"""Log in to Home Assistant as its frontend does."""

from dataclasses import dataclass
import json
from typing import Any
import urllib.parse
import urllib.request

TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login gives.

    Attributes:
        url: Home Assistant's address, without a trailing slash.
        access_token: Bearer token, valid for half an hour.
        refresh_token: Gets new access tokens.
        expires_in: Seconds for which the access token is valid.
    """

    url: str
    access_token: str
    refresh_token: str
    expires_in: int

    @property
    def client_id(self) -> str:
        """Return the client that the tokens belong to."""
        return f"{self.url}/"


def login(url: str, user: str, password: str) -> Tokens:
    """Log in with user name and password.

    Raises:
        OSError: Home Assistant did not answer, or refused.
        KeyError: The password is wrong.
    """
    client = {"client_id": f"{url}/"}
    flow = _post(
        f"{url}/auth/login_flow",
        json.dumps(
            client | {"handler": ["homeassistant", None], "redirect_uri": f"{url}/"}
        ),
    )
    step = _post(
        f"{url}/auth/login_flow/{flow['flow_id']}",
        json.dumps(client | {"username": user, "password": password}),
    )
    grant = client | {"grant_type": "authorization_code", "code": step["result"]}
    tokens = _post(f"{url}/auth/token", urllib.parse.urlencode(grant))
    return Tokens(
        url, tokens["access_token"], tokens["refresh_token"], tokens["expires_in"]
    )


def _post(url: str, body: str) -> dict[str, Any]:
    """Post and return the JSON of the answer."""
    with urllib.request.urlopen(url, body.encode(), TIMEOUT_SECONDS) as answer:
        content: dict[str, Any] = json.load(answer)
    return content
