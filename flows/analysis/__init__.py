"""Pure computations that families share."""
