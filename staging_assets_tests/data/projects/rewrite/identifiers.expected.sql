-- schema: dev
create table dev.x (id int, at dev.stamp, primary key (id));
CREATE TABLE dev . "X" (id int references dev."Y" (id));
select U&"st\0061ging".x from dev.x, "Staging".y;
select (staging.x).id, dev.x.id, dev.f(1), a operator(dev.+) b from dev.x;
select x.staging.y, other_staging.x, my.staging, staging_x.y, staging$.z from etl.staging_area;
insert into dev.x (id) values (1) on conflict on constraint staging_x do nothing;
comment on column dev.x.id is 'Read by staging.x and staging';
