"""What the lines of a comparison say: budgets, best settings, intervals.

Loads no TensorFlow.
"""

import numpy as np

BOOTSTRAPS = 5000  # as in the published comparison


def best_of(values, budget, lower_is_better=True, seed=0):
    """What the best of a number of samples is, were they drawn again.

    Args:
        values: the scores of a member's samples, numbers or None for one that
            failed.
        budget: int. Samples that are drawn, with replacement.
        lower_is_better: bool.
        seed: int.

    Returns:
        The mean and the ends of the interval of 95 %; None where most draws
        have no sample that did not fail.

    Reference:
    - [Lucic et al., 2018](https://arxiv.org/abs/1711.10337), section 6.1
    """
    worst = np.inf if lower_is_better else -np.inf
    values = np.array([worst if v is None else v for v in values], float)
    generator = np.random.default_rng((seed, budget))
    drawn = generator.choice(values, (BOOTSTRAPS, budget))
    best = drawn.min(axis=1) if lower_is_better else drawn.max(axis=1)
    found = best[np.isfinite(best)]
    if len(found) < BOOTSTRAPS / 2:
        return None
    low, high = np.percentile(found, (2.5, 97.5))
    return float(found.mean()), float(low), float(high)


def searched(rows, gan, study):
    """The rows of a member's search, by their sample."""
    own = [
        row
        for row in rows
        if row["gan"] == gan and row["seed"] == study["seed"]
    ]
    return sorted(own, key=lambda row: row["sample"])


def best_row(rows, score="fid", lower_is_better=True):
    """The row with the best score, or None if all have failed."""
    scored = [row for row in rows if row[score] is not None]
    if not scored:
        return None
    choose = min if lower_is_better else max
    return choose(scored, key=lambda row: row[score])


def repeated(rows, best):
    """The rows of the same settings with all seeds."""
    return [
        row
        for row in rows
        if row["gan"] == best["gan"] and row["sample"] == best["sample"]
    ]


def mean_and_deviation(values):
    """As text: the mean and the standard deviation, of several."""
    values = [value for value in values if value is not None]
    if not values:
        return "none"
    if len(values) == 1:
        return f"{values[0]:.3g}"
    return f"{np.mean(values):.3g} ± {np.std(values, ddof=1):.2g}"


def table(rows, study, baseline):
    """The comparison's table, in Markdown.

    Args:
        rows: dicts, the lines.
        study: dict, the comparison's settings.
        baseline: dict, what real images score.
    """
    manifold = any(row.get("f1") is not None for row in rows)
    head = ["model", "FID of the authors' settings", "best FID", "its settings"]
    head += ["best F1", "precision", "recall"] if manifold else []
    head += ["failed"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for gan in study["gans"]:
        own = searched(rows, gan, study)
        best = best_row(own)
        if not own:
            continue
        default = own[0]["fid"] if own[0]["sample"] == 0 else None
        failed = sum(row["fid"] is None for row in own)
        cells = [gan, "failed" if default is None else f"{default:.3g}"]
        if best is None:
            cells += ["none", ""]
        else:
            again = repeated(rows, best)
            cells += [
                mean_and_deviation([row["fid"] for row in again]),
                _settings(best["settings"]),
            ]
        if manifold:
            top = best_row(own, "f1", lower_is_better=False)
            cells += (
                [f"{top[name]:.3f}" for name in ("f1", "precision", "recall")]
                if top
                else ["none", "", ""]
            )
        cells.append(f"{failed} of {len(own)}")
        lines.append("| " + " | ".join(cells) + " |")
    cells = ["real images", "", f"{baseline['fid']:.3g}", ""]
    if manifold:
        cells += [
            f"{baseline[name]:.3f}" for name in ("f1", "precision", "recall")
        ]
    lines.append("| " + " | ".join([*cells, ""]) + " |")
    return "\n".join(lines) + "\n"


def _settings(settings):
    return ", ".join(
        f"{name.replace('_', ' ')} {value:g}"
        if not isinstance(value, bool)
        else f"{'with' if value else 'without'} {name.replace('_', ' ')}"
        for name, value in settings.items()
    )
