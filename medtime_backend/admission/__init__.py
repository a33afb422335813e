"""Who may pass now: rate limits by address and by user, and live sessions, in one round trip to Redis."""

from medtime_backend.admission.desk import AdmissionDesk, RateStatus

__all__ = ["AdmissionDesk", "RateStatus"]
