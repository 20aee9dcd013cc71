set schema 'staging';
insert into c_local select id from b_search_path;
