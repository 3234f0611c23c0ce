"""Pages in a real browser: Chromium without a window, driven by selenium."""

import json
import re
import shutil

import pytest

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
# What the eye meets: for each element with text of its own, its colour and the colour of what it stands on.
COLOURS = """
const opaque = element => { for (; element; element = element.parentElement) {
  const ground = getComputedStyle(element).backgroundColor; if (ground !== "rgba(0, 0, 0, 0)") return ground; } };
return [...document.body.querySelectorAll("*")]
  .filter(element => element.checkVisibility() && [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .map(element => [element.outerHTML.slice(0, 80),
    getComputedStyle(element)[element.closest("svg") ? "fill" : "color"], opaque(element)]);
"""
OUTSIDE = """
return [...document.body.querySelectorAll("*")]
  .filter(element => element.checkVisibility() && !element.closest(".wide > :not(.rows), svg *"))
  .filter(element => element.getBoundingClientRect().right > innerWidth + 1).map(element => element.outerHTML.slice(0, 120));
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver", reason="there is no selenium (extra dev)")
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        pytest.skip("there is no browser: chromium and chromedriver are not on PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(programs[1]))
    yield driver
    driver.quit()


def look(browser, width: int = 1100, scheme: str = "light") -> None:
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def traffic(browser, what: str) -> list[dict]:
    """What happened on the network since the last look at the log.

    A new browser's first tab is a page of its own, which goes on loading for a while and is left out.
    """
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    found = [each["params"] for each in messages if each["method"] == f"Network.{what}"]
    return [each for each in found if not each.get("documentURL", "").startswith("chrome")]


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as the guidelines for accessible pages define it: 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
