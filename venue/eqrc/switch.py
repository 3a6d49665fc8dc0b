"""The safety switch: open orders end, ports close or open, at one call.

The switch itself is one record; the orders go in slices, each a record of its own, between which everybody else has his
turn. The answer comes when the last of them is done.

Source: EQRC guide 3.2.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.instructions import CommandRefused
from engine.rule_instructions import CancelAction, PortAction, SafetySwitch
from engine.safety_switch import is_done, open_orders, ports_of
from venue.changes import Answer, Call
from venue.eqrc.calls import carry_out, user_of
from venue.eqrc.terms import SwitchBody, Switched
from venue.problem import Problem

if TYPE_CHECKING:
    from engine.port import Port

LOOK_SECONDS: Final = 0.002
"""Seconds between two looks at whether all orders are done."""


async def throw_switch(call: Call) -> Answer:
    """End open orders of an MPID on an exchange, all or those outside crosses, and close or open its ports.

    A port that is closed refuses orders for the rest of the session. To open one also frees it where a rate or
    duplicates shut it.
    """
    body: SwitchBody = call.body
    engine = call.venue.machine.engine
    cancel, action = CancelAction[body.cancel_action], PortAction[body.port_action]
    if not cancel and not action:
        raise Problem(422, "name a cancelAction or a portAction other than NONE", "cancelAction")
    entity = body.exchange, body.mpid, body.port
    try:
        ports: list[Port] = ports_of(engine, *entity)
    except CommandRefused as refused:
        raise Problem(422, str(refused), refused.field) from refused
    count = sum(open_orders(port, cancel) for port in ports)
    carry_out(call, SafetySwitch(*entity, cancel, action, user_of(call)))
    while not is_done(engine, *entity):  # noqa: ASYNC110 - each slice is a turn of this loop, there is no event for the last
        await asyncio.sleep(LOOK_SECONDS)
    return Answer(200, Switched(count, sorted(port.name for port in ports)))
