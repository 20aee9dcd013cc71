alter function staging.altered() set search_path = staging;
alter function staging.reset() reset search_path;
