"""What channels are told of the things that they follow: pure, one module for each kind."""
