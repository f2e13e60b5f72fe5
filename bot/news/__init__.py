"""What single people are told of what is theirs: pull requests, reviews, commits and issues."""
