create table staging.acs_demographics (
    acs_area_id varchar,
    valid_start_date date,
    valid_end_date date,
    family_count_poverty_all_families double precision,
    family_count_poverty_all_with_children_under_18 double precision,
    family_count_poverty_all_with_children_under_5 double precision,
    family_count_poverty_married_families double precision,
    family_count_poverty_married_with_children_under_18 double precision,
    family_count_poverty_married_with_children_under_5 double precision,
    family_count_poverty_female_no_husband_families double precision,
    family_count_poverty_female_no_husband_with_children_under_18 double precision,
    family_count_poverty_female_no_husband_with_children_under_5 double precision,
    median_household_income double precision,
    mean_household_income double precision,
    unemployment_rate double precision,
    population_count double precision,
    race_count_black double precision,
    race_count_white double precision,
    race_count_native_american double precision,
    race_count_asian double precision,
    race_count_other double precision,
    race_count_hispanic_latino double precision,
    population_count_male double precision,
    population_count_female double precision,
    population_median_age double precision,
    population_under_5_years double precision,
    population_5_to_9_years double precision,
    population_10_to_14_years double precision,
    population_15_to_19_years double precision,
    population_20_to_24_years double precision,
    population_25_to_34_years double precision,
    population_35_to_44_years double precision,
    population_45_to_54_years double precision,
    population_55_to_59_years double precision,
    population_60_to_64_years double precision,
    population_65_to_74_years double precision,
    population_75_to_84_years double precision,
    population_85_and_over_years double precision,
    primary key (acs_area_id, valid_start_date)
);

comment on table staging.acs_demographics
is 'Poverty, income, race and age of census areas, from the American Community Survey';
comment on column staging.acs_demographics.acs_area_id is 'Census area, FIPS code with leading zeros';
comment on column staging.acs_demographics.valid_start_date is 'First day on which the figures hold';
comment on column staging.acs_demographics.valid_end_date is 'Last day on which the figures hold';
comment on column staging.acs_demographics.family_count_poverty_all_families is 'Families below the poverty line';
comment on column staging.acs_demographics.family_count_poverty_all_with_children_under_18
is 'Families below the poverty line with a child under 18';
comment on column staging.acs_demographics.family_count_poverty_all_with_children_under_5
is 'Families below the poverty line with children under 5 only';
comment on column staging.acs_demographics.family_count_poverty_married_families
is 'Married couples below the poverty line';
comment on column staging.acs_demographics.family_count_poverty_married_with_children_under_18
is 'Married couples below the poverty line with a child under 18';
comment on column staging.acs_demographics.family_count_poverty_married_with_children_under_5
is 'Married couples below the poverty line with children under 5 only';
comment on column staging.acs_demographics.family_count_poverty_female_no_husband_families
is 'Families of a woman without husband below the poverty line';
comment on column staging.acs_demographics.family_count_poverty_female_no_husband_with_children_under_18
is 'The same with a child under 18';
comment on column staging.acs_demographics.family_count_poverty_female_no_husband_with_children_under_5
is 'The same with children under 5 only';
comment on column staging.acs_demographics.median_household_income is 'Dollars a year';
comment on column staging.acs_demographics.mean_household_income is 'Dollars a year';
comment on column staging.acs_demographics.unemployment_rate is 'Share of the labour force out of work, in percent';
comment on column staging.acs_demographics.population_count is 'Inhabitants';
comment on column staging.acs_demographics.race_count_black is 'Inhabitants who are Black or African American';
comment on column staging.acs_demographics.race_count_white is 'Inhabitants who are White';
comment on column staging.acs_demographics.race_count_native_american
is 'Inhabitants who are American Indian or Alaska Native';
comment on column staging.acs_demographics.race_count_asian is 'Inhabitants who are Asian';
comment on column staging.acs_demographics.race_count_other is 'Inhabitants of another race or of several';
comment on column staging.acs_demographics.race_count_hispanic_latino
is 'Inhabitants who are Hispanic or Latino, of any race';
comment on column staging.acs_demographics.population_count_male is 'Male inhabitants';
comment on column staging.acs_demographics.population_count_female is 'Female inhabitants';
comment on column staging.acs_demographics.population_median_age is 'Years; half of the inhabitants are younger';
comment on column staging.acs_demographics.population_under_5_years is 'Inhabitants below 5 years';
comment on column staging.acs_demographics.population_5_to_9_years is 'Inhabitants from 5 to 9 years, both included';
comment on column staging.acs_demographics.population_10_to_14_years
is 'Inhabitants from 10 to 14 years, both included';
comment on column staging.acs_demographics.population_15_to_19_years
is 'Inhabitants from 15 to 19 years, both included';
comment on column staging.acs_demographics.population_20_to_24_years
is 'Inhabitants from 20 to 24 years, both included';
comment on column staging.acs_demographics.population_25_to_34_years
is 'Inhabitants from 25 to 34 years, both included';
comment on column staging.acs_demographics.population_35_to_44_years
is 'Inhabitants from 35 to 44 years, both included';
comment on column staging.acs_demographics.population_45_to_54_years
is 'Inhabitants from 45 to 54 years, both included';
comment on column staging.acs_demographics.population_55_to_59_years
is 'Inhabitants from 55 to 59 years, both included';
comment on column staging.acs_demographics.population_60_to_64_years
is 'Inhabitants from 60 to 64 years, both included';
comment on column staging.acs_demographics.population_65_to_74_years
is 'Inhabitants from 65 to 74 years, both included';
comment on column staging.acs_demographics.population_75_to_84_years
is 'Inhabitants from 75 to 84 years, both included';
comment on column staging.acs_demographics.population_85_and_over_years is 'Inhabitants from 85 years';
