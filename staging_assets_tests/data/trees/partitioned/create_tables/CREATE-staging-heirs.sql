create table staging.heirs (extra text) inherits (staging.heirs_base);
