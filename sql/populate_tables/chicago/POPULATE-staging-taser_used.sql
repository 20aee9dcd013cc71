-- Force reports in which a taser was discharged, one row each.
--
-- Sources: etl.trr_main (its taser flag), etl.trr_weapon_discharges (weapon TASER, or OTHER with a
-- description that says a taser or a contact stun). A report counts when either says so.
-- Left out: reports without taser, and those where it was only shown (laser, spark display).
-- Several discharges of one report are one row. How many probes hit, and whether they went
-- through the skin, is not in the delivery: null.

insert into staging.taser_used (
    event_id,
    department_defined_taser_id,
    subject_action_narrative,
    state_discharge_narrative,
    subject_injuries_narrative
)
with discharges as (
    select
        trr_weapon_discharges.trr_id,
        string_agg(
            distinct case
                when trr_weapon_discharges.weapon_type = 'OTHER (SPECIFY)'
                    then 'contact stun or other'
                else lower(trr_weapon_discharges.weapon_type)
            end,
            '; '
        ) as discharges
    from etl.trr_weapon_discharges
    where
        trr_weapon_discharges.weapon_type like 'TASER%'
        or (
            trr_weapon_discharges.weapon_type_description ~ 'TASER|CONTACT STUN'
            and trr_weapon_discharges.weapon_type_description !~ 'SPARK'
        )
    group by trr_weapon_discharges.trr_id
)

select
    use_of_force.event_id,
    use_of_force.department_defined_use_of_force_id as department_defined_taser_id,
    use_of_force.subject_action_narrative,
    coalesce(discharges.discharges, 'no discharge record') as state_discharge_narrative,
    use_of_force.subject_injuries_narrative
from staging.use_of_force
inner join etl.trr_main
    on use_of_force.department_defined_use_of_force_id = trr_main.trr_id
left join discharges
    on trr_main.trr_id = discharges.trr_id
where
    trr_main.taser = '1'
    or discharges.trr_id is not null
order by use_of_force.event_id;
