"""Reading a push: every refused entity is named, by id, index and reason, not only the first."""

from collections import Counter
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from medtime_backend import envelope, errors, formats
from medtime_backend.integrity import TOMBSTONE_CHECKSUM, checksum_of
from medtime_backend.limits import LIMITS
from medtime_backend.refusals import refusal
from medtime_backend.schemas.sync import MAX_VERSION, DeviceId, PushedEntity

FIELDS = frozenset(PushedEntity.__struct_fields__)


class Push(msgspec.Struct, frozen=True):
    """A push whose entities are all well-formed."""

    device_id: str
    clock: str | None
    entities: list[PushedEntity]


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    device_id: DeviceId
    entities: list[msgspec.Raw]
    clock: str | None = None


def read_push(body: bytes, format_: formats.Format) -> Push:
    """Read the body of a push.

    Raises MalformedBody, InvalidField, TooManyEntities, or the problem of the refused entities. No text of the
    body goes into the problem, except the id of an entity that has a well-formed one.
    """
    try:
        outer: _Envelope = formats.decode(body, format_, _Envelope)
    except formats.UNREADABLE as fault:
        raise _outer_problem(body, format_) from fault
    if not outer.entities:
        raise errors.InvalidField(field="entities")
    if len(outer.entities) > LIMITS.entities_per_push:
        raise errors.TooManyEntities(limit=LIMITS.entities_per_push)
    read = [_read_entity(raw, format_) for raw in outer.entities]
    repeated = {
        id_
        for id_, times in Counter(entity.id for entity in read if isinstance(entity, PushedEntity)).items()
        if times > 1
    }
    refused: list[dict[str, Any]] = []
    entities: list[PushedEntity] = []
    for index, (raw, entity) in enumerate(zip(outer.entities, read, strict=True)):
        if isinstance(entity, PushedEntity):
            reason = "duplicate-id" if entity.id in repeated else _content_reason(entity)
            id_: UUID | None = entity.id
            entities.append(entity)
        else:
            reason, id_ = entity, _id_of(_loose(raw, format_))
        if reason:
            refused.append({"id": id_, "index": index, "reason": reason})
    if refused:
        raise refusal(refused)
    return Push(outer.device_id, outer.clock, entities)


def _read_entity(raw: msgspec.Raw, format_: formats.Format) -> PushedEntity | str:
    try:
        entity: PushedEntity = formats.decode(bytes(raw), format_, PushedEntity)
    except formats.UNREADABLE:
        return _form_reason(_loose(raw, format_))
    return entity


def _content_reason(entity: PushedEntity) -> str | None:
    """What is wrong with a well-formed entity's bytes. private.content_fault says the same in SQL."""
    if entity.deleted:
        if entity.blob:
            return "tombstone-not-empty"
        return None if entity.checksum in (UNSET, TOMBSTONE_CHECKSUM) else "checksum-mismatch"
    if isinstance(entity.blob, msgspec.UnsetType) or isinstance(entity.checksum, msgspec.UnsetType):
        return "missing-field"
    fault = envelope.fault_of(entity.blob)
    if fault:
        return fault
    return None if entity.checksum == checksum_of(entity.blob) else "checksum-mismatch"


def _form_reason(loose: Any) -> str:  # noqa: PLR0911 - one return for each reason reads best
    """Why an entity could not be read."""
    if not isinstance(loose, dict):
        return "invalid-entity-field"
    if set(loose) - FIELDS:
        return "unknown-field"
    if "base_version" not in loose:
        return "missing-precondition"
    version = loose["base_version"]
    if not isinstance(version, int) or isinstance(version, bool) or not 0 <= version <= MAX_VERSION:
        return "malformed-precondition"
    if not {"id", "entity_type"} <= set(loose):
        return "missing-field"
    if "blob" in loose:
        try:
            msgspec.convert(loose["blob"], bytes)
        except msgspec.ValidationError:
            return "blob-not-base64"
    return "invalid-entity-field"


def _loose(raw: msgspec.Raw, format_: formats.Format) -> Any:
    """The fields of an entity, each as far as it can be read: one that cannot must not hide the others."""
    try:
        fields = formats.decode(bytes(raw), format_, dict[str, msgspec.Raw])
    except formats.UNREADABLE:
        return None
    found: dict[str, Any] = {}
    for name, value in fields.items():
        try:
            found[name] = formats.decode(bytes(value), format_)
        except formats.UNREADABLE:
            found[name] = None
    return found


def _id_of(loose: Any) -> UUID | None:
    try:
        return msgspec.convert(loose["id"], UUID)
    except (KeyError, TypeError, msgspec.ValidationError):
        return None


def _outer_problem(body: bytes, format_: formats.Format) -> errors.Problem:
    """The problem of a body whose outer object could not be read. A field's name is told only if it is ours."""
    try:
        loose = formats.decode(body, format_)
    except formats.UNREADABLE:
        return errors.MalformedBody()
    if not isinstance(loose, dict):
        return errors.MalformedBody()
    for field in _Envelope.__struct_fields__:
        kind = {"entities": list, "device_id": DeviceId, "clock": str | None}[field]
        required = field != "clock"
        if field not in loose and not required:
            continue
        try:
            msgspec.convert(loose[field], kind)
        except (KeyError, msgspec.ValidationError):
            return errors.InvalidField(field=field)
    return errors.InvalidField("The body has a field that the protocol does not know.", field="unknown")
