"""Roles and MPIDs: who may do what with whose data."""

import pytest

from venue import roles
from venue.problem import Problem
from venue.roles import MEANINGS, OPERATIONS, PRM_READ, RULES_READ, RULES_WRITE
from venue.sidecar.auth.identity import Identity, all_roles, conceal, require

READER = Identity("client:reader", frozenset({RULES_READ}), frozenset({"INET"}))
OPERATOR = Identity("client:operator", all_roles([OPERATIONS]), None)


@pytest.mark.parametrize(
    ("identity", "wanted", "mpid", "may"),
    [
        (READER, [RULES_READ], None, True),
        (READER, [RULES_READ], "INET", True),
        (READER, [RULES_READ], "AKAM", False),
        (READER, [RULES_WRITE], "INET", False),
        (READER, [RULES_WRITE, RULES_READ], "INET", True),
        (READER, [], "INET", False),
        (READER, [OPERATIONS], None, False),
        (OPERATOR, [RULES_WRITE], "INET", True),
        (OPERATOR, [PRM_READ], "GP29", True),
        (OPERATOR, [OPERATIONS], None, True),
        (READER._replace(mpids=None), [RULES_READ], "AKAM", True),
        (READER._replace(mpids=frozenset()), [RULES_READ], "INET", False),
    ],
)
def test_a_role_and_an_mpid_are_both_needed(identity, wanted, mpid, may):
    assert identity.may(wanted, mpid) == may
    if may:
        require(identity, wanted, mpid)
        return
    with pytest.raises(Problem) as refused:
        require(identity, wanted, mpid)
    assert refused.value.status == 403
    assert identity.subject in str(refused.value)


def test_what_is_found_by_an_id_of_somebody_elses_is_as_if_it_were_not_there():
    missing = Problem(404, "no rule 7")
    conceal(READER, "INET", missing)
    conceal(OPERATOR, "AKAM", missing)
    with pytest.raises(Problem) as refused:
        conceal(READER, "AKAM", missing)
    assert refused.value is missing


def test_who_is_held_to_ports_finds_what_is_of_these_and_nothing_of_the_mpid_as_a_whole():
    held, missing = (
        Identity("client:held", frozenset({RULES_READ}), frozenset({"INET"}), frozenset({"P1"})),
        Problem(404, ""),
    )
    conceal(held, "INET", missing, "P1")
    for mpid, port in (("INET", "P2"), ("INET", None), ("AKAM", "P1")):
        assert not held.sees_port(mpid, port)
        with pytest.raises(Problem):
            conceal(held, mpid, missing, port)
    assert READER.sees_port("INET", "P2")
    assert not READER.sees_port("AKAM", "P2")
    assert OPERATOR.sees_port("AKAM", None)


def test_operations_are_every_role_and_others_what_they_say():
    assert all_roles([OPERATIONS]) == frozenset(MEANINGS)
    assert all_roles([PRM_READ, RULES_READ]) == {PRM_READ, RULES_READ}


def test_every_role_has_a_meaning():
    constants = {value for name, value in vars(roles).items() if name.isupper() and isinstance(value, str)}
    assert constants == set(MEANINGS)
