"""Where the time of an order goes, function by function: the mixed flow in process under Python's own profiler.

The profiler makes calls dear, so the shares tell where to look, not how much there is to win.
"""

from __future__ import annotations

import cProfile
import pstats
import tempfile
from collections import Counter
from pathlib import Path

from venue.bench.engine import Desk
from venue.bench.figures import Figures, no_collection
from venue.bench.inside import feed
from venue.bench.orders import CYCLE_MESSAGES

TOP = 10
ROOT = Path(__file__).resolve().parents[2]


def profile(messages: int = 50_000) -> Figures:
    """Give the ten functions in which most time is spent, their own time only; what C does counts for its caller."""
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as directory, no_collection():
        desk = Desk(Path(directory))
        flow = desk.orders[desk.checked].mixed(messages // CYCLE_MESSAGES)
        profiler = cProfile.Profile(builtins=False)
        profiler.runcall(feed, desk.checked, flow)
    rows = pstats.Stats(profiler).stats.items()  # type: ignore[attr-defined]  # what the printed tables are made from
    total = sum(own for _, (_, _, own, _, _) in rows)
    modules: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, _) in rows:
        modules[_place(file)] += own / total * 100
    top = sorted(rows, key=lambda row: -row[1][2])[:TOP]
    return {
        "bench": "engine",
        "messages": len(flow),
        "profile": [
            {
                "function": f"{_place(file)} {name}",
                "share_percent": round(own / total * 100, 1),
                "calls_per_message": round(calls / len(flow), 2),
            }
            for (file, _, name), (_, calls, own, _, _) in top
        ],
        "modules": {name: round(share, 1) for name, share in modules.most_common(TOP)},
    }


def _place(file: str) -> str:
    path = Path(file)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
