"""A script read as psql reads it: what comes out is SQL alone, which knows where it is written.

psql's own language is taken away here: included files stand where they are included, variables
have their values, and the rows of COPY ... FROM STDIN are kept beside the text. So everything
that comes after this knows nothing of it. What cannot be done without psql is refused.
"""

from staging_assets.project.scripts.psql.files import Included
from staging_assets.project.scripts.psql.output import Output
from staging_assets.project.scripts.psql.reader import read_as_psql
from staging_assets.project.scripts.psql.values import Values, is_variable_name

__all__ = ["Included", "Output", "Values", "is_variable_name", "read_as_psql"]
