"""One module a subject; see `bench.perf`."""
