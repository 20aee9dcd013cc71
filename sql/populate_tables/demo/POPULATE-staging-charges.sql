-- Every charge of the records system; nothing is left out. A charge whose arrest was left out of
-- arrests stays: the table has no key to it.
with charge_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_charges as meanings on book.value = meanings.value
    where book.code_list = 'charges'
),

ruling_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_rulings as meanings on book.value = meanings.value
    where book.code_list = 'rulings'
)

insert into staging.charges (
    department_defined_charge_id,
    charge_code,
    accepted_by_magistrate_code,
    ruling_code
)
select
    records.charge_no,
    coalesce(charge_codes.code, 0),
    staging.parse_boolean(records.accepted_by_magistrate)::int,
    coalesce(ruling_codes.code, 0)
from etl.rms_charges as records
left join charge_codes on staging.normalise_text(records.charge) = charge_codes.spelling
left join ruling_codes on staging.normalise_text(records.ruling) = ruling_codes.spelling
order by records.row_id;
