create table staging.fares_2025 partition of staging.fares default;
