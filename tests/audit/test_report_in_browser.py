"""The page of an audit in a real browser: it loads nothing, its rows do nothing, and everybody can read and use it."""

import itertools
from pathlib import Path

import pytest
from support.browser import COLOURS, OUTSIDE, contrast, look, traffic
from support.made_audits import results, written

webdriver = pytest.importorskip("selenium.webdriver", reason="there is no selenium (extra dev)")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

HOSTILE = (
    "<script>window.hit = 1</script><img src=http://evil.example/a.png onerror='window.hit = 1'><svg onload='window.hit = 1'>"
    "<a href='javascript:window.hit=1'>x</a></style><style>body{display:none}</style><iframe src=//evil.example></iframe>"
    "<meta http-equiv=refresh content='0;url=http://evil.example'> {{constructor.constructor('window.hit=1')()}} \u202e"
    + "x"
    * 400
)


@pytest.fixture
def page(browser, tmp_path_factory):
    """The page of a made-up audit with a hostile row, just opened on a wide and light screen."""
    folder = tmp_path_factory.mktemp("audit")
    written(folder, results(HOSTILE))
    look(browser)
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get((folder / "audit.html").as_uri())
    return browser


def test_the_page_asks_for_nothing_and_a_hostile_row_does_nothing(page):
    assert [each["request"]["url"] for each in traffic(page, "requestWillBeSent")] == [page.current_url]
    assert page.get_log("browser") == []  # neither an error nor something that the policy had to stop
    assert page.execute_script("return window.hit") is None
    assert page.find_elements(By.CSS_SELECTOR, "img, iframe, object, form, meta[http-equiv=refresh]") == []
    assert len(page.find_elements(By.TAG_NAME, "script")) == len(page.find_elements(By.TAG_NAME, "style")) == 1
    assert all(link.get_dom_attribute("href").startswith("#") for link in page.find_elements(By.TAG_NAME, "a"))
    assert "<script>window.hit = 1</script>" in page.find_element(By.CSS_SELECTOR, "td code").text


def test_the_policy_stops_scripts_and_requests_that_something_smuggled_in(page):
    page.execute_script("""
        const script = document.createElement("script"); script.textContent = "window.hit = 1"; document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<img src='http://evil.example/a.png' onerror='window.hit = 1'>");
    """)
    assert page.execute_script("return window.hit") is None
    assert sum("Content Security Policy" in entry["message"] for entry in page.get_log("browser")) >= 2
    assert [each["blockedReason"] for each in traffic(page, "loadingFailed")] == ["csp"]


def test_headings_and_landmarks_come_in_order(page):
    levels = [int(heading.tag_name[1]) for heading in page.find_elements(By.CSS_SELECTOR, "h1, h2, h3, h4")]
    assert levels.count(1) == 1 == levels[0]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    landmarks = page.find_elements(By.CSS_SELECTOR, "body > header, body > main, body > footer")
    assert [mark.tag_name for mark in landmarks] == ["header", "main", "footer"]
    titles = [heading.text for heading in page.find_elements(By.TAG_NAME, "h2")]
    assert titles == [
        "Something was found by 2 layers: surface and behaviour", "Traits, the largest shift first",
        "Told apart from the reference", "Rows to look at", "What each layer found", "What this audit cannot see",
        "What to do next", "How to read this", "Known cases", "What was audited",
    ]  # fmt: skip


def test_the_keyboard_reaches_and_sorts_a_table(page):
    def focused():
        return page.switch_to.active_element

    def press(key: str) -> None:
        webdriver.ActionChains(page).send_keys(key).perform()

    press(Keys.TAB)
    assert focused().text == "Skip to the layers"
    for _ in range(60):
        press(Keys.TAB)
        if focused().tag_name == "button" and focused().text == "shortcut":
            break
    head = focused().find_element(By.XPATH, "..")
    table = head.find_element(By.XPATH, "ancestor::table")

    def column() -> list[str]:
        return [cell.text for cell in table.find_elements(By.CSS_SELECTOR, "tbody td:last-child")]

    assert column() == ["0.500", "0.550"]
    assert page.execute_script("return getComputedStyle(arguments[0]).outlineStyle", focused()) == "solid"
    press(Keys.ENTER)
    assert (head.get_dom_attribute("aria-sort"), column()) == ("ascending", ["0.500", "0.550"])
    press(Keys.SPACE)
    assert (head.get_dom_attribute("aria-sort"), column()) == ("descending", ["0.550", "0.500"])


def test_numbers_are_sorted_as_numbers_and_missing_ones_come_last(page, tmp_path):
    found = results()
    words = [{"word": str(value), "share": value} for value in (10.0, 9.0, float("nan"), -2.0)]
    found[0].tables["words"][:] = words
    written(tmp_path, found)
    page.get((tmp_path / "audit.html").as_uri())
    button = next(each for each in page.find_elements(By.CSS_SELECTOR, "th button") if each.text == "share")
    table = button.find_element(By.XPATH, "ancestor::table")
    for order in (["−2.00", "9.00", "10.0", ""], ["10.0", "9.00", "−2.00", ""]):
        button.click()
        assert [cell.text for cell in table.find_elements(By.CSS_SELECTOR, "tbody td:last-child")] == order


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(21, 24, 28)")])
def test_every_text_can_be_read_in_light_and_in_the_dark(page, scheme, ground):
    look(page, scheme=scheme)
    assert (
        page.find_element(By.TAG_NAME, "body")
        .value_of_css_property("background-color")
        .replace("a(", "(")
        .startswith(ground[:-1])
    )
    texts = page.execute_script(COLOURS)
    assert len(texts) > 100
    for element, colour, behind in texts:
        assert contrast(colour, behind) >= 4.5, (element, colour, behind)


def test_a_phone_does_not_scroll_sideways(page):
    look(page, width=360)
    assert page.execute_script("return [innerWidth, document.documentElement.scrollWidth]") == [360, 360]
    assert page.execute_script(OUTSIDE) == []


def test_without_scripts_everything_is_there(page, tmp_path):
    with_scripts = page.find_element(By.TAG_NAME, "body").text
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.refresh()
        tree = page.execute_cdp_cmd("DOM.getDocument", {"depth": 0})
        source = page.execute_cdp_cmd("DOM.getOuterHTML", {"nodeId": tree["root"]["nodeId"]})["outerHTML"]
    finally:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert "<button" not in source
    assert Path(page.current_url).name == "audit.html"
    assert "What to do next" in with_scripts
    assert source.count("<table") == len(page.find_elements(By.TAG_NAME, "table")) > 3
