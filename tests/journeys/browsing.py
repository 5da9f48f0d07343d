"""How a person uses the site in a browser: logs in, goes on to the next page, finds nothing in the way."""

import re

from axe_playwright_python.sync_playwright import Axe

PASSWORD = "geheim-2026!"
"""What everybody of the builders logs in with."""


def log_in(page, name):
    """Come in as somebody else."""
    page.context.clear_cookies()
    page.goto("/login/")
    page.fill("input[name=email]", f"{name}@example.org")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile(r"/(tasks|admin)/"))


def go_on(page, button):
    """Press what leads to another page, and wait until all of that page is there."""
    with page.expect_navigation():
        button.click()


def violations(page, part=None):
    """What keeps somebody from using the page, or a part of it (a CSS selector)."""
    page.wait_for_load_state()
    found = Axe().run(page, context=part, options={"preload": False}).response["violations"]
    return [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]


def fits(page):
    """Whether nothing of the page sticks out sideways."""
    page.wait_for_load_state()
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")
