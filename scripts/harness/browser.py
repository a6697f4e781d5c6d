"""Headless Chromium, logged in to Home Assistant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
import shutil
import time
from typing import Final

from playwright.async_api import BrowserContext, Page, async_playwright

from .auth import Tokens
from .process import HarnessError

CHROMIUM_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
VIEWPORT_WIDTH: Final = 1280
VIEWPORT_HEIGHT: Final = 800


def chromium() -> str:
    """Return the path of the system's Chromium.

    Raises:
        HarnessError: It is not installed.
    """
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise HarnessError("chromium is not installed (run scripts/setup system)")


def login_script(tokens: Tokens) -> str:
    """Return JavaScript that leaves the tokens where the frontend looks for them."""
    stored = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "expires": round((time.time() + tokens.expires_in) * 1000),
        "hassUrl": tokens.url,
        "clientId": tokens.client_id,
    }
    return f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(stored))});"


@asynccontextmanager
async def logged_in_browser(
    tokens: Tokens,
    *,
    width: int = VIEWPORT_WIDTH,
    height: int = VIEWPORT_HEIGHT,
    dark: bool = False,
) -> AsyncIterator[BrowserContext]:
    """Run the system's Chromium with the tokens' user logged in.

    Raises:
        HarnessError: Chromium is not installed.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=list(CHROMIUM_FLAGS)
        )
        try:
            context = await browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                locale="en-GB",
            )
            await context.add_init_script(login_script(tokens))
            yield context
        finally:
            await browser.close()


async def open_page(context: BrowserContext, tokens: Tokens, path: str) -> Page:
    """Open a path of the frontend and return the page once its shell stands."""
    page = await context.new_page()
    await page.goto(f"{tokens.url}{path}", wait_until="domcontentloaded")
    await page.locator("home-assistant-main").wait_for(state="attached")
    return page
