"""Whole journeys in a browser, with real OUCH orders: what a person sees, presses, and sees happen.

They follow one another on one demo: each leaves its accounts as it found them.
"""

import re
import smtplib
from email.message import EmailMessage

import pytest
from browsers import needs_chromium
from playwright.sync_api import expect

from ouch.nordic_messages import (
    OUT,
    AccountQuery,
    AccountQueryResponse,
    CancelOrder,
    EnterOrder,
    Rejected,
    decode,
    encode,
)

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(180)]
GUIDE = pytest.mark.section("PRM", "Appendix II Web page")
expect.set_options(timeout=20_000)
PAGES = {
    "prm": "/portal/prm?account=GP29P1&chosen=1&currency=SEK&unlimited=1",
    "flow": "/portal/flow",
    "desk": "/portal/desk",
    "ptr": "/portal/ptr?correspondent=INET",
}
DOORS = {"door": "/portal", "login": "/portal/login?as=desk", "nothing": "/portal/nothing"}
MARKUP = "<b onx=1>&\"'"
BLOCKED, LOCKED_IN_CURRENCY, HALTED = 0x0101, 0x0102, 0x0007


class Trader:
    """A client on a Nordic OUCH port, which goes on with the numbers of whoever was there before."""

    def __init__(self, client):
        self.client, self.number = client, 0
        for _ in range(2):  # the first answer may be one to somebody else, which is told again
            client.send(encode(AccountQuery()))
            while not isinstance(answer := decode(OUT, client.take()[0]), AccountQueryResponse):
                pass
            self.number = answer.next_user_ref_num - 1

    def order(self, quantity, price, user="GP29U3", side="B", book=101):
        """Enter an order; gives why it was rejected, 0 where it was accepted."""
        self.number += 1
        message = EnterOrder(self.number, side, quantity, book, price, user, 71, 72, 73, 0b111101, "2", "-", {})
        answer = self.ask(encode(message))
        return answer.reason if isinstance(answer, Rejected) else 0

    def cancel(self, number, user="GP29U3"):
        self.ask(encode(CancelOrder(number, 0, user)))

    def ask(self, message):
        self.client.send(message)
        return decode(OUT, self.client.take()[0])


@pytest.fixture
def trader(demo, connect):
    """GP29U3, whom account GP29P1 covers."""
    return Trader(connect(demo, "ouch.nordic", "GP29O1", sequence=0))


def tile(tab, counter="totalOpen"):
    return tab.page.locator(f"#tile-SEK-{counter}")


def press(tab, name, exact=True):
    tab.page.get_by_role("button", name=name, exact=exact).click()


@GUIDE
def test_a_risk_manager_sees_a_counter_rise_raises_its_threshold_and_unlocks(browser, trader):
    with browser.tab("gp29-risk") as tab:
        tab.open("/portal/prm?account=GP29P1")
        expect(tile(tab)).to_contain_text("0.00 %")
        expect(tab.page.locator("#live-state")).to_have_text("Live")
        assert not trader.order(810, 1_000_000)  # 81,000 of 100,000, without a reload of the page
        first = trader.number
        expect(tile(tab)).to_contain_text("81.00 %")
        expect(tile(tab)).to_contain_text("80 % or more")
        expect(tab.page.locator("#prm-accounts")).to_contain_text("81.00 %")
        assert not trader.order(190, 1_000_000)
        expect(tile(tab)).to_contain_text("Breached")
        expect(tab.page.get_by_text("Locked in SEK.", exact=True)).to_be_visible()
        assert trader.order(1, 1_000_000) == LOCKED_IN_CURRENCY
        tab.shot("journey-locked")

        press(tab, "Manage threshold for Total Open Orders Value, SEK")
        tab.page.get_by_label("Enter new threshold value").fill("250000")
        press(tab, "Save")
        expect(tab.page.locator("dialog")).to_contain_text("Old value: 100000, New value: 250000")
        tab.shot("journey-confirm")
        press(tab, "Yes, I am sure")
        expect(tile(tab)).to_contain_text("40.00 %")

        press(tab, "Unlock SEK")
        expect(tab.page.locator("dialog")).to_contain_text("Total Risk Value is still at the threshold")
        tab.page.keyboard.press("Escape")
        expect(tab.page.locator("dialog")).to_be_hidden()
        trader.cancel(first)
        trader.cancel(first + 1)
        press(tab, "Unlock SEK")
        press(tab, "Yes, Unlock")
        expect(tab.page.get_by_text("Locked in SEK.", exact=True)).to_be_hidden()
        assert not trader.order(1, 1_000_000)
        trader.cancel(trader.number)


@GUIDE
def test_an_account_is_blocked_with_its_orders_and_unblocked_by_keyboard_alone(browser, trader):
    assert not trader.order(10, 900_000)
    with browser.tab("gp29-risk") as tab:
        tab.open("/portal/prm?account=GP29P1")
        button = tab.page.get_by_role("button", name="Block account")
        button.focus()
        tab.page.keyboard.press("Enter")
        expect(tab.page.locator("dialog")).to_be_visible()
        expect(tab.page.get_by_role("button", name="Yes, Block account and cancel orders")).to_be_focused()
        tab.shot("journey-block")
        tab.page.keyboard.press("Enter")
        expect(tab.page.get_by_text("Blocked and cancelled", exact=True).first).to_be_visible()
        canceled = decode(OUT, trader.client.take()[0])
        assert canceled.user_ref_num == trader.number
        assert trader.order(1, 900_000) == BLOCKED
        expect(tab.page.get_by_role("button", name="Unblock account")).to_be_focused()
        tab.page.keyboard.press("Enter")
        tab.page.get_by_role("button", name="Yes, Unblock account").press("Enter")
        expect(tab.page.locator(".details .badge")).to_have_text("Active")
        assert not trader.order(1, 900_000)
        trader.cancel(trader.number)


@GUIDE
def test_currencies_and_unlimited_counters_are_shown_as_chosen(browser):
    with browser.tab("gp29-view") as tab:
        tab.open("/portal/prm?account=GP29P1")
        expect(tab.page.locator(".tile")).to_have_count(3)
        tab.page.get_by_text("show unlimited", exact=True).click()
        expect(tab.page.locator(".tile")).to_have_count(7)
        tab.page.get_by_role("checkbox", name="EUR").click()
        expect(tab.page.locator(".tile")).to_have_count(14)
        assert tab.page.locator("main button").all_inner_texts() == ["Reload now"]


def test_the_desk_halts_a_book_sets_prices_and_explains_what_was_refused(browser, trader):
    with browser.tab("desk") as tab:
        tab.open("/portal/desk")
        expect(tab.page.locator("#desk-ports")).to_contain_text("Logged on")
        press(tab, "change the phase of 201, nordic", exact=False)
        press(tab, "Halt")
        expect(tab.page.get_by_role("button", name="Halt: change the phase of 201, nordic")).to_be_visible()
        assert trader.order(1, 40_000, book=201) == HALTED
        rejects = tab.page.locator("#tail tr", has_text="Reject")
        expect(rejects.first).to_contain_text("GP29O1")
        rejects.first.get_by_role("button", name=re.compile("Explain")).click()
        expect(tab.page.locator("dialog")).to_contain_text("was rejected", timeout=30_000)
        expect(tab.page.locator("dialog")).to_contain_text("Halted")
        tab.shot("journey-explain")
        assert not tab.violations()
        tab.page.locator("dialog .buttons").get_by_role("button", name="Close").click()
        tab.page.get_by_label("Port", exact=True).fill("GP29O1")
        tab.page.get_by_label("UserRefNum or ClOrdID").fill(str(trader.number))
        press(tab, "Explain")
        expect(tab.page.locator("dialog")).to_contain_text("Halted", timeout=30_000)
        tab.page.keyboard.press("Escape")
        press(tab, "Halt: change the phase of 201, nordic")
        press(tab, "Continuous")
        expect(tab.page.get_by_role("button", name="Continuous: change the phase of 201, nordic")).to_be_visible()
        press(tab, "Prices of 201, nordic")
        tab.page.get_by_label("Last", exact=True).fill("4.0500")
        press(tab, "Save")
        expect(tab.page.locator("dialog tbody tr")).to_contain_text("4.0000")
        press(tab, "Yes, I am sure")
        expect(tab.page.locator("#desk-books tr", has_text="NOKIA")).to_contain_text("+1.25 %")


def test_the_sample_flow_moves_every_screen_to_a_breach(browser):
    with browser.tab("gp29-risk") as counters, browser.tab("desk") as flow:
        counters.open("/portal/prm?account=GP29Q1")
        expect(tile(counters)).to_contain_text("Under 80 %")
        flow.open("/portal/flow")
        press(flow, "Run sample flow")
        expect(flow.page.get_by_role("button", name="It runs")).to_be_focused()
        expect(flow.page.locator("#book .ladder tr.bid").first).to_be_visible()
        expect(flow.page.locator("#book .trades tbody .num").first).to_be_visible()
        expect(tile(counters)).to_contain_text("80 % or more")
        flow.shot("journey-flow")
        expect(counters.page.get_by_text("Locked in SEK.", exact=True)).to_be_visible()
        expect(flow.page.locator("#sample")).to_contain_text("GP29Q1 passed its threshold", timeout=30_000)
        expect(flow.page.locator("#tail")).to_contain_text("Locked in currency")
        expect(flow.page.locator("#rates canvas")).to_be_visible()
        press(flow, "Run sample flow")
        expect(flow.page.locator(".toast.level-breached")).to_contain_text("unlock it first")
        press(counters, "Unlock SEK")
        press(counters, "Yes, Unlock")
        expect(counters.page.get_by_text("Locked in SEK.", exact=True)).to_be_hidden()


def test_what_clients_and_senders_write_is_text(browser, demo, connect):
    """Markup in a ClOrdID, and in a mail's subject, sender and text, is shown and does nothing."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = f"<script>alert(1)</script>{MARKUP}", "a@b.example", "c@d.example"
    mail.set_content(f"<img src=x onerror=alert(2)>{MARKUP}")
    with smtplib.SMTP(*demo.addresses["mail"]) as server:
        server.send_message(mail)
    with browser.tab("desk") as tab:
        tab.open("/portal/desk")
        client = connect(demo, "ouch.nasdaq", "IN19T6")
        client.expect("S")
        client.enter(1, symbol="AAPL", quantity=0, cl_ord_id="<img src=x o>")
        client.take()
        expect(tab.page.locator("#tail")).to_contain_text("<img src=x o>")
        expect(tab.page.locator("#desk-mail")).to_contain_text(f"<script>alert(1)</script>{MARKUP}")
        tab.page.locator("#desk-mail summary").first.click()
        expect(tab.page.locator("#desk-mail pre").first).to_contain_text(f"<img src=x onerror=alert(2)>{MARKUP}")
        assert not tab.page.locator("#main img, #main script, #main b[onx]").count()


def test_what_no_page_may_do_is_seen_by_every_test_here(browser):
    """Something inline, a request to elsewhere, an error in a script: each would fail its test."""
    with browser.tab(None) as tab:
        tab.open("/portal")
        for wrong, words in (
            ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
            ("document.head.append(Object.assign(document.createElement('script'), {text: '1'}))", "Security Policy"),
            ("fetch('http://127.0.0.2/').catch(() => 0)", "Security Policy"),
            ("setTimeout(() => { throw new Error('a fault') })", "a fault"),
        ):
            tab.page.evaluate(wrong)
            assert words in " ".join(tab.awaited()), wrong
        tab.page.route("http://elsewhere.example/", lambda route: route.fulfill(body=""))
        tab.page.goto("http://elsewhere.example/")
        assert tab.awaited() == ["asks http://elsewhere.example/"]


@pytest.mark.parametrize(("scheme", "size"), [("light", "wide"), ("dark", "phone")])
def test_every_page_is_accessible_and_fits(browser, scheme, size):
    """No violation of WCAG AA, no page wider than the window, and pictures of each in both schemes to look at."""
    wrong = {}
    for person, pages in ((None, DOORS), ("desk", PAGES)):
        with browser.tab(person, scheme, size) as tab:
            for name, path in pages.items():
                tab.open(path)
                for one in ("light", "dark"):
                    tab.page.emulate_media(color_scheme=one)
                    tab.shot(f"{name}-{one}-{size}")
                tab.page.emulate_media(color_scheme=scheme)
                assert "TEST" in tab.page.title()
                if found := tab.violations():
                    wrong[name] = found
                if tab.overflow > 0:
                    wrong[name, "is too wide by"] = tab.overflow
    assert not wrong
