"""A real Chromium on a really running service, which notes whatever must not happen."""

import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]
DESKTOP, PHONE = (1440, 900), (390, 844)
# What a busy machine may take.
PATIENCE_MS = 60_000

_NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation",
  (event) => console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Visitor:
    """Someone at the page, and what went wrong meanwhile.

    Attributes:
        url: of the service.
        faults: errors of scripts, refusals of the policy, failed requests of the page's own making.
        abroad: requests that left the origin.
    """

    url: str
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    abroad: list[str] = field(default_factory=list)

    def open(self, view: str = "") -> Page:
        """Go to a view, and wait until it can be used."""
        self.page.goto(f"{self.url}/{view and '#'}{view}")
        self.page.wait_for_selector("html[data-ready=true]")
        return self.page

    def read(self, text: str) -> Page:
        """Paste an article and have it read."""
        if self.page.url == "about:blank":
            self.open()
        self.page.locator("#article-text").fill(text)
        self.page.locator("form.ask button[type=submit]").click()
        self.page.wait_for_selector(".paper .sentence")
        return self.page

    def sentence(self, words: str) -> Any:
        """The sentence of the article that holds these words."""
        return self.page.locator(".paper .sentence", has_text=words).first


def until(page: Page, expression: str, arg: Any = None) -> None:
    """Wait until it holds. Playwright's own way asks for `eval` inside the page, which the policy forbids."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(expression, arg):
        assert time.monotonic() < end, f"never: {expression}"
        page.wait_for_timeout(50)


def visit(browser: Browser, url: str, *, size: tuple[int, int] = DESKTOP, dark: bool = False) -> Visitor:
    """A visitor with nothing remembered."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(_NOTE_VIOLATIONS)
    visitor = Visitor(url, context, context.new_page())

    def heard(message: Any) -> None:
        # An answer that refuses (401 before sign-in) is told by the console, too; it is no fault of the page.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            visitor.faults.append(f"{message.type}: {message.text}")

    def asked(request: Any) -> None:
        if not request.url.startswith((url + "/", "data:", "blob:" + url)):
            visitor.abroad.append(request.url)

    visitor.page.on("console", heard)
    visitor.page.on("pageerror", lambda error: visitor.faults.append(f"script: {error}"))
    context.on("request", asked)
    return visitor
