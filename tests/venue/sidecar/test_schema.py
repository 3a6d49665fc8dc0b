"""Whatever schemathesis thinks of: no fault of ours, and every answer as the description has it."""

import subprocess
import sys
from pathlib import Path

import pytest

from venue.sidecar.rest.openapi import described
from venue.sidecar.rest.tables import ENDPOINTS

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
NOT_HELD = "positive_data_acceptance"
"""A body that fits its type may still name a book or a port that is not there, which a description cannot tell."""


PARTS = {
    "explanations left out": (
        "--exclude-path-regex",
        r"^/(ops/(events|clearing|ptr)|market-data/events|explain|.*/stream$)",
        "8",
    ),
    "explanations": ("--include-path-regex", "^/explain", "2"),
}
"""Each explanation is a process of its own, so they have fewer tries. Live events never end."""


FEWER = {"eqrc": "3", "ptr-clearing": "2"}
"""Bodies that are made for settings of any type take long."""
PHASES = {"eqrc": "examples,fuzzing"}
"""Each value of each field alone would be a thousand calls there; tests of the rules have those that matter."""
LEFT_OUT = {"ptr-correspondent", "ptr-counterparty"}
"""The user types of Post-Trade Risk have their handlers in common."""


@pytest.mark.parametrize(
    ("api", "part"),
    [
        (api.key, part)
        for api in described(ENDPOINTS)
        for part in PARTS
        if (api.key == "ops" or part != "explanations") and api.key not in LEFT_OUT
    ],
)
def test_every_answer_is_as_described(demo, operator, tmp_path, api, part):
    choice, paths, tries = PARTS[part]
    tries = FEWER.get(api, tries)
    host, port = demo.addresses["http"]
    token = operator.login().token
    command = [
        *(SCHEMATHESIS, "run", f"http://{host}:{port}/openapi/{api}.json"),
        *("--header", f"Authorization: Bearer {token}"),
        *(
            "--exclude-checks",
            NOT_HELD,
            choice,
            paths,
            "--max-examples",
            tries,
            "--no-color",
            "--request-timeout",
            "60",
            "--phases",
            PHASES.get(api, "examples,coverage,fuzzing,stateful"),
        ),
    ]
    run = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stdout[-10_000:] + run.stderr[-2_000:]


def test_the_venue_is_well_afterwards(demo, anybody):
    assert anybody.get("/readyz").status == 200
    assert '"fault"' not in demo.errors.read_text()
    assert "Traceback" not in demo.errors.read_text()
