"""Every page of the portal, in the order of the navigation."""

from __future__ import annotations

from venue.sidecar.portal.desk_page import PAGE as DESK_PAGE
from venue.sidecar.portal.eqrc_page import PAGE as EQRC_PAGE
from venue.sidecar.portal.flow_page import PAGE as FLOW_PAGE
from venue.sidecar.portal.page import Page
from venue.sidecar.portal.prm_page import PAGE as PRM_PAGE
from venue.sidecar.portal.ptr_page import PAGE as PTR_PAGE

PAGES: tuple[Page, ...] = (PRM_PAGE, EQRC_PAGE, PTR_PAGE, FLOW_PAGE, DESK_PAGE)
