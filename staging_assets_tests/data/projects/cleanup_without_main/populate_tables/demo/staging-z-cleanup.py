def main(pgw):
    print 'old'
