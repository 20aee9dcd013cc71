-- schema: order
select * from staging.x where a = 'staging.x';
