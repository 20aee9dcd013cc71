"""Put the new in the place of the old in one short transaction, and lose nothing."""
