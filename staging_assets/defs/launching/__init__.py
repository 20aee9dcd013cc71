"""How runs come to workers on other machines."""
