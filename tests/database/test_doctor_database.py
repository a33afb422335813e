"""The doctor's checks of the database on every Postgres, and its verdict on roles that are not as they should be."""

import asyncpg

from medtime_backend.doctor.deployment import Deployment
from medtime_backend.doctor.examination import examine
from medtime_backend.doctor.findings import Finding
from medtime_backend.local.options import StackInfo
from medtime_backend.settings import Settings

DATABASE = (
    *("clock of the database", "database, as the operator", "Postgres version", "connections"),
    *("database, as the service", "time limits of the service", "Postgres's log", "migrations"),
)


async def found(cluster: StackInfo, admin_url: str, service_url: str) -> dict[str, Finding]:
    settings = Settings(
        database_url=service_url, redis_url=cluster.redis_url, jwks_url=f"{cluster.auth_url}/.well-known/jwks.json"
    )
    return {one.check: one for one in await examine(Deployment(admin_url=admin_url, settings=settings))}


async def test_a_sound_database(cluster: StackInfo) -> None:
    findings = await found(cluster, cluster.database_url, cluster.service_database_url)
    assert {name: findings[name].result for name in DATABASE} == dict.fromkeys(DATABASE, "ok"), findings
    # What old projects give to everybody by default is theirs to take back.
    rights = findings["RLS and grants"]
    assert rights.result == "ok" or rights.detail == "9 findings: 9 default-privileges-open", rights


async def test_roles_that_may_too_much_or_too_little(cluster: StackInfo) -> None:
    findings = await found(cluster, cluster.service_database_url, cluster.database_url)
    assert findings["database, as the operator"].result == "failure"
    assert "no BYPASSRLS" in findings["database, as the operator"].detail
    assert findings["database, as the service"].result == "failure"
    assert "rolbypassrls" in findings["database, as the service"].detail
    assert findings["migrations"].result == findings["RLS and grants"].result == "skipped"


async def test_a_pending_migration(cluster: StackInfo, superuser: asyncpg.Connection) -> None:
    row = await superuser.fetchrow(
        """
        delete from supabase_migrations.schema_migrations
        where version = (select max(version) from supabase_migrations.schema_migrations) returning *
        """
    )
    try:
        findings = await found(cluster, cluster.database_url, cluster.service_database_url)
    finally:
        await superuser.execute(
            "insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)",
            row["version"],
            row["name"],
            row["statements"],
        )
    assert (findings["migrations"].result, findings["migrations"].mend) == ("failure", "medtime migrate up")
    assert "lacks 1 of" in findings["RLS and grants"].detail
