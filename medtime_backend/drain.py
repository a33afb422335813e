"""Whether the service is about to stop: one flag for all workers, raised by the process that started them."""

from multiprocessing.sharedctypes import RawValue


class Drain:
    """Lies in memory that workers share with their parent; made before they are."""

    def __init__(self) -> None:
        self._flag = RawValue("b", 0)

    @property
    def begun(self) -> bool:
        """Whether the service no longer wants new work."""
        return bool(self._flag.value)

    def begin(self) -> None:
        """From now on the service is not ready, and lets go of each connection after its next answer."""
        self._flag.value = 1
