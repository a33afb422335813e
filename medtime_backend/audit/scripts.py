"""The SQL that a person pastes into psql to see what the audit saw."""

from __future__ import annotations

from typing import Final

from medtime_backend.audit.claims import NO_CLAIMS, claims_of
from medtime_backend.audit.declarations import TableDeclaration
from medtime_backend.audit.personas import Persona
from medtime_backend.audit.quoting import identifier, literal, qualified
from medtime_backend.audit.seeding import OTHER_OWNER, Asker

LINKS: Final = "public.srv_family_links (supervisor_id, supervised_user_id, status)"


def as_persona(asker: Asker, statement: str) -> str:
    """The statement run as the persona, and taken back."""
    return "\n".join(("begin;", *_become(asker), f"{statement};", "rollback;"))


def from_scratch(asker: Asker, declaration: TableDeclaration | None, statement: str) -> str:
    """The statement run as the persona after its users, links and rows were made; to paste as the schema's owner."""
    persona, users = asker.persona, asker.seeds.users
    names = dict.fromkeys(name for name in (persona.user, OTHER_OWNER, *(owner for owner, _ in persona.links)) if name)
    added = (f"insert into auth.users (id) values ({literal(str(users[name]))});" for name in names)  # noqa: S608
    lines = ["begin;", *added]
    for owner, status in persona.links:
        values = ", ".join(literal(text) for text in (str(users[persona.user]), str(users[owner]), status))
        lines.append(f"insert into {LINKS} values ({values});")  # noqa: S608 - quoted
    if declaration and declaration.sample:
        for name in names:
            claims = claims_of(Persona(name, "authenticated", name), users, asker.now)
            lines.append(f"select set_config('request.jwt.claims', {literal(claims)}, true);")
            lines.append(declaration.sample.replace("$1", literal(str(users[name]))) + ";")
    if declaration:
        lines.append(f"alter table {qualified(declaration.name)} disable trigger user;")
    return "\n".join((*lines, *_become(asker), f"{statement};", "rollback;"))


def _become(asker: Asker) -> tuple[str, ...]:
    role = f"set local role {identifier(asker.role)};"
    if asker.claims == NO_CLAIMS:
        return (role,)
    return (f"select set_config('request.jwt.claims', {literal(asker.claims)}, true);", role)
