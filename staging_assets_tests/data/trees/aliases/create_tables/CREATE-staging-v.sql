create view staging.v as
select staging.id, staging.kind::staging.a_kind as kind
from (staging.a staging join staging.a other on ((other.id = staging.id)));
