"""The safety switch of a firm: end its open orders, close its ports for the day or open them again, at one word.

What is asked is one record, so it is as durable as an order; the orders end in slices, the first at once, each
other a record of its own. A start in the middle goes on where the last slice ended. A closed
port refuses what would enter or change, cancels pass; it is open again when somebody says so, or the day is over. To
open a port also lifts what a rate or duplicates shut, and what the port's own client disabled.

Source: EQRC guide 3.2.
"""

from __future__ import annotations

from engine.api import PRM, CancelReason, Port, Reject
from engine.engine import Engine
from engine.instructions import CommandRefused
from engine.mass_cancel import ORDERS_A_SLICE, MassCancel
from engine.risk.rule_diary import RuleHappening, RuleHappeningKind
from engine.rule_instructions import CancelAction, PortAction, SafetySwitch, Unbreach
from engine.terms import Cross

SAFETY_SWITCH = "SAFETY_SWITCH"
"""What it is told as."""
ORDER_RATE = "order-rate"
OPERATIONS = "operations"
"""Who frees a port by the venue's own release."""


def switch(engine: Engine, command: SafetySwitch, now: int) -> None:
    """Do what the switch says with every port that it is about."""
    ports, room = ports_of(engine, command.exchange, command.mpid, command.port), ORDERS_A_SLICE
    for port in ports:
        if engine.rules.diary.listeners:
            tell(engine, port, command, open_orders(port, command.cancel), now)
        if command.cancel is not CancelAction.NONE and len(port.orders):
            room -= begin(engine, port, command.cancel, room, now)
        if command.action is PortAction.DISABLE:
            port.switched_off = True
            port.settle()
        elif command.action is PortAction.ENABLE:
            port.switched_off = port.disabled = False
            port.settle()
            if port.rate_limited:
                let_free(engine, port, command.user, now)


def begin(engine: Engine, port: Port, action: CancelAction, room: int, now: int) -> int:
    """Begin to end the orders of a port; give how many were looked at, no more than there is `room` for.

    The port is not heard before it is done, so that what it sends after this is not ended with it.
    """
    spares = action is CancelAction.NON_CROSS
    mass_cancel = MassCancel(port, "", None, None, b"", CancelReason.SUPERVISORY, (), spares)
    engine.mass_cancels.append(mass_cancel)
    if port.mass_cancel is not None:
        return 0
    port.mass_cancel = mass_cancel
    size = min(len(port.orders), ORDERS_A_SLICE)
    if size > room:
        return 0
    engine.work_off(mass_cancel, now)
    return size


def tell(engine: Engine, port: Port, command: SafetySwitch, count: int, now: int) -> None:
    """Tell what the switch does with a port; `current` is how many orders of it are to end."""
    kind = RuleHappeningKind.FREE if command.action is PortAction.ENABLE else RuleHappeningKind.SHUT
    told = RuleHappening(kind, port.exchange, port.mpid, now, port.name, subject=SAFETY_SWITCH, user=command.user)
    engine.rules.diary.tell(told._replace(current=count, new=f"{command.cancel.name} {command.action.name}"))


def open_orders(port: Port, action: CancelAction) -> int:
    """Give how many open orders of a port the switch would end."""
    if action is CancelAction.NONE:
        return 0
    if action is CancelAction.ALL:
        return len(port.orders)
    return sum(order.terms.cross is Cross.CONTINUOUS for order in port.orders.values())


def is_done(engine: Engine, exchange: str, mpid: str, name: str | None) -> bool:
    """Whether no order waits to be ended any more on the ports that a switch was about."""
    ports = ports_of(engine, exchange, mpid, name)
    return not any(isinstance(left, MassCancel) and left.port in ports for left in engine.mass_cancels)


def unshut(engine: Engine, command: Unbreach, now: int) -> None:
    """Free what the order rate rules of an MPID, or of its one port, shut."""
    if command.group_id is not None:
        raise CommandRefused("groupId", f"rules of type {ORDER_RATE} shut ports, and no groups")
    for port in ports_of(engine, command.exchange, command.mpid, command.port):
        if port.rate_limited:
            let_free(engine, port, command.user, now)


def let_free(engine: Engine, port: Port, user: str, now: int) -> None:
    """Lift a port's rate lock, count from nothing, and tell it where a rule had shut the port."""
    if port.rate_limited and port.rule_book != PRM:
        told = RuleHappening(RuleHappeningKind.FREE, port.exchange, port.mpid, now, port.name, rule_id=port.rate_rule)
        engine.rules.diary.tell(told._replace(rule_type=ORDER_RATE, subject=port.rate_reason.name, user=user))
    free(port)


def ports_of(engine: Engine, exchange: str, mpid: str, name: str | None) -> list[Port]:
    """Give the order entry ports of an MPID on an exchange, or the one named; raises `CommandRefused` for none."""
    known = {key.upper(): None for key, market in engine.markets.items() if market.rule_book != PRM}
    if exchange not in known:
        raise CommandRefused("exchange", f"no such exchange: {exchange}; there are {', '.join(known)}")
    ports = [port for port in engine.ports.values() if port.mpid == mpid and port.rule_book != PRM]
    if not ports:
        raise CommandRefused("mpid", f"no such MPID: {mpid}", missing=True)
    if name is not None and all(port.name != name for port in ports):
        raise CommandRefused("port", f"{mpid} has no port {name}", missing=True)
    found = [port for port in ports if port.exchange == exchange and name in (None, port.name)]
    found = [port for port in found if port.entry.drop is None]
    if not found:
        what = f"{mpid} has no port" if name is None else f"{name} is not a port of {mpid} that enters orders"
        raise CommandRefused("port", f"{what} at {exchange}")
    return found


def free(port: Port) -> None:
    """Lift a port's rate lock and count from nothing."""
    port.rate_limited, port.rate_reason, port.rate_rule = False, Reject.PORT_MESSAGE_RATE, ""
    port.rate_bound, port.rate_warned = 0, False
    port.settle()
    for _, window in port.windows:
        window.clear()
    for flow in port.flows:
        flow.clear()
