"""What a promotion asks: may schemas change places, which are kept, what was done before."""
