"""Every row that is served, of all APIs."""

from __future__ import annotations

from venue.sidecar.rest.explanations import EXPLANATION_ENDPOINTS
from venue.sidecar.rest.market_data import MARKET_DATA_ENDPOINTS
from venue.sidecar.rest.operations import OPERATION_ENDPOINTS
from venue.sidecar.rest.ptr import PTR_ENDPOINTS
from venue.sidecar.rest.ptr_actions import PTR_ACTIONS
from venue.sidecar.rest.reports import REPORT_ENDPOINTS
from venue.sidecar.rest.rule_history import HISTORY_ENDPOINTS
from venue.sidecar.rest.rules import RULE_ENDPOINTS
from venue.sidecar.rest.status import STATUS_ENDPOINTS

ENDPOINTS = (
    *OPERATION_ENDPOINTS,
    *MARKET_DATA_ENDPOINTS,
    *EXPLANATION_ENDPOINTS,
    *REPORT_ENDPOINTS,
    *PTR_ENDPOINTS,
    *PTR_ACTIONS,
    *RULE_ENDPOINTS,
    *HISTORY_ENDPOINTS,
    *STATUS_ENDPOINTS,
)
