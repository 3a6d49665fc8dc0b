"""How mass cancels are begun and worked off: those that a port asks for, and those that the venue begins.

A port has one under way at the most; others of it wait (`engine/mass_cancel.py`).
"""

from __future__ import annotations

from collections import deque

from engine.api import PRM, CancelReason, Port, Side
from engine.band_cancel import BandCancel
from engine.limit_state import LimitStates
from engine.mass_cancel import ORDERS_A_SLICE, MassCancel
from engine.timely import is_late


class MassCancels(LimitStates):
    """The part of the engine that ends many orders at once."""

    ports: dict[str, Port]
    mass_cancels: deque[MassCancel | BandCancel]

    def mass_cancel(
        self, port: Port, symbol: str, side: Side | None, group_id: int | None, request: bytes, now: int
    ) -> None:
        """End the port's orders that match, oldest first: a slice now, the others each by a record of its own."""
        self._begin(MassCancel(port, symbol, side, group_id, request), now)

    def cancel_all(self, port: Port, now: int, reason: CancelReason = CancelReason.SUPERVISORY) -> None:
        """End all orders of the port for the venue, in slices like a mass cancel."""
        self._begin(MassCancel(port, "", None, None, b"", reason), now)

    def disconnected(self, port: Port, now: int) -> None:
        """End the orders of a port that has lost its connection, where they are to end with it."""
        if port.cancel_on_disconnect and len(port.orders):
            self.finish(port, now)
            self.cancel_all(port, now, CancelReason.SYSTEM)

    def cancel_accounts(self, accounts: dict[str, str], now: int, symbol: str = "") -> None:
        """End all orders of PRM accounts (each with its member's MPID), or those in one book, for the venue.

        As many as a slice has are ended now, the others in slices like a mass cancel. On a port that has a mass cancel
        already they wait for that one.
        """
        room = ORDERS_A_SLICE
        for port in self.ports.values():
            names = tuple(name for name, mpid in accounts.items() if mpid == port.mpid)
            if port.rule_book != PRM or not names or not len(port.orders):
                continue
            mass_cancel = MassCancel(port, symbol, None, None, b"", CancelReason.SUPERVISORY, names)
            self.mass_cancels.append(mass_cancel)
            if port.mass_cancel is None:
                port.mass_cancel = mass_cancel
                size = min(len(port.orders), ORDERS_A_SLICE)
                if size <= room:
                    room -= size
                    self.work_off(mass_cancel, now)

    def _begin(self, mass_cancel: MassCancel, now: int) -> None:
        """Begin a mass cancel, or let it wait for that of its port: one record may hold many messages of a FIX port."""
        self.mass_cancels.append(mass_cancel)
        if mass_cancel.port.mass_cancel is None:
            mass_cancel.port.mass_cancel = mass_cancel
            self.work_off(mass_cancel, now)

    def work_off(self, mass_cancel: MassCancel, now: int) -> None:
        """Do the next slice of a mass cancel; a port that asked for it is told when it was the last."""
        for order in mass_cancel.slice():
            if mass_cancel.reason is CancelReason.USER and order.terms.timed and is_late(order):
                self.hold_back_cancel(order, is_whole=True, now=now)
                continue
            self.cancel(order, order.open, mass_cancel.reason, now)
        if mass_cancel.is_done():
            port = mass_cancel.port
            self.mass_cancels.remove(mass_cancel)
            port.mass_cancel = None
            self._begun(port)
            if mass_cancel.reason is CancelReason.USER:
                port.sink.mass_canceled(mass_cancel.request, now)

    def work_off_next(self, now: int) -> None:
        """Do one slice of what waits, each mass cancel in turn; one that waits for another gives it its turn."""
        if not self.mass_cancels:
            return
        first = self.mass_cancels[0]
        if isinstance(first, BandCancel):
            self.mass_cancels.rotate(-1)
            self.end_beyond(first, now)
            return
        mass_cancel = self._begun(first.port)
        assert mass_cancel is not None
        self.mass_cancels.rotate(-1)
        self.work_off(mass_cancel, now)

    def _begun(self, port: Port) -> MassCancel | None:
        """Give the mass cancel of a port that is under way, or begin the first one that waits."""
        if port.mass_cancel is None:
            waiting = (left for left in self.mass_cancels if isinstance(left, MassCancel) and left.port is port)
            port.mass_cancel = next(waiting, None)
            if port.mass_cancel is not None:
                port.mass_cancel.begin()
        return port.mass_cancel

    def finish(self, port: Port, now: int) -> None:
        """Do all that is left of a port's mass cancel."""
        while port.mass_cancel is not None:
            self.work_off(port.mass_cancel, now)

    def finish_all(self, port: Port, now: int) -> None:
        """Do all that is left of a port's mass cancels, those too that have not begun."""
        self._begun(port)
        self.finish(port, now)
