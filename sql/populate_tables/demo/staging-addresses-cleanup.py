"""One spelling for cities, and the hundreds block of every address: SQL alone, through pgw."""

BLANK_CITIES = """
update staging.addresses
set city = null
where btrim(city) = ''
"""

# A city that is one letter away by a common slip, and the case of the rest.
CITIES = """
update staging.addresses
set
    city = case upper(btrim(city))
        when 'SPRINGFEILD' then 'Springfield'
        else initcap(btrim(city))
    end
where city is not null
"""

# "1234 N OAK ST" lies in the 1200 block of N OAK ST.
BLOCKS = r"""
update staging.addresses
set
    hundreds_block = regexp_replace(
        street_address,
        '^([0-9]*)([0-9]{2}) (.*)$',
        '\100 BLOCK OF \3'
    )
where street_address ~ '^[0-9]{3,} '
"""

# The first hundred of a street has no digits left of the last two.
FIRST_BLOCKS = r"""
update staging.addresses
set hundreds_block = regexp_replace(street_address, '^[0-9]{1,2} ', '0 BLOCK OF ')
where street_address ~ '^[0-9]{1,2} '
"""


def main(pgw):
    """Runs the statements in order; together they are one transaction."""
    for statement in (BLANK_CITIES, CITIES, BLOCKS, FIRST_BLOCKS):
        pgw.execute(statement)
