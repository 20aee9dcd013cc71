-- schema: staging; shadow: staging__build; own: x
insert into staging__build.x select id from staging.y;
