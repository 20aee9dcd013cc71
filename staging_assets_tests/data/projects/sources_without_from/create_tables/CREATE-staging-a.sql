create table staging.a (like etl.liked including all, kind etl.kind, happy ref.mood, word public.citext) inherits (etl.parent);
