def clean(pgw):
    pass
