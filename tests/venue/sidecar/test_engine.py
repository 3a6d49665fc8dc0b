"""The way to the engine process: what many look at at one time is looked at once."""

import asyncio

import pytest

from venue.sidecar import engine
from venue.sidecar.engine import EngineClient, EngineGone


async def test_those_who_glance_at_one_time_share_a_look(host, monkeypatch):
    venue = host()
    client = EngineClient(venue.data)
    asked = []
    ask = client.ask
    monkeypatch.setattr(client, "ask", lambda *call: asked.append(call) or ask(*call))
    for _ in range(2):
        answers = await asyncio.gather(*(client.glance("clock") for _ in range(50)))
        assert {answer.body["mode"] for answer in answers} == {"real"}
    assert (await client.glance("metrics")).status == 200
    assert asked == [("GET", "clock"), ("GET", "clock"), ("GET", "metrics")]


async def test_the_next_look_waits_for_its_time(host, monkeypatch):
    client = EngineClient(host().data)
    monkeypatch.setattr(engine, "GLANCE_SECONDS", 3_600)
    await client.glance("clock")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await client.glance("clock")


async def test_a_glance_at_a_venue_that_is_gone_says_so_to_all_who_wait(tmp_path):
    client = EngineClient(tmp_path)
    told = await asyncio.gather(*(client.glance("clock") for _ in range(3)), return_exceptions=True)
    assert {type(each) for each in told} == {EngineGone}


async def test_who_gives_up_leaves_the_look_to_the_others(host):
    client = EngineClient(host().data)
    hasty, patient = (asyncio.create_task(client.glance("clock")) for _ in range(2))
    await asyncio.sleep(0)
    hasty.cancel()
    assert (await patient).status == 200
    with pytest.raises(asyncio.CancelledError):
        await hasty
