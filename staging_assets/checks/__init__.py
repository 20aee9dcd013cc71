"""Is it right? What checks there are, what they mean, and their evaluation."""

from staging_assets.checks.core.check import (
    Check,
    CheckResult,
    EvaluationContext,
    build_error,
    build_result,
)
from staging_assets.checks.evaluate import (
    Subject,
    answer_by_rows,
    evaluate_checks,
    evaluate_many,
)
from staging_assets.checks.kinds import KINDS
from staging_assets.checks.kinds.kind import CheckKind
from staging_assets.checks.kinds.whole_schema import FUNCTIONS_WORK
from staging_assets.checks.run import run_checks, run_given_checks
from staging_assets.checks.schema.coming_changes import find_coming_changes
from staging_assets.checks.schema.structure import (
    ColumnStructure,
    Structure,
    add_noted_keys,
    read_structures,
)
from staging_assets.checks.scripts.find import ScriptFaults, find_script_faults
from staging_assets.checks.suite import describe_check, find_checks, is_late

__all__ = [
    "FUNCTIONS_WORK",
    "KINDS",
    "Check",
    "CheckKind",
    "CheckResult",
    "ColumnStructure",
    "EvaluationContext",
    "ScriptFaults",
    "Structure",
    "Subject",
    "add_noted_keys",
    "answer_by_rows",
    "build_error",
    "build_result",
    "describe_check",
    "evaluate_checks",
    "evaluate_many",
    "find_checks",
    "find_coming_changes",
    "find_script_faults",
    "is_late",
    "read_structures",
    "run_checks",
    "run_given_checks",
]
