"""Takes back what a scenario that failed has left: every rule that the demo's client made, at once, over HTTP."""

import http.client
import json
from base64 import b64encode

from venue.access import known_secret

CLIENT = "eqrc-inet"


def lift(host, port):
    """Delete the firm's rules but those of the configuration."""
    connection = http.client.HTTPConnection(host, port, timeout=15)

    def ask(verb, path, body=None, **headers):
        connection.request(verb, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return json.loads(content)

    secret = b64encode(f"{CLIENT}:{known_secret(CLIENT)}".encode()).decode()
    form = {"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded"}
    bearer = {
        "Authorization": "Bearer " + ask("POST", "/auth/token", "grant_type=client_credentials", **form)["access_token"]
    }
    for rule in ask("GET", "/rules-api/rules?limit=500", **bearer)["items"]:
        if rule["source"] == "REST":
            ask("DELETE", f"/rules-api/rules/{rule['id']}?effective=now", **bearer)
    connection.close()
