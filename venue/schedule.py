"""What the venue does by itself at moments of its own, beside the engine's deadlines: so far it opens the next day.

An `Appointment` tells when it is due next and what is done then. When it is due follows from the state that a replay
rebuilds and from the configuration, never from what this process did before: so nothing is done twice or forgotten
over a restart. Whatever it does is a record, and lets it be due later.

For editors: an appointment for a new thing (a file to look at, a report to write) is one class here or beside its
subject, listed where `venue.app` makes the schedule; real timers and a manual clock then both keep it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.engine import NEVER


class Appointment(Protocol):
    """Something to be done at a moment. `name` is what operators see of it."""

    name: str

    def due(self) -> int:
        """Give the venue time at which it is to be done next, `NEVER` where it is not; it may lie in the past."""

    def keep(self) -> None:
        """Do it, now; afterwards it is due later."""


class Schedule:
    """All appointments. `next` is when the first of them is due: `settle` whenever that may have changed."""

    def __init__(self, appointments: Sequence[Appointment]) -> None:
        self.appointments = appointments
        self.first: Appointment | None = None
        self.next = NEVER

    def settle(self) -> None:
        """Find anew what is due first; what is due at one moment is done as it is listed."""
        self.first = min(self.appointments, key=lambda appointment: appointment.due(), default=None)
        self.next = NEVER if self.first is None else self.first.due()

    def keep(self) -> None:
        """Do what is due first."""
        assert self.first is not None
        before = self.first, self.next
        self.first.keep()
        self.settle()
        assert (self.first, self.next) != before, f"{self.first.name} is due again at once"
