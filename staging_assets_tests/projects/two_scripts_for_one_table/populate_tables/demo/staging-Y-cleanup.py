def main(pgw):
    pass
