"""What answers are of, by which they are kept."""

import msgspec


class Version(msgspec.Struct, frozen=True):
    """`number` grows with each change. After a restore numbers are given again: `mark` tells the two apart."""

    number: int
    mark: str
