-- schema: order
select * from "order".x where a = '"order".x';
