select run_it('insert into staging.d select id from staging.c join etl.x using (id)'), count('select 1 from staging.e');
insert into staging.d select 1 from etl.y;
