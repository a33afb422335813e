"""A fault that people make, as SQL, and the finding by which the audit tells it."""

from dataclasses import dataclass

ENTITIES = "public.srv_encrypted_entities"
LINKS = "public.srv_family_links"
USER = "every user"


@dataclass(frozen=True)
class Fault:
    """One fault. `undo` takes back what is not in the database alone (roles); such faults need the superuser."""

    name: str
    sql: str
    finding: str
    superuser: bool = False
    undo: str = ""
