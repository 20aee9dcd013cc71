insert into staging.a_summary
select staging.count_arrests(), staging.count_places(), staging.first_place(), staging.last_id();
