set search_path to staging, etl;
INSERT INTO b_search_path SELECT id, 'n' || next_number(id), station FROM readings;
set search_path to default;
update staging.b_search_path set name = name || '!' where id = 2;
