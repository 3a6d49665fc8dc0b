"""Polls of Post-Trade Risk while many records wait to be applied: they have their turns between two slices."""

import asyncio

import pytest
from clearing_floor import ClearingFloor
from clearing_service import serving

from venue.sidecar import replica

pytestmark = [
    pytest.mark.section("PTR", "3.2 Semantics"),
    pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey"),  # plain keys serve us as well
]
ORDERS = 2_000
POLLS = 20


async def test_a_poll_waits_for_two_slices_of_records_at_most(tmp_path, monkeypatch):
    monkeypatch.setattr(replica, "SLICE_SECONDS", 0.0)  # a few records each, so that there are many
    floor = ClearingFloor(tmp_path)
    async with serving(floor, asyncio.get_running_loop()) as service, service.polling("workx-ptr-api") as poll:
        await poll()
        for _ in range(ORDERS):
            floor.enter("AK01T1", "S", 1, 300)
        followed, slices, waited = service.house.replica, [], []
        apply = followed._slice
        monkeypatch.setattr(followed, "_slice", lambda records: slices.append(None) or apply(records))
        catching_up = asyncio.create_task(followed.catch_up())
        for _ in range(POLLS):
            before = len(slices)
            assert await poll() == 200
            waited.append(len(slices) - before)
        assert not catching_up.done(), "records wait all the while"
        assert max(waited) <= 2
        assert await catching_up
        assert followed.applied == floor.machine.number
    floor.close()
