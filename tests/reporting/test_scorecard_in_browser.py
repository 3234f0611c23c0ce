"""The scorecard's page in a real browser: it asks for nothing but figures beside it, and everybody can read and use it."""

import shutil
from pathlib import Path

import pytest
from support.browser import COLOURS, OUTSIDE, contrast, look, traffic

webdriver = pytest.importorskip("selenium.webdriver", reason="there is no selenium (extra dev)")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

SEEN = "return [...document.querySelectorAll('.claims tbody')].filter(body => !body.hidden).map(body => body.id)"


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """The committed page with the committed figures beside it, in a folder with a space in its name."""
    folder = tmp_path_factory.mktemp("a scorecard")
    shutil.copy("results/scorecard.html", folder)
    for figures in Path("results").glob("*/findings/figures"):
        shutil.copytree(figures, folder / figures.relative_to("results"))
    return folder / "scorecard.html"


@pytest.fixture
def page(browser, written):
    look(browser)
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get(written.as_uri())
    return browser


def press(page, *keys: str) -> None:
    webdriver.ActionChains(page).send_keys(*keys).perform()


def test_the_page_asks_for_nothing_and_a_figure_opens_beside_its_claim_by_keyboard(page):
    assert [each["request"]["url"] for each in traffic(page, "requestWillBeSent")] == [page.current_url]
    claim = page.find_element(By.ID, "tiny.same_base_gamma")
    page.execute_script("arguments[0].focus()", claim.find_element(By.TAG_NAME, "summary"))
    press(page, Keys.ENTER)
    image = claim.find_element(By.TAG_NAME, "img")
    WebDriverWait(page, 10).until(lambda _: image.get_property("naturalWidth") > 0)
    assert image.is_displayed()
    assert image.get_dom_attribute("alt") == "The figure gamma of tiny"
    asked = [each["request"]["url"] for each in traffic(page, "requestWillBeSent")]
    assert [url.rpartition("/")[2] for url in asked] == ["gamma.svg"]
    assert page.get_log("browser") == []


def test_the_policy_stops_scripts_and_pictures_from_elsewhere(page):
    page.execute_script("""
        const script = document.createElement("script"); script.textContent = "window.hit = 1"; document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<img src='http://evil.example/a.png' onerror='window.hit = 1'>");
    """)
    assert page.execute_script("return window.hit") is None
    WebDriverWait(page, 10).until(lambda _: any(each["blockedReason"] == "csp" for each in traffic(page, "loadingFailed")))


def test_choices_show_the_claims_that_fit_all_of_them(page):
    everything = page.execute_script(SEEN)
    study, verdict, origin = (Select(each) for each in page.find_elements(By.TAG_NAME, "select"))
    verdict.select_by_value("opposite")
    assert page.execute_script(SEEN) == ["classifier.other_base_all_logits", "classifier-mnist.other_base_all_logits"]
    assert page.find_element(By.TAG_NAME, "output").text == f"2 of {len(everything)} claims"
    verdict.select_by_value("not_reproduced")
    study.select_by_value("tiny")
    origin.select_by_value("ours")
    assert page.execute_script(SEEN) == ["tiny.same_base_uncounted_gamma"]
    origin.select_by_value("the paper")
    assert page.execute_script(SEEN) == []
    for choice in (study, verdict, origin):
        choice.select_by_value("")
    assert page.execute_script(SEEN) == everything


def test_the_keyboard_reaches_choices_and_sorts_claims_with_what_belongs_to_them(page):
    press(page, Keys.TAB)
    assert page.switch_to.active_element.text == "Skip to the claims"
    press(page, Keys.ENTER, Keys.TAB, "c")
    assert page.switch_to.active_element.get_dom_attribute("name") == "study"
    assert set(map(study_of, page.execute_script(SEEN))) == {"classifier"}
    for _ in range(10):
        press(page, Keys.TAB)
        if page.switch_to.active_element.text == "measured here":
            break
    for order in (1, -1):
        press(page, Keys.ENTER)
        values = page.execute_script(
            "return [...document.querySelectorAll('.claims tbody:not([hidden]) .here')].map(c => +c.dataset.n)"
        )
        assert values == sorted(values, key=lambda value: order * value)
    assert len(values) == 6
    assert page.execute_script("return [...document.querySelectorAll('.claims tbody')].every(body => body.rows.length === 2)")


def study_of(claim: str) -> str:
    return claim.rpartition(".")[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_in_the_dark(page, scheme):
    look(page, scheme=scheme)
    texts = page.execute_script(COLOURS)
    assert len(texts) > 500
    for element, colour, behind in texts:
        assert contrast(colour, behind) >= 4.5, (element, colour, behind)


def test_a_phone_does_not_scroll_sideways_with_a_figure_open(page):
    look(page, width=360)
    page.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.execute_script("return [innerWidth, document.documentElement.scrollWidth]") == [360, 360]
    assert page.execute_script(OUTSIDE) == []


def test_without_scripts_claims_are_there_and_no_choices_that_do_nothing(page):
    claims = page.execute_script(SEEN)
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.refresh()
        assert not any(each.is_displayed() for each in page.find_elements(By.TAG_NAME, "select"))
        assert [each.get_dom_attribute("id") for each in page.find_elements(By.CSS_SELECTOR, ".claims tbody")] == claims
        page.find_element(By.TAG_NAME, "summary").click()
        assert page.find_element(By.TAG_NAME, "img").is_displayed()
    finally:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
