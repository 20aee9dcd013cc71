-- A comment.
insert into staging.b
select c.id
from etl.x
join staging.c using (id);
