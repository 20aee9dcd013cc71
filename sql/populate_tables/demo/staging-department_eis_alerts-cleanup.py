"""A note on every alert: which one of the officer's it is, and how long after the one before.

With pandas where that is installed, in SQL where it is not; the notes are the same.
"""

try:
    import pandas
except ImportError:
    pandas = None

IN_SQL = """
update staging.department_eis_alerts as alerts
set notes = numbered.note
from (
    select
        eis_alert_id,
        'alert ' || row_number() over (officer_alerts) || ' of ' || count(*) over (partition by officer_id)
        || coalesce(
            ', '
            || date_created::date - lag(date_created::date) over (officer_alerts)
            || ' days after the last',
            ''
        ) as note
    from staging.department_eis_alerts
    window officer_alerts as (partition by officer_id order by date_created, eis_alert_id)
) as numbered
where alerts.eis_alert_id = numbered.eis_alert_id
"""

FROM_FRAME = """
update staging.department_eis_alerts as alerts
set notes = numbered.note
from staging.eis_alert_notes as numbered
where alerts.eis_alert_id = numbered.eis_alert_id
"""


def write_notes(alerts):
    """The notes of a frame of alerts (eis_alert_id, officer_id, day), as a frame with a note."""
    alerts = alerts.sort_values(["officer_id", "moment", "eis_alert_id"])
    officers = alerts.groupby("officer_id")
    number = officers.cumcount() + 1
    total = officers["eis_alert_id"].transform("count")
    days = officers["day"].diff().dt.days
    note = "alert " + number.astype(str) + " of " + total.astype(str)
    since = ", " + days.fillna(0).astype(int).astype(str) + " days after the last"
    alerts["note"] = note + since.where(days.notna(), "")
    return alerts[["eis_alert_id", "note"]]


def main(pgw):
    """Writes the notes."""
    if pandas is None:
        pgw.execute(IN_SQL)
        return
    rows = pgw.execute("""
        select
            eis_alert_id,
            officer_id,
            date_created
        from staging.department_eis_alerts
    """)
    alerts = pandas.DataFrame(
        [tuple(row) for row in rows], columns=["eis_alert_id", "officer_id", "moment"]
    )
    alerts["moment"] = pandas.to_datetime(alerts["moment"])
    alerts["day"] = alerts["moment"].dt.normalize()
    write_notes(alerts).to_sql(
        "eis_alert_notes", pgw.engine, schema="staging", if_exists="replace", index=False
    )
    pgw.execute(FROM_FRAME)
    pgw.execute("drop table staging.eis_alert_notes")
