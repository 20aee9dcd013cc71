\copy x
