"""Every page of the portal, in the order of the navigation."""

from __future__ import annotations

from venue.sidecar.portal.page import Page
from venue.sidecar.portal.prm_page import PAGE as PRM_PAGE

PAGES: tuple[Page, ...] = (PRM_PAGE,)
