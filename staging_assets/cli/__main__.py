"""`python -m staging_assets.cli`."""

import sys

from staging_assets.cli import main

sys.exit(main())
