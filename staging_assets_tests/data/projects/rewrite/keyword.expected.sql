-- schema: order
select * from "order".x where a = 'staging.x';
