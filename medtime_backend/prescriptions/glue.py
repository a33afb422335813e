"""Words that recognition of characters ran together: 'VOc/8 h', 'cadanoche', '500 mgtab', 'Salbutamolaerosol'.

A word is cut only when nothing is left over: each part is a term, or one of them is a name of the catalog. Names of the
catalog, and words that may be a name, stay whole. What was cut says so in its tokens' `glued`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from medtime_backend.prescriptions.drug_names import DrugNames
from medtime_backend.prescriptions.naming import known_names
from medtime_backend.prescriptions.tokens import Token
from medtime_backend.prescriptions.vocabulary import Key, Vocabulary
from medtime_backend.prescriptions.word_ends import CLEAR, WordEnds
from medtime_backend.prescriptions.word_parts import Cover, joined, tokens_of, words

MEASURING = frozenset(("FORM", "UNIT", "TIMEUNIT"))
"""What follows a number."""
CONTAINED = frozenset(("FORM", "ROUTE", "UNIT", "PRN"))
"""What follows a name."""
MOST_UNCLEAR = 2
"""Short parts after a number that nothing but their letters tells: 5mlvo."""
SHORTEST = 2
SHORTEST_NAME = 5
LONGEST = 40
PRODUCT = re.compile(r"(?:[^\W\d_a-zà-ÿ][a-zà-ÿ]+)+")
"""Capitals as names of products have them: Novotab, OralGel."""
SINGLE_UNITS = "ghdU"
"""Single letters that begin a word right after a digit: 8hpor. Not l: '1ltab' is no litre."""


class Glue:
    """Cuts words; remembers the terms as they look without blanks."""

    def __init__(self, vocabulary: Vocabulary, drugs: DrugNames) -> None:
        self._drugs = drugs
        self._terms = vocabulary.terms
        self._joined = joined(vocabulary)

    def cut(self, pieces: Sequence[Token]) -> list[Token]:
        """Return the pieces with words cut that can be read in no other way."""
        found = {place: parts for place in range(len(pieces)) if (parts := self._parts(pieces, place))}
        if not found:
            return list(pieces)
        named = {place for name in known_names(pieces, self._drugs) for place in range(name.start, name.end)}
        cut: list[Token] = []
        for place, piece in enumerate(pieces):
            cut += tokens_of(piece, found[place]) if place in found and place not in named else [piece]
        return cut

    def _parts(self, pieces: Sequence[Token], place: int) -> tuple[str, ...]:
        """The parts of a word, or none if it stays whole."""
        token = pieces[place]
        whole = (token.word,) in self._terms or not SHORTEST <= len(token.word) <= LONGEST
        if whole or token.readings or not token.word.isalpha() or len(token.text) != len(token.word):
            return ()
        before = pieces[place - 1] if place else None
        after = pieces[place + 1] if place + 1 < len(pieces) else None
        counted = before is not None and before.reads("NUMBER")
        ends = WordEnds(token, counted and before is not None and before.end == token.start, _beside(token, after))
        covers = self._covers(ends)
        return self._of_terms(token, covers.get(0), counted=counted) or self._of_name(token, covers) or self._prn(token)

    def _covers(self, ends: WordEnds) -> dict[int, Cover]:
        """From each place of a word the best terms up to its end."""
        word = ends.token.word
        covers = {len(word): Cover(0, (), tied=False)}
        for start in range(len(word) - 1, -1, -1):
            best: Cover | None = None
            for end in range(start + 1, len(word) + 1):
                key, rest = self._joined.get(word[start:end]), covers.get(end)
                if key is None or rest is None or not self._may_be(ends, start, end, key):
                    continue
                one = Cover(rest.unclear + ends.is_unclear(start, end), (key, *rest.parts), rest.tied)
                if best is None or one.rank < best.rank:
                    best = one
                elif one.rank == best.rank:
                    best = best._replace(tied=True)
            if best is not None:
                covers[start] = best
        return covers

    def _may_be(self, ends: WordEnds, start: int, end: int, key: Key) -> bool:
        """Whether a term can lie here: single letters only beside a number, capitals not inside of small letters."""
        if end - start > 1:
            return self._is(key, {"UNIT"}) or not ends.rises(start, end)
        touched = start == 0 and ends.measured and ends.token.text[0] in SINGLE_UNITS and self._is(key, MEASURING)
        return touched or (start > 0 and ends.stands_alone(start))

    def _of_terms(self, token: Token, cover: Cover | None, *, counted: bool) -> tuple[str, ...]:
        if cover is None or cover.tied:
            return ()
        measured = counted and self._is(cover.parts[0], MEASURING)
        if cover.unclear > (MOST_UNCLEAR if measured else 0):
            return ()
        named = PRODUCT.fullmatch(token.text) and not measured and not self._is(cover.parts[0], {"VERB"})
        return () if named and len(cover.parts[-1][-1]) > 1 else words(cover)

    def _of_name(self, token: Token, covers: dict[int, Cover]) -> tuple[str, ...]:
        """A name of the catalog and what it is: the longest such name."""
        for start in range(len(token.word) - 1, SHORTEST_NAME - 1, -1):
            cover = covers.get(start)
            if cover is None or cover.tied or cover.unclear or not self._is(cover.parts[0], CONTAINED):
                continue
            name = token.text[:start]
            if (
                self._drugs.exact(name)
                and not self._drugs.starting(token.text, 1)
                and self._drugs.fuzzy(token.text) is None
            ):
                return (name, *words(cover))
        return ()

    def _prn(self, token: Token) -> tuple[str, ...]:
        """'PRNpain': capitals that say as needed, and the reason in small letters."""
        capitals = len(token.text) - len(token.text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        key = self._joined.get(token.word[:capitals])
        reason = token.text[capitals:]
        if capitals < CLEAR or len(reason) < CLEAR or not reason.islower() or key is None or not self._is(key, {"PRN"}):
            return ()
        return (token.word[:capitals], token.word[capitals:])

    def _is(self, key: Key, kinds: frozenset[str] | set[str]) -> bool:
        return any(one.terminal in kinds and not one.repaired for one in self._terms[key])


def _beside(token: Token, after: Token | None) -> str:
    return after.text[:1] if after is not None and after.start == token.end else ""
