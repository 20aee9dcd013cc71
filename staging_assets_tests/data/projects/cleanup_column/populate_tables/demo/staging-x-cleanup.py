def main(pgw):
    pgw.execute('update staging.x set id = 1')
