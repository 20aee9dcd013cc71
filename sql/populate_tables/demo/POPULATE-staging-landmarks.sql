-- Every landmark of the map; nothing is left out.
with kind_codes as (
    select
        book.spelling,
        types.code
    from etl.code_book as book
    inner join staging.lookup_landmark_types as types on book.value = types.value
    where book.code_list = 'landmark_types'
)

insert into staging.landmarks (landmark_id, landmark_type_code, latitude, longitude, address_id)
select
    landmarks.landmark_no,
    coalesce(kind_codes.code, 0),
    landmarks.latitude,
    landmarks.longitude,
    addresses.address_id
from etl.gis_landmarks as landmarks
left join kind_codes on staging.normalise_text(landmarks.kind) = kind_codes.spelling
left join staging.addresses as addresses on landmarks.address_ref = addresses.department_defined_reference_id
order by landmarks.landmark_no;
