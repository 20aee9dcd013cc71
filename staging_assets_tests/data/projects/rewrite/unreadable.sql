-- schema: dev
select 'staging.x from staging.x;
