-- Every person of the records system; nothing is left out. Codes that are not understood are
-- Unknown. A height or weight of 0 is none. Names stay behind: nothing here needs them.
with race_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_races as meanings on book.value = meanings.value
    where book.code_list = 'races'
),

ethnicity_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_ethnicities as meanings on book.value = meanings.value
    where book.code_list = 'ethnicities'
),

gender_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_genders as meanings on book.value = meanings.value
    where book.code_list = 'genders'
),

hair_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_hair_colors as meanings on book.value = meanings.value
    where book.code_list = 'hair_colors'
),

eye_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_eye_colors as meanings on book.value = meanings.value
    where book.code_list = 'eye_colors'
),

read_persons as materialized (
    select
        *,
        staging.parse_date(birth_date) as born
    from etl.rms_persons
)

insert into staging.people (
    department_defined_person_id,
    source,
    race_code,
    ethnicity_code,
    gender_code,
    date_of_birth,
    birth_year,
    height_inches,
    weight_pounds,
    hair_color_code,
    eye_color_code,
    address_id,
    last_modified
)
select
    persons.person_ref,
    'rms_persons',
    coalesce(race_codes.code, 0),
    coalesce(ethnicity_codes.code, 0),
    coalesce(gender_codes.code, 0),
    persons.born,
    extract(year from persons.born)::int,
    nullif(staging.parse_integer(persons.height), 0),
    nullif(staging.parse_integer(persons.weight), 0),
    coalesce(hair_codes.code, 0),
    coalesce(eye_codes.code, 0),
    addresses.address_id,
    extracts.extracted_at
from read_persons as persons
inner join etl.extracts as extracts on extracts.system = 'rms'
left join race_codes on staging.normalise_text(persons.race) = race_codes.spelling
left join ethnicity_codes on staging.normalise_text(persons.ethnicity) = ethnicity_codes.spelling
left join gender_codes on staging.normalise_text(persons.gender) = gender_codes.spelling
left join hair_codes on staging.normalise_text(persons.hair) = hair_codes.spelling
left join eye_codes on staging.normalise_text(persons.eyes) = eye_codes.spelling
left join staging.addresses as addresses on persons.address_ref = addresses.department_defined_reference_id
order by persons.row_id;
