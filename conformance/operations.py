"""What an operator of the server does while a scenario is played: unblock an account, break a trade.

Each server has a way of its own for that, and the kit knows none: whoever runs it gives a command line for each, and a
scenario whose command was not given is not run. The shell runs it; what the scenario says of the case, such as the
trade's number, stands in its environment by name.
"""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping
from typing import Final

PATIENCE_SECONDS: Final = 30.0
"""How long a command may take."""
SHOWN: Final = 300
"""So many characters of what a command has said are shown where it fails."""


async def operate(command: str, told: Mapping[str, str]) -> str:
    """Run a command line to its end; say what went wrong, or nothing."""
    process = await asyncio.create_subprocess_shell(command, stdout=PIPE, stderr=STDOUT, env=os.environ | told)
    try:
        said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"`{command}` was not done after {PATIENCE_SECONDS:.0f} s"
    if process.returncode == 0:
        return ""
    text = said.decode("utf-8", "replace").strip()[-SHOWN:]
    return f"`{command}` has failed with exit code {process.returncode}{text and f': {text}'}"
