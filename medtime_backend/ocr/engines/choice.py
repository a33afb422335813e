"""The engine of the settings, opened."""

from medtime_backend.ocr.engines.engine import Engine
from medtime_backend.ocr.engines.facts import EngineName


def open_engine(name: EngineName, credentials: bytes, url: str) -> Engine:
    """The engine of this name, warmed. `credentials` are the bytes of its file, `url` is empty for its own address.

    Raises ImportError where its package is not installed, and ValueError for credentials that are none.
    """
    # Each is imported only where it is used: one is heavy, and none needs the others.
    if name == "google":
        from medtime_backend.ocr.engines.google import GoogleEngine  # noqa: PLC0415

        return GoogleEngine.open(credentials, url)
    if name == "aws":
        from medtime_backend.ocr.engines.textract import TextractEngine  # noqa: PLC0415

        return TextractEngine.open(credentials, url)
    from medtime_backend.ocr.engines.rapid import RapidEngine  # noqa: PLC0415

    return RapidEngine()
