def main(pgw):
    pgw.execute("UPDATE staging.people SET race_code = 1")
