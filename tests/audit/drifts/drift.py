"""One way in which a database drifts, with what the audit must say of it."""

from typing import NamedTuple

ENTITIES = "public.srv_encrypted_entities"
STATUS = "public.srv_sync_status"
FUNCTION = "private.renew_epoch()"
POLICY = f'policy "owner may add" on {ENTITIES}'


class Drift(NamedTuple):
    """What somebody did by hand, as a superuser; the ids of the findings; words of the detail of the first.

    `mended` is whether the fix is SQL that brings the database back, given to a superuser.
    """

    sql: str
    ids: tuple[str, ...]
    told: str = ""
    mended: bool = True


def missing(sql: str, thing: str, *, mended: bool = True) -> Drift:
    return Drift(sql, (f"drift-missing:{thing}",), "does not have it", mended)


def unexpected(sql: str, thing: str) -> Drift:
    return Drift(sql, (f"drift-unexpected:{thing}",), "no migration makes")


def changed(sql: str, thing: str, told: str, *, mended: bool = True) -> Drift:
    return Drift(sql, (f"drift-changed:{thing}",), told, mended)
