"""An audit as others want it: SARIF for code scanning, JUnit for CI, one HTML page for people."""

from medtime_backend.audit.reports.junit import render_junit
from medtime_backend.audit.reports.page import render_page
from medtime_backend.audit.reports.sarif import render_sarif

__all__ = ["render_junit", "render_page", "render_sarif"]
