"""The model of a folder of scripts: what `load_project` gives and everything else reads.

`project` is the folder with its tables, procedures and cleanups; `lookups` the rows of the YAML;
`csv` how CSV files are written; `content` what decides what a node contains; `wording` how counts
and lists are said.
"""

from staging_assets.model.content import Content, SourceMode, SourceRule, find_rule
from staging_assets.model.csv import CsvFormat, CsvOptions
from staging_assets.model.folders import ScriptFolders, ScriptPlaces
from staging_assets.model.lookups import Cell, Lookup, Number
from staging_assets.model.names import (
    ETL,
    SCHEMA_NODE,
    STAGING,
    Kind,
    Node,
    Relation,
    SchemaNames,
    cleanup_node,
    procedures_node,
)
from staging_assets.model.numbers import find_number, find_value, is_of_sixty
from staging_assets.model.project import (
    CheckDeclaration,
    Circle,
    Cleanup,
    Column,
    ColumnSource,
    Procedures,
    StagingConfig,
    StagingProject,
    Table,
)
from staging_assets.model.scripts import CopyData, Origin, Script
from staging_assets.model.wording import list_some, say

__all__ = [
    "ETL",
    "SCHEMA_NODE",
    "STAGING",
    "Cell",
    "CheckDeclaration",
    "Circle",
    "Cleanup",
    "Column",
    "ColumnSource",
    "Content",
    "CopyData",
    "CsvFormat",
    "CsvOptions",
    "Kind",
    "Lookup",
    "Node",
    "Number",
    "Origin",
    "Procedures",
    "Relation",
    "SchemaNames",
    "Script",
    "ScriptFolders",
    "ScriptPlaces",
    "SourceMode",
    "SourceRule",
    "StagingConfig",
    "StagingProject",
    "Table",
    "cleanup_node",
    "find_number",
    "find_rule",
    "find_value",
    "is_of_sixty",
    "list_some",
    "procedures_node",
    "say",
]
