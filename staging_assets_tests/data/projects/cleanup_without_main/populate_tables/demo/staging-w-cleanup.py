async def main(pgw):
    pass
