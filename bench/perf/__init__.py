"""What takes how long beside what: `make perf`, or `python -m bench.perf [SUBJECT …]`.

A subject is a module of `bench.perf.subjects` with one function, `subject(folder) -> Subject`:
contestants that do comparable work in turn, round after round, so that whatever else the machine
does falls on all of them alike, and gates on ratios of their times. It is named in
`bench/perf/registry.py` and runs in a process of its own. Nothing is ever compared with a time
that was measured earlier or elsewhere; this is why no pyperf stands here, which runs one
benchmark to its end before the next begins.
"""
