select staging.fill_n();
