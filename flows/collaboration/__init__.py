"""Keep what people say and decide."""
