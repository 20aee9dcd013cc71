merge into staging.e using staging.a on a.id = e.id when not matched then insert values (a.id);
