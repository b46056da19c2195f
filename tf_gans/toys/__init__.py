"""The small problems, one package each, each with the same six modules.

`data` is what is learned, `networks` the pair, `recipes` the set-ups, `metrics`
how good the samples are, `probe` what is measured while it trains, and
`picture` what is drawn. A package itself has the names of the first three.
"""
