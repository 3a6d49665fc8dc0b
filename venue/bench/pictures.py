"""Curves as SVG, for the documentation: how a cost grows, on a logarithmic axis of sizes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, log10
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 560, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 52, 56
TIMES = "\N{MULTIPLICATION SIGN}"
INK, PALE, GRID, LINE, BOUND = "#222", "#666", "#ddd", "#1f6fb2", "#c0392b"
CURVES = {
    "resting": ("One order in an ever deeper book", "resting orders in the book", "ns", 2.0),
    "symbols": ("One order in ever more symbols", "symbols traded by turns", "ns", 2.0),
    "firms": ("One order of ever more firms", "firms trading by turns", "ns", 2.0),
    "sessions": ("A round trip among ever more open sessions", "sessions logged in", "us", 1.1),
}
"""Each kind of `scale`: its title, what lies on its axis, its unit, and the target for its ratio."""


def write(scale: dict[str, Any], directory: Path) -> list[Path]:
    """Write a picture of each of the curves of `portcullis bench scale`; gives their files."""
    files = []
    for kind, (title, axis, unit, target) in CURVES.items():
        scaling = 1000 if unit == "ns" else 1
        points = [(point["size"], point["ratio"], point[unit] / scaling) for point in scale[kind]]
        file = directory / f"scale-{kind}.svg"
        file.write_text(curve(title, axis, target, points), encoding="utf-8")
        files.append(file)
    return files


def curve(title: str, axis: str, target: float, points: Sequence[tuple[int, float, float]]) -> str:
    """Draw points (size, ratio, microseconds) over the logarithm of sizes, and the target to stay below."""
    first, last = points[0][0], points[-1][0]
    step = 0.1 if target < 1.5 else 0.5
    highest = ceil(max(target, *(ratio for _, ratio, _ in points)) * 1.05 / step) * step

    def x(size: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (log10(size / first) / log10(last / first))

    def y(ratio: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * ratio / highest

    extent = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    words = f'font-family="system-ui, sans-serif" fill="{INK}" role="img" aria-label="{escape(title)}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {extent} {words}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text(LEFT, 24, title, "start", height=15),
        text(LEFT, 42, "cost as a multiple of the smallest size's", "start", PALE),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, axis, "middle", PALE),
    ]
    for mark in range(round(highest / 0.5) + 1):
        parts.append(line(LEFT, y(mark / 2), WIDTH - RIGHT, y(mark / 2), GRID))
        parts.append(text(LEFT - 8, y(mark / 2) + 4, f"{mark / 2:g} {TIMES}", "end"))
    parts.append(line(LEFT, y(target), WIDTH - RIGHT, y(target), BOUND, 'stroke-dasharray="6 4"'))
    parts.append(text(LEFT + 6, y(target) - 6, f"target: at most {target:g} {TIMES}", "start", BOUND))
    path = " ".join(f"{x(size):.1f},{y(ratio):.1f}" for size, ratio, _ in points)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>')
    for size, ratio, cost in points:
        anchor = "start" if size == first else "end" if size == last else "middle"
        parts.append(f'<circle cx="{x(size):.1f}" cy="{y(ratio):.1f}" r="4" fill="{LINE}"/>')
        parts.append(text(x(size), HEIGHT - BOTTOM + 18, f"{size:,}", anchor))
        parts.append(text(x(size), y(ratio) + 22, f"{cost:.1f} µs", anchor))
    return "\n".join([*parts, "</svg>", ""])


def text(x: float, y: float, words: str, anchor: str, colour: str = INK, height: int = 12) -> str:
    """Write words."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    halo = 'stroke="#fff" stroke-width="3" paint-order="stroke"'
    return f'<text {place} fill="{colour}" font-size="{height}" {halo}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    """Draw a line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'
