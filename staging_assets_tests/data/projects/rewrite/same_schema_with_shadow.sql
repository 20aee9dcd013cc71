-- schema: staging; shadow: staging__build; own: x
insert into staging.x select id from staging.y;
