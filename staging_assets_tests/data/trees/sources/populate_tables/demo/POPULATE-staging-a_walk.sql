insert into staging.a_walk select id, 0 from staging.z_last;
with recursive walk (id) as (
    select min(id) from staging.z_last
    union all
    select walk.id + 1 from walk where walk.id < 5
) search depth first by id set ordered
cycle id set is_cycle using path
update staging.a_walk set n = walk.id from walk where walk.id = a_walk.id;
