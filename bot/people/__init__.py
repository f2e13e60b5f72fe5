"""People over all platforms, their time, and what they alone are told."""
