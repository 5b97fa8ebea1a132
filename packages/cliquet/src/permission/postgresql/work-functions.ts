/** Name and types of the function that replaces and adds permissions. */
export const REPLACE_PERMISSIONS = 'replace_permissions(jsonb,text[])'

/** Name and types of the function that removes permissions. */
export const REMOVE_PERMISSIONS = 'remove_permissions(jsonb,text[])'

/**
 * Gives an object the grants of `p`, and takes from it all others of the permissions that `p` names (P3, P12).
 *
 * Of two at once that replace, one waits, or the result would be a mixture: the lock is the object's, as there may be no row yet that could be
 * locked. On a distributed database it holds on one node only. To add needs no lock, and as whoever replaces adds first, in the order of the
 * grants, and then takes, nobody waits for somebody who waits for him.
 */
export const replacePermissions = (at: string): string => `
create or replace function ${at}replace_permissions(p jsonb, ids text[]) returns void language plpgsql as $function$
declare
  p_parent text := p->>'parentId'; p_uri text := p->>'uri';
  p_grant jsonb; p_name text; p_permission text; p_principal text; p_whole text; p_kept text[];
begin
  if jsonb_array_length(p->'names') > 0 then
    perform pg_advisory_xact_lock(hashtextextended(p_uri, hashtextextended(p_parent, 4736201525)));
  end if;
  for p_grant in select jsonb_array_elements(p->'grants') loop
    p_permission := p_grant->>0;
    p_principal := p_grant->>1;
    p_whole := p_grant->>2;
    insert into ${at}permissions(parent_id, uri, permission, principal, whole)
      values(p_parent, p_uri, p_permission, p_principal, p_whole) on conflict do nothing;
  end loop;
  for p_name in select jsonb_array_elements_text(p->'names') loop
    p_kept := array(select g->>1 from jsonb_array_elements(p->'grants') g where g->>0 = p_name);
    delete from ${at}permissions t
      where t.parent_id=p_parent and t.uri=p_uri and t.permission=p_name and t.principal<>all(p_kept);
  end loop;
end $function$;`

/**
 * Removes the permissions of objects and of all that lies below them, whatever its parent (P7): of `prefix` + id under `parentId` for each
 * id, and of the pairs of parent and URI in `objects`.
 *
 * It goes through the primary key in its order, and through nothing else: so whoever removes locks rows in the same order, and few rows cost
 * little, though the planner can't know how few they are. On a distributed database a statement for each range would ask all nodes each time;
 * there, of two who remove at once overlapping trees, one may fail.
 */
export const removePermissions = (at: string): string => `
create or replace function ${at}remove_permissions(p jsonb, ids text[]) returns void language plpgsql
  set enable_seqscan=off set enable_bitmapscan=off as $function$
declare
  p_parents text[]; p_uris text[]; p_range record;
begin
  select array_agg(o.parent), array_agg(o.uri) into p_parents, p_uris from (
    select p->>'parentId' parent, (p->>'prefix')||i uri from unnest(ids) i
    union select o->>0, o->>1 from jsonb_array_elements(p->'objects') o) o;
  if p_uris is null then return; end if;
  if (p->'distributed')::boolean then
    delete from ${at}permissions t using unnest(p_parents, p_uris) o(parent, uri) where t.parent_id=o.parent and t.uri=o.uri;
    delete from ${at}permissions t using unnest(p_uris) u where t.uri>=u||'/' and t.uri<u||'0';
    return;
  end if;
  for p_range in -- '0' is the character after '/'; nothing lies between a parent and itself with chr(1)
    select * from (
      select uri, parent, uri end_uri, parent||chr(1) end_parent from unnest(p_parents, p_uris) o(parent, uri)
      union all select distinct uri||'/', '', uri||'0', '' from unnest(p_uris) uri) ranges
    order by ranges.uri collate "C", ranges.parent collate "C"
  loop
    delete from ${at}permissions t
      where (t.uri, t.parent_id) >= (p_range.uri, p_range.parent) and (t.uri, t.parent_id) < (p_range.end_uri, p_range.end_parent);
  end loop;
end $function$;`
