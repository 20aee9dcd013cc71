"""Chicago's rows counted again from the CSV files, by pandas: what the accounting must say.

Nothing here is taken from the SQL scripts but the names of tables and reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pandas as pd

Reasons = dict[str, int]
Line = tuple[int, Reasons]
"""Rows read, and rows left out by reason (those with rows only)."""
Again = tuple[str, Sequence[str]]
"""The reason for a row whose values in the columns were there already."""

NO_UID = "dropped: no uid"
SAME_UID = "merged: the same uid again"
ACCUSED = "merged: its accusations are the rows"
TO_REPORT = "merged: into the row of its report"
TO_COMPLAINT = "merged: into the rows of its complaint"
NO_STREET = "dropped: no street"


class Recount:
    """The accounting of Chicago's files by target and source: `lines`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.read = cache(self._read)
        self.lines: dict[tuple[str, str], Line] = {}
        for count in (
            self._officers,
            self._roles,
            self._units,
            self._positions,
            self._people,
            self._complaints,
            self._awards,
            self._force,
            self._addresses,
        ):
            count()

    def _read(self, name: str) -> pd.DataFrame:
        frame = pd.read_csv(self._folder / f"{name}.csv.gz", dtype=str, keep_default_na=False)
        for column in ("uid", "unit", "current_unit", "subject_id"):
            if column in frame:
                frame[column] = frame[column].str.removesuffix(".0")
        return frame

    def _note(
        self, target: str, source: str, *tests: tuple[str, pd.Series], again: Again | None = None
    ) -> None:
        """Give each row the first reason that holds; `again` is for the rows that are left."""
        rest = pd.Series(True, index=self.read(source).index)
        reasons: Reasons = {}
        for reason, holds in tests:
            reasons[reason] = int((rest & holds).sum())
            rest &= ~holds
        if again:
            reason, columns = again
            reasons[reason] = int(self.read(source)[rest].duplicated(list(columns)).sum())
        self.lines[target, source] = (
            len(rest),
            {reason: rows for reason, rows in reasons.items() if rows},
        )

    def _officers(self) -> None:
        officers = self.read("officers")
        for target in ("officers_hub", "officer_characteristics", "people"):
            self._note(target, "officers", again=(SAME_UID, ["uid"]))
        genders = officers.set_index("uid")["gender"]
        for roster in ("roster_2017_04", "roster_2018_03"):
            rows = self.read(roster)
            agrees = (rows["gender"] == "") | (rows["gender"] == rows["uid"].map(genders))
            self._note(
                "officer_characteristics",
                roster,
                (NO_UID, rows["uid"] == ""),
                ("merged: says what the profile says, or nothing", agrees),
            )

    def _roles(self) -> None:
        spells = self.read("unit_history")
        start = pd.to_datetime(spells["unit_start_date"])
        days = (pd.to_datetime(spells["unit_end_date"]) - start).dt.days
        self._note(
            "officer_roles",
            "unit_history",
            ("dropped: no unit", spells["unit"] == ""),
            ("dropped: ends more than a day before it starts", days < -1),
            ("dropped: ends the day before it starts", days == -1),
            again=(
                "merged: the same officer, unit and start again",
                ["uid", "unit", "unit_start_date"],
            ),
        )
        pay = self.read("salary")
        graded = pay[pay["pay_grade"] != ""].sort_values(["uid", "year"])
        before = graded.groupby("uid")[["rank", "pay_grade"]].shift()
        same = (graded[["rank", "pay_grade"]] == before).all(axis=1)
        self._note(
            "officer_roles",
            "salary",
            ("dropped: no pay grade", pay["pay_grade"] == ""),
            (
                "merged: rank and pay grade of the year before",
                same.reindex(pay.index, fill_value=False),
            ),
        )
        for roster in ("roster_2017_04", "roster_2018_03"):
            missing = (NO_UID, self.read(roster)["uid"] == "")
            self._note("officer_roles", roster, missing, again=(SAME_UID, ["uid"]))
        officers, reports = self.read("officers"), self.read("trr_officers")
        rostered = set(self.read("roster_2017_04")["uid"]) | set(self.read("roster_2018_03")["uid"])
        self._note(
            "officer_roles",
            "officers",
            ("merged: a roster has the officer", officers["uid"].isin(rostered)),
            (
                "dropped: neither rank nor unit",
                officers["current_rank"] + officers["current_unit"] == "",
            ),
        )
        self._note(
            "officer_roles",
            "trr_officers",
            (NO_UID, reports["uid"] == ""),
            ("dropped: no rank", reports["rank"] == ""),
            again=("merged: a later report in the same rank", ["uid", "rank"]),
        )

    def _units(self) -> None:
        units, reports = self.read("units"), self.read("trr_main")
        self._note(
            "police_groups", "units", again=("merged: a further name of a unit number", ["unit"])
        )
        used = set(self.read("officers")["current_unit"])
        used |= set(self.read("roster_2017_04")["current_unit"])
        used = used.union(
            *(
                self.read(name)["unit"]
                for name in ("unit_history", "roster_2018_03", "trr_officers")
            )
        ) - {""}
        listed = {"merged: is in units": len(used & set(units["unit"]))}
        self.lines["police_groups", "unit numbers in use"] = (len(used), listed)
        self.lines["police_groups", "the department"] = (1, {})
        districts = units["description_roster_2017_04"].str.fullmatch(r"DISTRICT \d{3}")
        inside = (reports["beat"].astype(int) // 100).astype(str).isin(units["unit"][districts])
        self._note(
            "patrol_divisions",
            "trr_main",
            ("dropped: beat 0, unknown", reports["beat"] == "0"),
            ("dropped: a beat of no district", ~inside),
            again=("merged: a beat that is there already", ["beat"]),
        )

    def _positions(self) -> None:
        known: set[str] = {"UNK"}
        for source in ("roster_2017_04", "awards", "roster_2018_03"):
            rows = self.read(source)
            jobs = rows["rank_no" if "rank_no" in rows else "rank"].str.split("-").str[0]
            there = jobs.isin(known) | jobs.duplicated()
            self._note(
                "organization_chart",
                source,
                ("dropped: number UNK", jobs == "UNK"),
                ("merged: a position that is there already", there),
            )
            known |= set(jobs)

    def _people(self) -> None:
        self._note(
            "people",
            "trr_subjects",
            again=("merged: a further report on the same subject", ["subject_id"]),
        )
        for source in ("complaint_complainants", "complaint_victims"):
            rows = self.read(source)
            self._note(
                "people",
                source,
                (
                    "dropped: no such complaint",
                    ~rows["cr_id"].isin(self.read("complaints")["cr_id"]),
                ),
                again=(
                    "merged: an equal row of the same complaint",
                    ["cr_id", "birth_year", "age", "gender", "race"],
                ),
            )
        self._note(
            "people",
            "complaint_investigators",
            ("merged: is there as an officer", self.read("complaint_investigators")["uid"] != ""),
            again=("merged: a further case of the same investigator", ["investigator_id"]),
        )

    def _complaints(self) -> None:
        complaints, accusations = self.read("complaints"), self.read("complaint_accused")
        accused = complaints["cr_id"].isin(accusations["cr_id"])
        investigated = self.read("complaint_investigators")["cr_id"]
        again = ("merged: the same officer and complaint again", ["uid", "cr_id"])
        for target in ("events_hub", "complaints", "incidents"):
            self._note(target, "complaint_accused", again=again)
            self._note(target, "complaints", (ACCUSED, accused))
        undecided = (accusations["final_finding"] == "") & accusations["final_outcome"].isin(
            ["", "Unknown"]
        )
        self._note(
            "internal_affairs_investigations",
            "complaint_accused",
            (
                "dropped: no finding, no outcome, no investigator",
                undecided & ~accusations["cr_id"].isin(investigated),
            ),
        )
        self._note(
            "internal_affairs_investigations",
            "complaints",
            (ACCUSED, accused),
            ("dropped: no investigator", ~complaints["cr_id"].isin(investigated)),
        )
        for source in ("complaint_details", "complaint_investigators"):
            there = self.read(source)["cr_id"].isin(complaints["cr_id"])
            self._note("incidents", source, (TO_COMPLAINT, there))

    def _awards(self) -> None:
        awards, officers = self.read("awards"), self.read("officers")
        uid = pd.Series("", index=awards.index)
        shared = pd.Series(False, index=awards.index)
        for key in ("officer_key", "officer_key_nb"):
            holders = officers[officers[key] != ""].groupby(key)["uid"].agg(["size", "first"])
            size = awards[key].map(holders["size"])
            uid = uid.mask((uid == "") & (size == 1), awards[key].map(holders["first"]))
            shared |= size > 1
        final = awards["current_award_status"] == "FINAL"
        repeated = awards.assign(owner=uid)[final & (uid != "")].duplicated(["award_id", "owner"])
        for target in ("events_hub", "officer_compliments"):
            self._note(
                target,
                "awards",
                ("dropped: not FINAL", ~final),
                ("dropped: several officers have the key", (uid == "") & shared),
                ("dropped: no officer has the key", uid == ""),
                (
                    "merged: the same officer and award again",
                    repeated.reindex(awards.index, fill_value=False),
                ),
            )

    def _force(self) -> None:
        reports, statuses = self.read("trr_main"), self.read("trr_statuses")
        for target in ("events_hub", "incidents", "use_of_force"):
            self._note(target, "trr_main")
        self._note(
            "incidents",
            "trr_statuses",
            ("dropped: no such report", ~statuses["trr_id"].isin(reports["trr_id"])),
            (TO_REPORT, statuses["status"] == "SUBMITTED"),
            ("dropped: a review or approval", statuses["status"] != ""),
        )
        for part in ("subjects", "actions_responses", "subject_weapons", "weapon_discharges"):
            there = self.read(f"trr_{part}")["trr_id"].isin(reports["trr_id"])
            self._note("use_of_force", f"trr_{part}", (TO_REPORT, there))
        discharges = self.read("trr_weapon_discharges")
        by_hand = discharges["weapon_type_description"]
        fired = discharges["weapon_type"].str.startswith("TASER") | (
            by_hand.str.contains("TASER|CONTACT STUN") & ~by_hand.str.contains("SPARK")
        )
        self._note(
            "taser_used",
            "trr_weapon_discharges",
            (TO_REPORT, fired),
            ("dropped: another weapon, or only shown", ~fired),
        )
        used = (reports["taser"] == "1") | reports["trr_id"].isin(discharges["trr_id"][fired])
        self._note("taser_used", "trr_main", ("dropped: no taser discharged", ~used))
        unhurt = self.read("trr_officers")["injured"] != "Yes"
        self._note("officer_injury", "trr_officers", ("dropped: not injured", unhurt))

    def _addresses(self) -> None:
        complaints = self.read("complaints")
        full, street = complaints["full_address"].str.strip(), complaints["add2"].str.strip()
        named = {
            "complaint_details": self.read("complaint_details")["street_name"].str.strip() != "",
            "complaints": (full != "") & (full != "UNKNOWN") | (street != ""),
            "trr_main": self.read("trr_main")["street"].str.strip() != "",
        }
        places = pd.concat(
            find_places(self.read(source))[there].assign(source=source)
            for source, there in named.items()
        )
        again = places.duplicated(["street", "second", "city", "state"])
        for source, there in named.items():
            known = again[places["source"] == source].reindex(there.index, fill_value=False)
            unknown = (full == "UNKNOWN") if source == "complaints" else ~there & False
            self._note(
                "addresses",
                source,
                ("dropped: says UNKNOWN", unknown & ~there),
                (NO_STREET, ~there),
                ("merged: a place that is there already", known),
            )


def find_places(rows: pd.DataFrame) -> pd.DataFrame:
    """Find the place of each row of complaint_details, complaints or trr_main, tidied."""
    blank = pd.Series("", index=rows.index)
    if "block" in rows:
        inside = rows["beat"] != "0"
        parts = (rows["block"].replace("XX", ""), rows["direction"].str[:1], rows["street"])
        city, state, second = blank.mask(inside, "CHICAGO"), blank.mask(inside, "IL"), blank
    elif "street_name" in rows:
        direction = rows["street_direction"].replace("?", "").str[:1]
        house = rows["address_number"].str.removesuffix(".0").replace("0", "")
        parts = (house, direction, rows["street_name"])
        city, second = rows["city"], rows["apartment_no"]
        state = rows["state"].map(lambda name: STATES.get(name, ""))
    else:
        house = rows["add1"].where(rows["add1"].str.fullmatch(r"0*[1-9]\d*"), "").str.lstrip("0")
        full = rows["full_address"].str.strip()
        parts = (full.mask(full == "", house + " " + rows["add2"]),)
        cities = {text: read_city(text) for text in rows["city"].unique()}
        city = rows["city"].map(lambda text: cities[text][0])
        state, second = rows["city"].map(lambda text: cities[text][1]), blank
    street = parts[0]
    for part in parts[1:]:
        street = street + " " + part
    city = tidy(city).replace(["CHG", "CHGO", "CHICGO"], "CHICAGO").replace("0", "")
    columns = {"street": tidy(street), "second": tidy(second), "city": city, "state": state}
    return pd.DataFrame(columns)


def tidy(text: pd.Series) -> pd.Series:
    """Upper-case, and white space evened out."""
    return text.str.upper().str.split().str.join(" ")


def read_city(text: str) -> tuple[str, str]:
    """Read city and state from `CHICAGO IL 60628`; both empty where there is no state."""
    words = text.upper().split()
    for end in range(len(words), max(len(words) - 4, 0), -1):
        name, abbreviation = words[end - 1], STATES.get(words[end - 1], words[end - 1])
        if abbreviation in STATES.values() and name != "WASHINGTON":
            return " ".join(words[: end - 1]), abbreviation
    return "", ""


STATES = {
    "ALABAMA": "AL",
    "ALASKA": "AK",
    "ARIZONA": "AZ",
    "ARKANSAS": "AR",
    "CALIFORNIA": "CA",
    "COLORADO": "CO",
    "CONNECTICUT": "CT",
    "DISTRICT OF COLUMBIA": "DC",
    "FLORIDA": "FL",
    "GEORGIA": "GA",
    "HAWAII": "HI",
    "IDAHO": "ID",
    "ILLINOIS": "IL",
    "INDIANA": "IN",
    "IOWA": "IA",
    "KENTUCKY": "KY",
    "LOUISIANA": "LA",
    "MASSACHUSETTS": "MA",
    "MICHIGAN": "MI",
    "MINNESOTA": "MN",
    "MISSOURI": "MO",
    "NEVADA": "NV",
    "NEW JERSEY": "NJ",
    "NEW MEXICO": "NM",
    "NEW YORK": "NY",
    "OHIO": "OH",
    "OKLAHOMA": "OK",
    "PENNSYLVANIA": "PA",
    "SOUTH CAROLINA": "SC",
    "SOUTH DAKOTA": "SD",
    "TENNESSEE": "TN",
    "TEXAS": "TX",
    "VIRGINIA": "VA",
    "WASHINGTON": "WA",
    "WISCONSIN": "WI",
}
