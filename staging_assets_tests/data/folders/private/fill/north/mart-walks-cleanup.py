import pg_tools  # noqa: F401


def main(pgw):
    pgw.execute("update mart.walks set long_walk = minutes > 60")
