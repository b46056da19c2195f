"""Every speed that the README states, as a ratio measured in one run.

    python -m benchmarks                 all claims; leave the machine alone
    python -m benchmarks loop process    these two
    python -m benchmarks loop --quick    once over, to see whether it runs

A claim is a module with a `run(quick)` that returns rows of the table. The
competitors take turns, each in a process of its own, and the table shows their
medians; speeds drift with a machine's other work, ratios much less. Everything
is measured on the CPU, but for `python -m benchmarks gpu`, which is none of the
claims and is run where there is a GPU.
"""
