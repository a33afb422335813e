"""One release of one source into the catalog: staged, compared, merged, in one transaction."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
import msgspec

from medtime_backend.catalog import substances
from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.readers import cofepris, ema, rxnorm
from medtime_backend.catalog.reading import Reading, Report
from medtime_backend.catalog.records import Rejected
from medtime_backend.catalog.rrf import Release, digest
from medtime_backend.catalog.sources import Source
from medtime_backend.catalog.staging import SECONDS, copying, rows_of, statement

ADVISORY_LOCK = 6_331_785_465
LEVELS = (1, 2, 3)
UNKNOWN = 4
LEAST_SHARE = 0.1
"""A file with less than this share of the last release's products is refused."""


class File(msgspec.Struct, frozen=True):
    """A file or directory to seed from; `origin` is what to tell of where it came from, without anything secret."""

    path: Path
    origin: str
    released_on: date | None = None
    sha256: str | None = None


class Summary(msgspec.Struct, frozen=True):
    """What came of a seed. `unchanged`: the same file again, and nothing was written."""

    source: str
    released_on: date
    origin: str
    sha256: str
    products: int
    added: int
    changed: int
    withdrawn: int
    rejected: int
    left_out: dict[str, int]
    rejects: list[Rejected]
    version: int | None
    unchanged: bool


def _quiet(_what: str, _done: int, _of: int) -> None:
    """Report nothing."""


async def seed(
    connection: asyncpg.Connection, source: Source, file: File, *, force: bool = False, report: Report = _quiet
) -> Summary:
    """Seed a release. Raises CatalogError, and then nothing has changed."""
    reading = Reading()
    sha256 = file.sha256 or digest(file.path)
    async with connection.transaction():
        await _prepare(connection, source)
        await _stage(connection, source, file.path, reading, report)
        last = await connection.fetchrow(statement("last_release"), source.name)
        report("merge", 0, 4)
        await _run(connection, "compare")
        await _refuse_small(connection, source, last, force=force)
        report("merge", 1, 4)
        await _name_substances(connection)
        if source.name == "rxnorm":
            await _run(connection, "succeed")
        report("merge", 2, 4)
        tally = await connection.fetchrow(statement("tally"))
        anything = any(tally[name] for name in ("added", "changed", "withdrawn", "touched"))
        released_on = file.released_on or reading.released_on or datetime.now(UTC).date()
        unchanged = not anything and last is not None and last["sha256"] == sha256
        version = None
        if not unchanged:
            release = await connection.fetchval(
                statement("add_release"),
                *(source.name, released_on, file.origin[:2000], sha256),
                *(tally[name] for name in ("products", "added", "changed", "withdrawn")),
                *(reading.rejected, msgspec.json.encode(reading.left_out).decode()),
            )
            await _setting(connection, "medtime.catalog_release", str(release))
            await _run(connection, "merge")
        report("merge", 3, 4)
        if anything:
            await _run(connection, "index")
            version = await connection.fetchval(statement("renew_version"))
    report("merge", 4, 4)
    return Summary(
        source=source.name,
        released_on=last["released_on"] if unchanged else released_on,
        origin=file.origin,
        sha256=sha256,
        **{name: tally[name] for name in ("products", "added", "changed", "withdrawn")},
        rejected=reading.rejected,
        left_out=dict(reading.left_out),
        rejects=reading.rejects,
        version=version,
        unchanged=unchanged,
    )


async def _prepare(connection: asyncpg.Connection, source: Source) -> None:
    if not await connection.fetchval("select pg_try_advisory_xact_lock($1)", ADVISORY_LOCK):
        raise CatalogError("Another seed of the catalog is running: try again when it is done.")
    await connection.execute("set local statement_timeout = '10min'")
    await _setting(connection, "medtime.catalog_source", source.name)
    await _run(connection, "stage")
    await connection.execute("create temporary table stage_absorbed (old text, new text) on commit drop")


async def _stage(connection: asyncpg.Connection, source: Source, path: Path, reading: Reading, report: Report) -> None:
    async with copying(connection) as copier:
        await copier.add(substances.known_names())
        await copier.add(substances.mixtures())
        await copier.add(substances.salt_words())
        if source.name != "rxnorm":
            read = ema.read if source.name == "ema" else cofepris.read
            report("read", 0, 0)
            await copier.add(rows_of(read(path, reading)))
            return
        await _run(connection, "stage_rxnorm")
        release = Release(path)
        try:
            reading.released_on = release.released_on()
            for part in (rxnorm.concepts, rxnorm.relations, rxnorm.codes, rxnorm.successors):
                await copier.add(part(release, reading, report))
        finally:
            release.close()
    report("assemble", 0, 0)
    await _run(connection, "assemble_rxnorm")


async def _refuse_small(
    connection: asyncpg.Connection, source: Source, last: asyncpg.Record | None, *, force: bool
) -> None:
    products = await connection.fetchval("select count(*) from stage_products")
    if last is not None and products < LEAST_SHARE * last["products"] and not force:
        raise CatalogError(
            f"The file has {products:,} products, the last release of {source.title} had {last['products']:,}: "
            "if that is right, say --force."
        )


async def _name_substances(connection: asyncpg.Connection) -> None:
    for level in (*LEVELS, UNKNOWN):
        if level == UNKNOWN:
            await _run(connection, "unknown_names")
        await _setting(connection, "medtime.catalog_level", str(level))
        for name in ("attach_names", "absorb", "keep_names"):
            await _run(connection, name)
    for name in ("guess_salts", "absorb", "guess_spanish", "absorb", "name_mixtures"):
        await _run(connection, name)


async def _run(connection: asyncpg.Connection, name: str) -> None:
    await connection.execute(statement(name), timeout=SECONDS)


async def _setting(connection: asyncpg.Connection, name: str, value: str) -> None:
    await connection.execute("select set_config($1, $2, true)", name, value)
