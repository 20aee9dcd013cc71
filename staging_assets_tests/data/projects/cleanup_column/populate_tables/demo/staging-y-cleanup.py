def main(pgw):
    pgw.execute('alter table staging.y add column cleaned text')
