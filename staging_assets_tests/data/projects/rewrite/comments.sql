-- schema: dev
-- staging.x
/* staging.x /* staging.y */ staging.z */
select 1 /* from staging.x */ from staging.x; -- and staging.y
