"""Who may ask over HTTP: from where, how often, as whom, and what for.

    request ─▶ source ─▶ limits ─▶ the path's handler ─▶ authenticate (tokens, keys, principals) ─▶ roles and MPIDs
                 403       429                                401, 429                                   403

`add_auth` puts the guards and the paths under /auth into an application; `identity.authenticate` tells a handler who
asks. Logins of people and clients are looked at in `logins`, as those of ports are in `venue.admission`. All of it
lives on real time, whatever the venue's clock shows.
"""

from venue.sidecar.auth.wiring import add_auth

__all__ = ["add_auth"]
