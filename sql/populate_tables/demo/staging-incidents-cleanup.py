"""The policy in question in one spelling, worked out in Python for each policy that is written."""

def clean(policy):
    """The spelling of a policy: "USE  OF FORCE" is "Use of force", and nothing is unspecified."""
    words = (policy or "").split()
    if not words:
        return "Unspecified"
    lowered = [word.lower() for word in words]
    return " ".join([lowered[0].capitalize(), *lowered[1:]])


def main(pgw):
    """Reads the policies as they are written, and updates the rows of each."""
    # Quoted by the server: a value may hold anything.
    rows = pgw.execute("""
        select distinct
            department_defined_policy_violated,
            quote_nullable(department_defined_policy_violated)
        from staging.incidents
    """)
    for policy, quoted in rows:
        cleaned = clean(policy).replace("'", "''")
        pgw.execute(f"""
            update staging.incidents
            set department_defined_policy_violated_cleaned = '{cleaned}'
            where department_defined_policy_violated is not distinct from {quoted}
        """)
