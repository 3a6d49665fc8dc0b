"""The audit report as a file: the guide's sample rows to the byte, and nothing that a spreadsheet would run."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engine.risk.audit_words import wording
from engine.risk.diary import AuditRow
from engine.terms import Reject
from venue.clock import nanoseconds
from venue.report_files import audit_name, audit_text

REPORT = pytest.mark.section("PRM", "3.20 Audit report")
HEADER = "MPID,PrmAccount,Action,Item,Currency,OldValue,NewValue,Date,Time\n"
SAMPLE = """\
GP29,GP29Q1,Multiplier Update,Fat Finger Multiplier Passive,N/A,100,200,2024-05-18,4:10:35.834937409
GP29,GP29PR,Order Reject,Restricted Symbol,EUR,N/A,N/A,2024-05-18,9:55:25.181317408
GP29,GP29PR,Account Change,Trigger Restrict Symbol On Repeated Order Generation,N/A,Y,N,2024-05-18,16:47:40.024364138
GP29,GP29P1,Limit Change,Open Order Buy Value,SEK,0,20,2024-05-18,17:38:36.638040926
GP29,GP29P1,Breach Lock,Over Daily Open Order Buy/Sell Value,SEK,N/A,N/A,2024-05-18,17:38:49.038829471
GP29,GP29P1,Order Reject,Over Daily Open Order Buy/Sell Value,SEK,N/A,N/A,2024-05-18,17:38:49.899882186
"""


def row(account, what, currency, time, old="N/A", new="N/A"):
    """A row of the trail; `what` is what happened, as the engine tells it, `time` one of Stockholm."""
    clock, _, nanos = time.partition(".")
    local = datetime.fromisoformat(f"2024-05-18T{clock:0>8}").replace(tzinfo=ZoneInfo("Europe/Stockholm"))
    return AuditRow(0, nanoseconds(local) + int(nanos), account, *wording(*what), currency, old, new)


@REPORT
def test_the_sample_of_the_guide_to_the_byte():
    rows = [
        row("GP29Q1", ("CHANGE", "fat_finger_multiplier_passive", "", None), "N/A", "4:10:35.834937409", "100", "200"),
        row("GP29PR", ("REJECT", "", "201", Reject.RESTRICTED_SYMBOL), "EUR", "9:55:25.181317408"),
        row("GP29PR", ("CHANGE", "restrict_on_repeated_order", "", None), "N/A", "16:47:40.024364138", "Y", "N"),
        row("GP29P1", ("CHANGE", "open_buy", "", None), "SEK", "17:38:36.638040926", "0", "20"),
        row("GP29P1", ("BREACH", "open_buy", "", None), "SEK", "17:38:49.038829471"),
        row("GP29P1", ("REJECT", "open_sell", "", Reject.ACCOUNT_BLOCKED), "SEK", "17:38:49.899882186"),
    ]
    assert audit_text("GP29", rows).decode() == HEADER + SAMPLE


@REPORT
def test_a_day_without_anything_to_tell_has_the_header_only():
    assert audit_text("GP29", []).decode() == HEADER
    assert audit_name("GP29", "2026-11-20") == "reports/GP29/PRM_Audit_GP29_20261120.csv"


@REPORT
def test_what_a_spreadsheet_would_run_is_defused_and_what_needs_quotes_has_them():
    hostile = AuditRow(0, 0, "GP29PR", "Account Change", '=HYPERLINK("x"),1', "N/A", "+1", "@SUM(A1)")
    line = audit_text("GP29", [hostile]).decode().splitlines()[1]
    assert line == 'GP29,GP29PR,Account Change,"\'=HYPERLINK(""x""),1",N/A,\'+1,\'@SUM(A1),1970-01-01,1:00:00.000000000'
