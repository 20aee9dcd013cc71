insert into staging.a_standard values (staging.standard());
