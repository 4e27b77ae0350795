"""The checks of `seimai doctor` that belong to no stage."""
