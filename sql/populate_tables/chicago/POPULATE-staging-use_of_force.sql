-- Use of force, one row for each Tactical Response Report (one officer, one event, one subject).
--
-- Sources: etl.trr_main (every report), staging.people (the subject), etl.trr_subjects,
-- etl.trr_actions_responses (folded into the strongest force and two lists),
-- etl.trr_subject_weapons and etl.trr_weapon_discharges (folded into lists).
-- Rules:
--   1. The type is that of the officer's strongest action, by the source's action_sub_category
--      (6.0 firearm ... 0.0 presence).
--   2. 135 reports repeat officer, subject and event of another. They stay: each is a report of its own.
--   3. The age of the subject stays when it is 0 to 120 and fits the year of birth to a year; in ten
--      reports it does not, and becomes null.
--   4. Free text (other_description, weapon_description) is not taken.

insert into staging.use_of_force (
    event_id,
    department_defined_use_of_force_id,
    use_of_force_type_code,
    in_response_to_resisting_arrest,
    suspect_injury,
    suspect_person_id,
    suspect_age_at_arrest,
    suspect_race_code,
    suspect_ethnicity_code,
    suspect_gender_code,
    subject_action_narrative,
    additional_factors_narrative,
    state_discharge_narrative,
    subject_injuries_narrative,
    event_datetime,
    officer_id
)
with force_types as (
    select
        force_type,
        value
    from (
        values
        ('Firearm', 'Firearm'),
        ('Taser', 'Taser'),
        ('Impact Weapon', 'Less lethal weapon'),
        ('Chemical', 'Less lethal weapon'),
        ('Chemical (Authorized)', 'Less lethal weapon'),
        ('Other', 'Less lethal weapon'),
        ('Physical Force - Direct Mechanical', 'Physical force'),
        ('Physical Force - Stunning', 'Physical force'),
        ('Physical Force - Holding', 'Physical force'),
        ('Taser Display', 'Taser displayed'),
        ('Other Force', 'Other force'),
        ('Verbal Commands', 'Presence or words only'),
        ('Member Presence', 'Presence or words only')
    ) as force_type_values (force_type, value)
),

actions as (
    select
        trr_actions_responses.trr_id,
        max(trr_actions_responses.action_sub_category || trr_actions_responses.force_type) as strongest,
        bool_or(trr_actions_responses.resistance_type <> 'Passive Resister') filter (
            where trr_actions_responses.person = 'Subject Action'
        ) as resisted,
        string_agg(distinct lower(btrim(trr_actions_responses.action)), '; ') filter (
            where trr_actions_responses.person = 'Subject Action'
        ) as subject_actions
    from etl.trr_actions_responses
    group by trr_actions_responses.trr_id
),

weapons as (
    select
        trr_subject_weapons.trr_id,
        string_agg(distinct lower(trr_subject_weapons.weapon_type), '; ') as weapons
    from etl.trr_subject_weapons
    group by trr_subject_weapons.trr_id
),

discharges as (
    select
        trr_weapon_discharges.trr_id,
        string_agg(
            distinct concat_ws(
                ', ',
                lower(trr_weapon_discharges.weapon_type),
                'shots: ' || split_part(trr_weapon_discharges.total_number_of_shots, '.', 1),
                'distance: ' || lower(trr_weapon_discharges.discharge_distance),
                'struck: ' || lower(trr_weapon_discharges.object_struck_of_discharge)
            ),
            '; '
        ) as discharges
    from etl.trr_weapon_discharges
    group by trr_weapon_discharges.trr_id
)

select
    events_hub.event_id,
    trr_main.trr_id as department_defined_use_of_force_id,
    coalesce(lookup_use_of_force_type.code, 0) as use_of_force_type_code,
    actions.resisted as in_response_to_resisting_arrest,
    trr_subjects.injured = 'Yes' as suspect_injury,
    people.person_id as suspect_person_id,
    case
        when
            split_part(trr_subjects.age, '.', 1)::int between 0 and 120
            and abs(
                extract(year from trr_main.trr_date::date)::int
                - split_part(trr_subjects.birth_year, '.', 1)::int
                - split_part(trr_subjects.age, '.', 1)::int
            ) <= 1
            then split_part(trr_subjects.age, '.', 1)::int
    end as suspect_age_at_arrest,
    people.race_code as suspect_race_code,
    people.ethnicity_code as suspect_ethnicity_code,
    people.gender_code as suspect_gender_code,
    actions.subject_actions as subject_action_narrative,
    'subject armed with: ' || weapons.weapons as additional_factors_narrative,
    discharges.discharges as state_discharge_narrative,
    case
        when trr_subjects.injured = 'Yes'
            then 'injured'
        when trr_subjects.alleged_injury = 'Yes'
            then 'says to be injured'
    end as subject_injuries_narrative,
    events_hub.event_datetime,
    events_hub.officer_id
from etl.trr_main
inner join staging.events_hub
    on md5('trr_main/' || trr_main.trr_id)::uuid = events_hub.department_source_id_hashed
left join etl.trr_subjects
    on trr_main.trr_id = trr_subjects.trr_id
left join staging.people
    on
        people.source = 'trr_subjects'
        and split_part(trr_subjects.subject_id, '.', 1) = people.department_defined_person_id
left join actions
    on trr_main.trr_id = actions.trr_id
left join force_types
    on substr(actions.strongest, 4) = force_types.force_type
left join staging.lookup_use_of_force_type
    on force_types.value = lookup_use_of_force_type.value
left join weapons
    on trr_main.trr_id = weapons.trr_id
left join discharges
    on trr_main.trr_id = discharges.trr_id
order by events_hub.event_id;
