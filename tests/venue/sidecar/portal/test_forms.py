"""What is typed and chosen in a browser is not lost: by a refusal, by a page made anew, by a session that ends."""

import pytest
from browsers import PASSWORD, needs_chromium
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(180)]
PAGE = "/portal/prm?account=GP29Q1&chosen=1&currency=SEK&unlimited=1"


def press(tab, name):
    tab.page.get_by_role("button", name=name, exact=True).click()


def test_a_refusal_is_told_in_the_dialog_and_the_keyboard_goes_on_where_it_was(browser):
    with browser.tab("gp29-risk") as tab:
        tab.open(PAGE)
        tab.page.get_by_role("checkbox", name="DKK").focus()
        tab.page.keyboard.press("Space")
        tab.page.wait_for_url("**currency=DKK**")
        expect(tab.page.get_by_role("checkbox", name="DKK")).to_be_focused()
        press(tab, "Manage threshold for Traded Sell Value, SEK")
        field = tab.page.get_by_label("Enter new threshold value")
        expect(field).to_be_focused()
        tab.page.keyboard.type("999999999999999")
        tab.page.keyboard.press("Enter")
        expect(tab.page.locator("dialog")).to_contain_text("New value: 999999999999999")
        expect(tab.page.get_by_role("button", name="Yes, I am sure")).to_be_focused()
        tab.page.keyboard.press("Enter")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value("999999999999999")
        expect(tab.page.locator("dialog [role=alert]")).to_contain_text("A value is at most")
        assert not tab.violations()


def test_who_is_logged_out_while_typing_is_told_and_comes_back_to_the_same_page(browser):
    with browser.tab("gp29-risk") as tab:
        tab.open(PAGE)
        press(tab, "Manage threshold for Traded Sell Value, SEK")
        field = tab.page.get_by_label("Enter new threshold value")
        field.fill("4711")
        tab.page.route("**/review", lambda route: route.abort())  # as where the second process is away
        press(tab, "Save")
        expect(tab.page.locator("dialog [role=alert]")).to_contain_text("does not answer")
        expect(field).to_have_value("4711")
        tab.page.unroute("**/review")
        tab.faults.clear()  # what the console says of it
        tab.page.context.clear_cookies()
        tab.page.evaluate("reload()")  # as every 15 seconds
        expect(tab.page.locator("#live-state")).to_have_text("Your session has ended: log in again")
        expect(field).to_have_value("4711")
        press(tab, "Save")
        expect(tab.page.locator("dialog [role=alert]")).to_contain_text(
            "Your session has ended, and nothing was changed"
        )
        expect(field).to_have_value("4711")
        tab.page.keyboard.press("Escape")
        tab.page.get_by_role("link", name="Log in").click()
        tab.page.fill("#name", "gp29-risk")
        tab.page.fill("#password", PASSWORD)
        press(tab, "Log in")
        tab.page.wait_for_url(f"**{PAGE}")
