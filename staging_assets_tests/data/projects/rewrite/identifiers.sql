-- schema: dev
create table staging.x (id int, at staging.stamp, primary key (id));
CREATE TABLE STAGING . "X" (id int references "staging"."Y" (id));
select U&"st\0061ging".x from staging.x, "Staging".y;
select (staging.x).id, staging.x.id, staging.f(1), a operator(staging.+) b from staging.x;
select x.staging.y, other_staging.x, my.staging, staging_x.y, staging$.z from etl.staging_area;
insert into staging.x (id) values (1) on conflict on constraint staging_x do nothing;
comment on column staging.x.id is 'Read by staging.x and staging';
