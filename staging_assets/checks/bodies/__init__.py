"""Functions whose bodies cannot work: found before anybody calls them."""
