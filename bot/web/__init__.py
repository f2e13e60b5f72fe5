"""The status page: every run, its report and the flows there are, in a browser and as JSON."""
