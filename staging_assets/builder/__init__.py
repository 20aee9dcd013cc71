"""One node: decide whether it is built, make it, check it, hand it to the publisher."""
