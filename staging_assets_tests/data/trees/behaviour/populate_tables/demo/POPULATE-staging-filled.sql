call staging.fill(10);
