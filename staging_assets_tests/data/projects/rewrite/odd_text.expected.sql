-- schema: dev
select 'a'
    'staging.x', b'01', x'1f', 1.5e3, .5, 1..2, $1, "a""staging.x" from dev.x where a <@ b and c ->> 'staging.y' = '1'--staging.z
    and d = E'it\'s staging.x' and e = 'it''s staging.x';
select E'one'
    'two\' from staging.x' from dev.x;
set standard_conforming_strings = off;
select 'it\'s', 1 from dev.x where a = 'staging.x';
set standard_conforming_strings = on;
select '\', 1 from dev.x;
