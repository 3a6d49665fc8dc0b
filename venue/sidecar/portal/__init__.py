"""The portal: the venue's pages for people, at /portal.

    browser ─▶ serving (session, CSRF, roles) ─▶ a page's function ─▶ the REST rows' own functions ─▶ engine.sock
       ▲                                              │
       └── live (one render for all who look) ◀── templates

A page is a row of `pages.PAGES`: who sees it in the navigation, what it serves, which of its parts are live. Pages read
the replica and change things through the functions that the REST interface calls, so they have its checks, its audit
and its records. Nothing is loaded from another machine, and nothing runs that is not a file of ours.
"""

from venue.sidecar.portal.wiring import add_portal

__all__ = ["add_portal"]
