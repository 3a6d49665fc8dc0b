"""Work that may wait is done a piece a pass of the loop, whoever asks, and in the order in which it was asked for."""

import asyncio

import pytest

from venue.turns import Turns


async def test_each_pass_does_one_piece_and_others_come_in_between():
    loop = asyncio.get_running_loop()
    turns, done = Turns(loop), []

    def piece(name, left):
        done.append(name)
        loop.call_soon(done.append, "order")
        if left:
            turns.ask(lambda: piece(name, left - 1))

    for name in ("a", "b"):
        turns.ask(lambda name=name: piece(name, 1))
    while len(done) < 8:  # noqa: ASYNC110 - each pass of the loop is what is looked at
        await asyncio.sleep(0)
    assert done == ["a", "order", "b", "order", "a", "order", "b", "order"]


async def test_a_piece_that_fails_takes_no_other_with_it():
    turns, done = Turns(asyncio.get_running_loop()), []
    turns.ask(lambda: done.append("planned"))
    turns.waiting.appendleft(lambda: 1 / 0)
    turns.is_planned = True
    with pytest.raises(ZeroDivisionError):
        turns.take()
    while not done:  # noqa: ASYNC110 - the next pass
        await asyncio.sleep(0)
    assert done == ["planned"]
