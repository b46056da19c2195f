"""A page of explore.py in headless Chromium, and what it does there.

Without playwright or Chromium, the tests that import this are skipped.
"""

import base64
import contextlib
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from tf_gans.serving.server import Server

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright, the extra browser, is missing"
)
if CHROMIUM is None:
    pytest.skip("there is no chromium on the PATH", allow_module_level=True)


@contextlib.contextmanager
def chromium():
    """A browser."""
    with playwright.sync_playwright() as runner:
        browser = runner.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


class Page:
    """A page, and what it did: its errors and its requests."""

    def __init__(self, page, url):
        self.page, self.url = page, url
        self.errors, self.requests = [], []
        self.at_once = self.most_at_once = 0
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_end)
        page.on("requestfailed", self._on_end)

    def _on_console(self, message):
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _on_request(self, request):
        self.requests.append(request)
        if request.url.endswith(":predict"):
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)

    def _on_end(self, request):
        self.at_once -= request.url.endswith(":predict")

    def asked(self):
        """The bodies of the requests for predictions."""
        return [
            json.loads(request.post_data)
            for request in self.requests
            if request.url.endswith(":predict")
        ]

    def picture(self, canvas="#stage"):
        """The pixels of a canvas, as they are."""
        url = self.page.locator(canvas).evaluate("c => c.toDataURL()")
        return _decode(url)

    def settled(self):
        """Waits until nothing more is asked."""
        self.page.wait_for_selector("html:not([data-busy])", state="attached")

    def text(self, selector):
        return self.page.locator(selector).inner_text().strip()

    def call(self, function, *arguments):
        """Calls a function of latent.js."""
        return self.page.evaluate(
            "async ([name, args]) =>"
            " (await import('/latent.js'))[name](...args)",
            [function, list(arguments)],
        )


def _decode(url):
    content = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


@contextlib.contextmanager
def opened(browser, model, errors=False, **options):
    """Serves a model and opens its page, which must go well and stay here."""
    context = browser.new_context(
        **{"viewport": {"width": 1280, "height": 860}, **options}
    )
    with Server(model) as server, contextlib.closing(context):
        server.start()
        page = Page(context.new_page(), server.url)
        page.page.goto(server.url)
        page.page.wait_for_selector("html[data-answers]", state="attached")
        page.settled()
        page.server = server
        yield page
        if not errors:
            assert page.errors == []
        outside = {
            request.url
            for request in page.requests
            if not request.url.startswith((server.url, "data:", "blob:"))
        }
        assert outside == set()
