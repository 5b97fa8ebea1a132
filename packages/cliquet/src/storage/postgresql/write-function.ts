import { DATABASE_NOW, quoted } from '../../drivers/postgresql/statement.ts'

/** Name and types of the arguments of the function. */
export const WRITE_RECORDS = 'write_records(text,text,text[],text[],bigint[],bigint[],text[],text[],bigint)'

/**
 * Writes records of one collection, in their order, in one round trip. The collection's row is locked first and written last, so that a
 * refused write leaves the timestamp alone. Per item: a body of null removes; condition −1 none, −2 absent, −3 present, else a timestamp;
 * `p_calls` is joined work. `p_unique` are the unique fields; `p_now` replaces the database's clock.
 *
 * Outcomes: written, refused (`stamp`: the collection's), timestamp-taken, duplicate (`field`, and `other` is the record that has the value).
 * What was there before, or the other record, is in `before_stamp` and `before_item`.
 */
export const writeRecords = (at: string): string => `
create or replace function ${at}write_records(
  p_parent text, p_resource text, p_ids text[], p_bodies text[], p_conditions bigint[], p_chosen bigint[], p_calls text[],
  p_unique text[], p_now bigint)
returns table(outcome text, stamp bigint, before_stamp bigint, before_item text, field text, other text)
language plpgsql as $function$
declare
  now_ms bigint; latest bigint; first_latest bigint; added bigint := 0;
  old_stamp bigint; old_deleted boolean; found_old boolean; live boolean; new_data jsonb; call jsonb;
begin
  select c.last_modified into latest from ${at}collections c where c.parent_id=p_parent and c.resource=p_resource for update;
  if not found then
    insert into ${at}collections as c(parent_id, resource, last_modified) values(p_parent, p_resource, -1)
      on conflict(parent_id, resource) do update set last_modified=c.last_modified returning c.last_modified into latest;
  end if;
  first_latest := latest;
  now_ms := coalesce(p_now, ${DATABASE_NOW});
  for i in 1 .. cardinality(p_ids) loop
    field := null;
    other := null;
    select r.last_modified, r.deleted, r.item into old_stamp, old_deleted, before_item
      from ${at}records r where r.parent_id=p_parent and r.resource=p_resource and r.id=p_ids[i];
    found_old := found;
    live := found_old and not old_deleted;
    before_stamp := case when live then old_stamp end;
    if not live and p_bodies[i] is null
        or (case p_conditions[i] when -1 then false when -2 then live when -3 then not live else not live or p_conditions[i]<>old_stamp end) then
      if latest < 0 then latest := now_ms; end if;
      outcome := 'refused';
      stamp := latest;
      return next;
      continue;
    end if;
    if p_chosen[i] is null or p_chosen[i] = latest or (live and p_chosen[i] <= old_stamp) then
      stamp := greatest(now_ms, latest + 1);
    elsif p_chosen[i] < latest and exists(select from ${at}records r
        where r.parent_id=p_parent and r.resource=p_resource and r.last_modified=p_chosen[i] and r.id<>p_ids[i]) then
      outcome := 'timestamp-taken';
      return next;
      continue;
    else
      stamp := p_chosen[i];
    end if;
    if p_bodies[i] is null then
      update ${at}records r set last_modified=stamp, data='{}', item=${itemOf('p_ids[i]', 'stamp', 'null')}, deleted=true
        where r.parent_id=p_parent and r.resource=p_resource and r.id=p_ids[i];
      added := added - 1;
    else
      new_data := p_bodies[i]::jsonb;
      if p_unique is null then
        ${writeOne(at)}
      else
        begin
          ${writeOne(at)}
        exception when unique_violation then
          ${findOther(at)}
          if other is null then raise; end if;
        end;
        if other is not null then
          outcome := 'duplicate';
          return next;
          continue;
        end if;
      end if;
      added := added + (not live)::int;
    end if;
    latest := greatest(latest, stamp);
    if p_calls[i] is not null then
      for call in select jsonb_array_elements(p_calls[i]::jsonb) loop
        execute 'select '||(call->>'function')||'($1,$2)' using call->'argument', array[p_ids[i]];
      end loop;
    end if;
    outcome := 'written';
    return next;
  end loop;
  if latest < 0 then latest := now_ms; end if;
  if latest <> first_latest or added <> 0 then
    update ${at}collections c set last_modified=latest, live_count=c.live_count+added
      where c.parent_id=p_parent and c.resource=p_resource;
  end if;
end $function$;`

/** The text of an item as clients see it (`recordText`, `tombstoneText`), in SQL. A body of null is that of a tombstone. */
export const itemOf = (id: string, stamp: string, body: string): string =>
  `'{"id":'||to_json(${id})||',"last_modified":'||${stamp}||` +
  `case when ${body} is null then ',"deleted":true}' when ${body}='{}' then '}' else ','||substr(${body},2) end`

const ITEM = itemOf('p_ids[i]', 'stamp', 'p_bodies[i]')

const writeOne = (at: string): string => `if found_old then
          update ${at}records r set last_modified=stamp, data=new_data, item=${ITEM}, deleted=false
            where r.parent_id=p_parent and r.resource=p_resource and r.id=p_ids[i];
        else
          insert into ${at}records(parent_id, resource, id, last_modified, data, item)
            values(p_parent, p_resource, p_ids[i], stamp, new_data, ${ITEM});
        end if;`

/** Finds the record that has a unique value, through the index that was violated; its condition must be the index's. */
const findOther = (at: string): string => `foreach field in array p_unique loop
            execute format('select r.id, r.last_modified, r.item from %s r where r.parent_id=$1 and r.resource=%L and r.id<>$2 '
              'and not r.deleted and r.data->%L<>''null'' and md5((r.data->%L)::text)=md5($3)', ${quoted(`${at}records`)}, p_resource, field, field)
              into other, before_stamp, before_item using p_parent, p_ids[i], (new_data->field)::text;
            exit when other is not null;
          end loop;`
