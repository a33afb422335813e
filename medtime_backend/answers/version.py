"""What answers are of, by which they are kept."""

import msgspec


class Version(msgspec.Struct, frozen=True):
    """`number` grows with each change; `mark` tells apart what has the same one, which a restore gives again."""

    number: int
    mark: str
