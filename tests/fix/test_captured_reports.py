"""Reports have the shape of real ones that were captured and published: every tag that stands there, with its value."""

import pytest
from fix_floor import Floor

CAPTURED = pytest.mark.section("FIX", "Captured reports")

US_CANCEL = (
    "8=FIX.4.2|35=8|49=INET|56=DEGSR1|57=7YSC1478|11=3440299650|41=3440299650|20=0|150=4|39=4|109=DEGS|55=WOOD|54=1"
    "|38=100|59=3|32=0|31=0.0|151=0|14=0|6=0.0|18=N|1=7YSC1209|44=46.4600|40=2|47=A|29=1|76=INET|58=T"
)
US_NEW = (
    "8=FIX.4.2|35=8|49=INET|56=IAEID3|11=*003YeG001|20=0|150=0|39=0|109=IAEI|55=UPRO|54=1|38=200|32=0|31=0.0|151=200"
    "|14=0|6=0.0|1=CMT2|44=117.8900|40=2|47=P|29=4|76=INET|18=N|59=0"
)
NORDIC_NEW = (
    "8=FIX.4.2|35=8|49=INORD|50=S|56=Y48|57=Y4801|6=0.0|11=KODCS75UO3X53|14=0|15=ISK|18=N|20=0|38=100|39=0|40=2"
    "|44=51.1000|528=A|48=IS0000000388|54=1|55=5482|59=0|60=20110428-10:07:22|150=0|151=100|9140=Y|5815=23|109=Y48"
    "|76=BOOK"
)
NORDIC_RESTATED = "8=FIX.4.2|35=8|49=INORD|50=S|6=0.0|11=KODVRSKTKOLJP|14=0|20=0|39=0|54=1|55=10771|150=D|109=Y48|378=1"
OURS = {1: "CMT2", 11: "A1", 55: "ZWZZT", 56: "INFX01", 57: "TRD1", 109: "INET"}


def fields(text):
    return {int(tag): value for tag, _, value in (field.partition("=") for field in text.split("|"))}


def agree(report, captured, *, ours):
    """Whether a report says what a captured one does, apart from what is of another client, order or day."""
    wanted = fields(captured) | {tag: value for tag, value in ours.items() if tag in fields(captured)}
    return {tag: report.get(tag) for tag in wanted} == wanted


@CAPTURED
def test_a_us_order_is_accepted_as_captured():
    client = Floor().client("INFX01", user="TRD1")
    client.send("D", {11: "A1", 1: "CMT2", 21: "1", 38: "200", 40: "2", 44: "117.89", 47: "P", 54: "1", 55: "ZWZZT"})
    (report,) = client.reports()
    assert agree(report, US_NEW, ours=OURS)


@CAPTURED
def test_what_a_us_order_did_not_ask_for_ends_it_with_its_own_id_in_both_places_and_the_letter_as_text():
    client = Floor().client("INFX01", user="TRD1")
    client.send(
        "D", {11: "A1", 1: "CMT2", 21: "1", 38: "100", 40: "2", 44: "46.46", 47: "A", 54: "1", 55: "ZWZZT", 59: "3"}
    )
    _, report = client.reports()
    assert agree(report, US_CANCEL, ours=OURS | {41: "A1", 58: "I"})
    assert report[17].startswith("-")


@CAPTURED
def test_a_nordic_order_is_accepted_as_captured():
    client = Floor().client("GP29F1")
    client.enter("N1", at=None)
    client.send(
        "D", {11: "N1A", 15: "SEK", 21: "1", 38: "100", 40: "2", 44: "51.1", 48: "SE1", 54: "1", 55: "101", 5815: "23"}
    )
    (report,) = client.reports()
    ours = {11: "N1A", 15: "SEK", 48: "SE1", 55: "101", 56: "GP29F1", 57: "GP29U1", 109: "GP29"}
    assert agree(report, NORDIC_NEW, ours=ours | {60: "20261120-15:00:00.000"})


@CAPTURED
def test_a_nordic_order_that_outlives_its_day_is_restated_as_captured():
    floor = Floor()
    client = floor.client("GP29F1")
    client.enter("N0", at="51.10")
    client.enter("N1", at="51.10", t59="1")
    floor.day("2026-11-23")
    (report,) = client.reports()
    assert agree(report, NORDIC_RESTATED, ours={11: "N1", 55: "101", 109: "GP29"})
    assert (report[37], report[198], report[151]) == ("1", "2", "100"), "and says what is open"
    assert set(report) - set(fields(NORDIC_RESTATED)) == {8, 9, 10, 17, 34, 35, 37, 52, 56, 57, 60, 151, 198} - {8, 35}
