"""Explanations over HTTP: by order and by id, one's own in full, another's as if there were none."""

import time

import pytest

PATIENCE = 15


def explained(caller, path):
    """Ask until the log has it: it follows the answer by a moment."""
    end = time.monotonic() + PATIENCE
    while (answered := caller.get(path)).status in (404, 503):
        assert time.monotonic() < end, answered.content
        time.sleep(0.05)
    return answered


def test_a_reject_is_explained_to_its_own_firm_and_to_operations_only(demo, caller, operator, connect):
    client = connect(demo, name="IN30T1")
    client.enter(7, quantity=5_001, cl_ord_id="TOO-MANY")
    client.settle()
    path = "/explain?port=IN30T1&userRefNum=7"
    told = explained(operator, path).json
    assert (told["check"], told["limit"], told["observed"]) == ("MAXIMUM_SHARES", 5_000, 5_001)
    assert (told["mpid"], told["port"]) == ("INET", "IN30T1")
    for client_id in ("eqrc-inet", "eqrc-inet-ro"):
        own = caller(client_id)
        assert own.get(path).json == told
        assert own.get("/explain?port=IN30T1&clOrdId=TOO-MANY").json == told
        assert own.get(f"/explain/{told['id']}").json == told
    assert caller("member-gp29").get(path).status == 404
    client.logout()


def test_anothers_reject_is_as_missing_as_one_that_never_was(demo, caller, operator, connect):
    client = connect(demo, name="AK01T1")
    client.enter(9, symbol="NOSUCH")
    client.settle()
    told = explained(operator, "/explain?port=AK01T1&userRefNum=9").json
    stranger = caller("eqrc-inet")
    found, never = stranger.get(f"/explain/{told['id']}"), stranger.get("/explain/R999999999")
    assert found.status == never.status == 404
    assert found.json["detail"].replace(told["id"], "?") == never.json["detail"].replace("R999999999", "?")
    port, nowhere = stranger.get("/explain?port=AK01T1&userRefNum=9"), stranger.get("/explain?port=ZZZ&userRefNum=9")
    assert port.status == nowhere.status == 404
    assert port.json["detail"].replace("AK01T1", "?") == nowhere.json["detail"].replace("ZZZ", "?")
    client.logout()


@pytest.mark.parametrize("client_id", ["workx-ptr-api", "workx-ptr-corr", "workx-ptr-cpty"])
def test_who_sees_no_rules_gets_no_explanations(caller, client_id):
    assert caller(client_id).get("/explain?port=IN30T1&userRefNum=7").status == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("userRefNum=7", "port"),
        ("port=IN30T1", "userRefNum"),
        ("port=IN30T1&userRefNum=0", "userRefNum"),
        ("port=IN30T1&userRefNum=7&clOrdId=A", "userRefNum"),
        ("port=IN30T1&clOrdId=FIFTEEN-LETTERS", "clOrdId"),
        ("port=IN30T1&userRefNum=7&day=yesterday", "day"),
    ],
)
def test_what_cannot_name_an_order_is_refused_by_its_field(operator, query, field):
    answered = operator.get(f"/explain?{query}")
    assert (answered.status, answered.fields) == (422, [field])


def test_what_is_no_id_is_refused(operator):
    assert operator.get("/explain/latest").fields == ["rejectId"]
    assert operator.get("/explain/R99999999999999999999").status == 422
