-- Triggers and rules.

-- carry triggers: Which triggers are not the script's, and are they enabled?
select 5, format('trigger %I', t.tgname), pg_get_triggerdef(t.oid)
|| case t.tgenabled
    when 'D' then format('; alter table %s disable trigger %I', part.place, t.tgname)
    when 'R' then format('; alter table %s enable replica trigger %I', part.place, t.tgname)
    when 'A' then format('; alter table %s enable always trigger %I', part.place, t.tgname)
    else ''
end
from part
join pg_trigger t on t.oid = part.oid and part.noun = 'trigger'
where not part.new and not exists (
    select from part n
    where n.new and n.noun = 'trigger' and n.name = part.name and n.place = part.place
)

-- carry rules: Which rules are not the script's?
select 6, format('rule %I', part.name), rtrim(pg_get_ruledef(part.oid), ';')
from part
where part.noun = 'rule' and not part.new and not exists (
    select from part n
    where n.new and n.noun = 'rule' and n.name = part.name and n.place = part.place
)
