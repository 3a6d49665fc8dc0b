"""The rules page in a browser, with real OUCH orders: two days of a firm's risk manager."""

import re

import pytest
from browsers import needs_chromium
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(180)]
PAGE = "/portal/eqrc"
MARKUP = "\"><img src=x onerror=alert(1)>'&"
TOO_MANY, EXPOSED, DISABLED = 0x0031, 0x0020, 0x000C
PRICE = 1_900_000


def press(tab, name, exact=True):
    tab.page.get_by_role("button", name=name, exact=exact).click()


def dialog(tab):
    return tab.page.locator("dialog")


def saved(tab, button="Save"):
    """Press what closes the dialog, and wait until it has."""
    dialog(tab).get_by_role("button", name=button).click()
    expect(dialog(tab)).to_be_hidden()


def make(tab, place, fields, kind=None):
    """Make a rule by its dialog."""
    tab.open(f"{PAGE}?tab={place}")
    press(tab, "New Rule")
    if kind:
        press(tab, kind)
    for label, value in fields.items():
        dialog(tab).get_by_label(label, exact=True).first.fill(value)
    saved(tab)


@pytest.mark.section("EQRC", "4 Monitoring")
def test_a_rule_is_made_holds_the_next_day_is_breached_and_the_switch_is_thrown(browser, demo, connect, operator):
    with browser.tab("inet-risk") as tab:
        make(tab, "order-type", {"Maximum shares": "500"}, "Maximum Shares")
        row = tab.page.locator("#eqrc-rules tr", has_text="At most 500 shares")
        expect(row).to_contain_text("Configured (next day)")
        make(tab, "gross-exposure", {"Watch": "10000", "Warn": "20000", "Action": "30000"})
        expect(tab.page.locator("#eqrc-rules")).to_contain_text("10,000 / 20,000 / 30,000")
        expect(tab.page.locator("#eqrc-exposure")).to_contain_text("No rule of gross exposure holds today")
        assert operator.post("/ops/trading-day/next").status == 200

        expect(tab.page.locator("#eqrc-exposure tbody tr")).to_contain_text("0% of Watch", timeout=30_000)
        expect(tab.page.locator("#live-state")).to_have_text("Live")
        trader = connect(demo, name="IN19T6")
        trader.expect("S")
        trader.enter(1, b"B", 501)
        assert TOO_MANY in trader.expect("J")
        expect(tab.page.locator("#breach-max-shares")).to_contain_text("1 today")
        expect(tab.page.locator("#breach-max-shares")).to_contain_text("INET IN19T6")
        trader.enter(2, b"B", 80, price=PRICE)
        trader.expect("A")
        exposure = tab.page.locator("#eqrc-exposure tbody tr")
        expect(exposure).to_contain_text("76% of Warn")
        expect(exposure.locator(".badge")).to_have_text("Watch")
        trader.enter(3, b"B", 100, price=PRICE)
        trader.expect("A")
        expect(exposure).to_contain_text("114% of Action")
        trader.enter(4, b"B", 1, price=PRICE)
        assert EXPOSED in trader.expect("J")
        expect(tab.page.locator("#breach-gross-exposure")).to_contain_text("today")
        tab.shot("journey-eqrc")
        assert not tab.violations()
        press(tab, "Unbreach Open of INET")
        saved(tab, "Yes, Unbreach")
        expect(exposure.locator(".badge")).to_have_text("Action, lifted")
        expect(exposure.get_by_role("button")).to_have_count(0)
        trader.enter(5, b"B", 1, price=PRICE)
        trader.expect("A")

        tab.open(f"{PAGE}?tab=order-type&port=IN19T6&mpid=INET&exchange=NASDAQ")
        press(tab, "Safety Switch")
        dialog(tab).get_by_label("Cancel Action").select_option("ALL")
        dialog(tab).get_by_label("Port Action").select_option("DISABLE")
        press(tab, "Continue")
        expect(dialog(tab)).to_contain_text("Cancel all open orders")
        tab.shot("journey-eqrc-switch")
        saved(tab, "Yes, I am sure")
        expect(tab.page.locator(".toast")).to_contain_text("3 orders cancelled; IN19T6 disabled")
        assert {trader.expect("C")[1] for _ in range(3)} == {2, 3, 5}
        trader.enter(6, b"B", 1)
        assert DISABLED in trader.expect("J")
        expect(tab.page.locator("#eqrc-watch")).to_contain_text("Port IN19T6 takes no orders")
        press(tab, "Enable IN19T6")
        press(tab, "Continue")
        saved(tab, "Yes, I am sure")
        expect(tab.page.locator("#eqrc-watch .notice")).to_have_count(0)
        trader.enter(7, b"B", 1)
        trader.expect("A")

        tab.open(f"{PAGE}?tab=order-type&mpid=INET")
        row.get_by_role("button", name="Edit").focus()
        tab.page.keyboard.press("Enter")
        limit = dialog(tab).get_by_label("Maximum shares")
        expect(limit).to_be_focused()
        limit.fill("600")
        tab.page.keyboard.press("Enter")
        expect(dialog(tab)).to_be_hidden()
        trader.enter(8, b"B", 501, price=10_000)
        trader.expect("A")


def test_a_form_says_what_is_wrong_as_it_is_typed_and_as_the_venue_says(browser):
    with browser.tab("inet-risk") as tab:
        tab.open(f"{PAGE}?tab=restricted-stock")
        press(tab, "New Rule")
        dialog(tab).get_by_label("Symbols").fill(MARKUP)
        press(tab, "Save")
        symbols = dialog(tab).get_by_label("Symbols")
        expect(symbols).to_have_attribute("aria-invalid", "true")
        expect(symbols).to_have_value(MARKUP)
        assert not tab.page.locator("dialog img").count()
        assert not tab.violations()
        many = " ".join(["LONGNAME"] * 2_000)
        symbols.fill(many)
        press(tab, "Save")
        expect(dialog(tab).get_by_role("alert").last).to_contain_text("A form has at most 16,384 bytes")
        expect(symbols).to_have_value(many)
        dialog(tab).locator("#symbols-file").set_input_files(
            {"name": "list.csv", "mimeType": "text/csv", "buffer": b'Symbol\r\n"AMD"\r\n"TSLA"\r\n'}
        )
        expect(symbols).to_have_value(re.compile(r"^AMD\s+TSLA$"))
        tab.page.keyboard.press("Escape")
        expect(dialog(tab)).to_be_hidden()
        tab.open(f"{PAGE}?tab=order-type")
        press(tab, "New Rule")
        press(tab, "Maximum Notional Value")
        limit = dialog(tab).get_by_label("Maximum value (USD)")
        limit.fill("20000500")
        expect(dialog(tab).locator("#f-limit-says")).not_to_be_empty()
        expect(limit).to_have_attribute("aria-invalid", "true")
        limit.fill("20000000")
        expect(dialog(tab).locator("#f-limit-says")).to_be_empty()


def test_columns_stay_as_a_person_has_chosen_them(browser):
    with browser.tab("inet-risk") as tab:
        tab.open(f"{PAGE}?tab=fat-finger")
        head = tab.page.locator("#eqrc-rules thead")
        expect(head).to_contain_text("Include ISO")
        press(tab, "Layout")
        dialog(tab).get_by_role("checkbox", name="Include ISO").click()
        press(tab, "Save")
        expect(head).not_to_contain_text("Include ISO")
        tab.open(f"{PAGE}?tab=fat-finger")
        expect(head).not_to_contain_text("Include ISO")


@pytest.mark.parametrize(("scheme", "size"), [("dark", "wide"), ("light", "phone")])
def test_the_page_and_its_dialogs_are_accessible_and_fit(browser, scheme, size):
    with browser.tab("inet-risk", scheme, size) as tab:
        for place in ("fat-finger", "gross-exposure"):
            tab.open(f"{PAGE}?tab={place}")
            for one in ("light", "dark"):
                tab.page.emulate_media(color_scheme=one)
                tab.shot(f"eqrc-{place}-{one}-{size}")
            tab.page.emulate_media(color_scheme=scheme)
            assert "TEST" in tab.page.title()
            assert not tab.violations()
            assert tab.overflow <= 0
            press(tab, "New Rule")
            expect(dialog(tab)).to_be_visible()
            tab.shot(f"eqrc-{place}-new-{scheme}-{size}")
            assert not tab.violations()
