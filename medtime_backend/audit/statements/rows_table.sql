-- Where each row is and whose; read again after a probe, so that the rows it touched are known without its rights.
create temporary table if not exists medtime_rows (relation bigint not null, place tid not null, owners jsonb not null)
