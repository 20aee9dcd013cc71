def main(pgw):
    '''Not about staging.c.'''
    pgw.execute('update staging.a set id = 1 where id in (select id from staging.b join etl.q using (id))')
