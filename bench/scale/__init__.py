"""Past one machine: what it is measured with. `python -m bench.scale --help` lists the measures."""
