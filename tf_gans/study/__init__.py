"""The comparison: recipes under one budget, each with several settings.

What "Are GANs created equal?" does, at any size: settings are drawn from ranges
(`space`), listed as trainings (`plan`), trained and scored (`training`) by
several processes (`pool`) and kept as one line each (`records`); the figures
and the table are made of those lines (`summary`, `figures`).
"""
