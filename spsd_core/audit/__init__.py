"""What SPSD would do to the traffic in a log, before anything changes."""

from __future__ import annotations

from spsd_core.audit.options import AuditOptions
from spsd_core.audit.report import AuditReport
from spsd_core.audit.run import audit_log

__all__ = ["AuditOptions", "AuditReport", "audit_log"]
