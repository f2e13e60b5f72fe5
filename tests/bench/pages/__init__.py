"""A second folder of flows, which the benchmark adds to the catalogue of its own processes."""
