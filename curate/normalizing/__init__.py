"""Rules of normalisation: tables of characters, what Unicode says of them, and the loops that apply them."""
