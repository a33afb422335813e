select
  (select count(*) from stage_fingerprints) as products,
  (
    select count(*) from stage_changes
    where added
  ) as added,
  (
    select count(*) from stage_changes
    where not added
  ) as changed,
  (select count(*) from stage_gone) as withdrawn,
  (select count(*) from stage_touched) as touched
