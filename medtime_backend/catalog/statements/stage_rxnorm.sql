-- RxNorm's lines that matter, before they are put together.
create temporary table stage_concepts (
  rxcui text,
  term text,
  source text,
  code text collate "C",
  name text collate "C",
  suppressed boolean,
  prescribable boolean
) on commit drop;

create temporary table stage_components (
  rxcui text,
  place smallint,
  name text collate "C",
  strength text,
  amount numeric,
  unit text,
  per_amount numeric,
  per_unit text
) on commit drop;

create temporary table stage_forms (rxcui text, form text, brand text) on commit drop;

create temporary table stage_links (subject text, relation text, target text) on commit drop;

create temporary table stage_numbers (
  rxcui text, system text, code text collate "C", folded text
) on commit drop;

create temporary table stage_successors (old text, new text) on commit drop;
