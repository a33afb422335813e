"""What is drawn: who does what, with which network, and what befalls all of them."""

from typing import Literal, NamedTuple

from hypothesis import strategies as st

from medtime_backend.client import Keep
from tests.simulation.phone import MERGE, Choice
from tests.simulation.wire import ANSWER_LOST, FINE, REQUEST_LOST

Format = Literal["json", "msgpack"]

# Plain numbers, taken modulo what there is: what is drawn must not depend on what came out of a race.
PICKS = st.integers(0, 11)
SLOTS = st.integers(0, 4)
FORMATS: st.SearchStrategy[Format] = st.sampled_from(["json", "msgpack"])
LIMITS = st.sampled_from([1, 2, 3, 7, 100]) | st.integers(1, 100)
CHOICES: st.SearchStrategy[Choice] = st.sampled_from([Keep.MINE, Keep.THEIRS, Keep.BOTH, MERGE])
# One loss is retried within the call; four in a row end it.
LOSSES = st.builds(
    lambda at, kind, times: [FINE] * at + [kind] * times,
    st.integers(0, 2),
    st.sampled_from([REQUEST_LOST, ANSWER_LOST]),
    st.sampled_from([1, 4]),
)
FAULTS: st.SearchStrategy[list[str]] = st.just([]) | LOSSES
EDITS = st.lists(st.tuples(st.sampled_from(["write", "write", "delete"]), SLOTS), max_size=3)
EVENTS = st.sampled_from(["purge", "purge during pulls", "rest", "browse", "care", "revoked care"])
ACTIONS = st.sampled_from(["sync", "sync", "push", "pull"])
SEVERAL = st.lists(PICKS, min_size=2, max_size=4)


class Doing(NamedTuple):
    """What somebody does on a device: edits, then a call or none."""

    pick: int
    edits: list[tuple[str, int]]
    action: str
    choice: Choice
    limit: int
    faults: list[str]
    again: bool
    """The network delivers the last push of all once more."""


# One argument: Hypothesis favours rules with few.
DOINGS = st.builds(Doing, PICKS, EDITS, ACTIONS | st.just(""), CHOICES, LIMITS, FAULTS, st.booleans())
