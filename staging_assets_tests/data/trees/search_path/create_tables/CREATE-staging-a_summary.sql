create table staging.a_summary (n bigint, places bigint, first_place text, last_id int);
