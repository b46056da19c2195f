"""A run's page: report.html, one file that needs neither network nor server.

It has what the run's directory has, in the order in which one asks: how good
the samples are, how they came to be, the losses, the film, how to go on, the
settings. Its program draws on canvases and as SVG; it is in `templates/`, and a
policy in the page's head forbids it to load anything.
"""

import base64
import html
import json
import math
import pathlib
import shlex

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.runs import cli, lines

FILE = "report.html"

MOST_FILM = 20 * 2**20  # bytes of a film that is put into the page
MOST_GRIDS = 40  # grids of samples,
MOST_GRID_BYTES = 8 * 2**20  # and bytes of all of them
MOST_POINTS = 600  # of a curve

_TEMPLATES = pathlib.Path(__file__).with_name("templates")
_STYLE = ("report.css",)
_PROGRAM = ("tools.js", "scenes.js", "charts.js", "report.js")
_NAMES = {
    "w1": "W1",
    "ks": "KS",
    "fid": "FID",
    "mean": "mean: error",
    "std": "standard deviation: error",
    "reverse_kl": "reverse KL",
    "a_w1": "W1 of a",
}
_KINDS = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".gif": "image/gif",
    ".png": "image/png",
}


def leave(training, session, summary=None):
    """Writes a run's page and says where it is.

    Whatever stands in its way is told in one line: the run is worth more.

    Args:
        training: the `Training`.
        session: its `Session`.
        summary: dict of JSON types, that of `summary.json`, or None where the
            training was stopped.
    """
    path = session.run.path / FILE
    try:
        files.write_text(path, make(training, session, summary))
    except UserError as error:
        cli.warn(f"{cli.program()}: {error}; all else is kept")
    except (OSError, MemoryError) as error:
        cli.warn(f"{cli.program()}: {path}: cannot be written: {error}")
    else:
        print(f"Report: {path}")


def make(training, session, summary=None):
    """The page's text; see `leave`."""
    run = session.run
    rows = lines.read(run.log_path)
    evaluations = session.evaluation.rows if session.evaluation else []
    scene = training.scene(session)
    grids = _grids(run.path)
    data = {
        "scene": scene,
        "grids": grids,
        "charts": _charts(session, rows, evaluations),
        "last": max(session.total_steps - 1, 1),
    }
    program = "\n".join(_template(name) for name in _PROGRAM)
    parts = {
        "title": _escaped(f"{training.name}: {run.path.resolve().name}"),
        "style": "\n".join(_template(name) for name in _STYLE),
        "headline": _headline(training, session, summary, evaluations),
        "scores": _scores(session, summary, evaluations),
        "stage": _stage(scene, grids),
        "pictures": _pictures(run.path),
        "film": _film(session),
        "commands": _commands(training, session),
        "settings": _table(_settings(run.config)),
        "versions": _table(_versions(run.path)),
        # Nothing in it may end the element that it stands in.
        "data": json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
        "program": program,
    }
    # In one pass, so that nothing of a part is taken for a place.
    text = _template("report.html").split("@@")
    return "".join(
        parts[piece] if i % 2 else piece for i, piece in enumerate(text)
    )


def _template(name):
    return (_TEMPLATES / name).read_text("utf-8")


# What is said ----------------------------------------------------------------


def _headline(training, session, summary, evaluations):
    """One line: how far the run is, and how good."""
    step, total = session.step, session.total_steps
    text = f"{step:,} steps"
    if step < total:
        text += f" of {total:,}"
        if summary is None:
            text = f"Stopped after {text}"
    if session.steps:
        text += f", {session.steps:,} of them in {session.seconds:,.0f} s"
    names, samples, baseline = _measured(summary, evaluations)
    judged = getattr(training, "judged_by", None) or ("fid",)
    for name in judged:
        if name in names:
            text += f". {_name(name)} {_number(samples[name])}"
            if baseline.get(name) is not None:
                text += f" (real samples: {_number(baseline[name])})"
    return _escaped(f"{text}.")


def _measured(summary, evaluations):
    """The names of what was measured, and dicts of samples and baseline."""
    if summary and "samples" in summary:
        samples, baseline = summary["samples"], summary["baseline"]
    elif evaluations:
        samples, baseline = evaluations[-1], evaluations[-1]["baseline"]
    else:
        return [], {}, {}
    # Of what has a value of its own, such as the mean, the error counts.
    data = (summary or {}).get("data", {})
    samples = {
        n: abs(v - data[n]) if n in data and v is not None else v
        for n, v in samples.items()
    }
    names = [n for n in samples if n in baseline and samples[n] is not None]
    return names, samples, baseline


def _scores(session, summary, evaluations):
    """The table of what was measured."""
    names, samples, baseline = _measured(summary, evaluations)
    if not names and not _makes_samples(session):
        return ""
    if not names:
        return (
            "<p class=note>The samples were not measured. "
            "<code>--evaluate-every N</code> does it while a model trains, "
            "<code>evaluate.py</code> afterwards.</p>"
        )
    body = "".join(
        f"<tr><th scope=row>{_escaped(_name(name))}"
        f"<td>{_number(samples[name])}<td>{_number(baseline[name])}"
        for name in names
    )
    return (
        "<table class=numbers><caption>The baseline is what real samples score "
        "in the generated ones' place.</caption><thead><tr><td><th scope=col>"
        f"samples<th scope=col>baseline<tbody>{body}</table>"
    )


def _stage(scene, grids):
    """What can be played."""
    if not scene and not grids:
        return ""
    what = "frames" if scene else "grids"
    return (
        f'<section id=stage aria-labelledby=stage-head data-what="{what}">'
        "<h2 id=stage-head>How it came to be</h2></section>"
    )


def _commands(training, session):
    run = session.run
    path = shlex.quote(str(run.path))
    if session.config.get("size"):
        generate = f"{cli.sibling('generate')} {path} --grid samples.png"
    else:
        generate = f"{cli.sibling('generate')} {path} --npz samples.npz"
    commands = {"Go on with it": training.resume_command(run)}
    if _makes_samples(session):
        commands |= {
            "Make samples": generate,
            "Measure it": f"{cli.sibling('evaluate')} {path}",
        }
    return "".join(
        f"<dt>{_escaped(what)}<dd><pre><code>{_escaped(command)}</code></pre>"
        for what, command in commands.items()
    )


def _makes_samples(session):
    """Whether the model has a prior, and so samples."""
    return getattr(session.model, "latents", None) is not None


def _settings(config):
    """The hyper-parameters, those of `options` among the others."""
    rows: dict = {}
    for name, value in config.items():
        if name == "options":
            rows |= value
        else:
            rows[name] = value
    return rows


def _versions(path):
    try:
        document = json.loads((path / "config.json").read_text("utf-8"))
        return document["versions"]
    except (OSError, ValueError, KeyError):
        return {}


def _table(rows):
    body = "".join(
        f"<tr><th scope=row>{_escaped(name)}<td>{_escaped(_value(value))}"
        for name, value in rows.items()
    )
    return f"<table>{body}</table>"


def _value(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value)


def _name(name):
    """A metric's name as words."""
    return _NAMES.get(name, name.replace("_", " "))


def _number(value):
    return "-" if value is None else f"{value:.4g}"


def _escaped(text):
    return html.escape(str(text))


# What is shown ---------------------------------------------------------------


def _uri(path):
    """A file as a data URI."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{_KINDS[path.suffix.lower()]};base64,{data}"


def _grids(run_path):
    """The grids of samples over time: their steps and pictures, or None."""
    from tf_gans.callbacks import moments

    paths = sorted((run_path / "samples").glob("step-*.png"))
    if not paths:
        return None
    sizes = {path: path.stat().st_size for path in paths}
    count = MOST_GRIDS
    while True:
        chosen = [paths[i] for i in moments(len(paths) - 1, max(count, 2))]
        if count <= 2 or sum(sizes[path] for path in chosen) <= MOST_GRID_BYTES:
            break
        count //= 2
    return {
        "steps": [int(path.stem.split("-")[1]) for path in chosen],
        "images": [_uri(path) for path in chosen],
        "left_out": len(paths) - len(chosen),
    }


def _pictures(run_path):
    """Real images beside generated ones."""
    figures = ""
    for name, caption in (
        ("real.png", "Real images"),
        ("samples.png", "Samples at the end"),
        ("reconstructions.png", "Reconstructions at the end"),
        ("codes.png", "Codes of real images"),
        ("manifold.png", "The plane of z, decoded"),
    ):
        path = run_path / name
        if path.is_file() and path.stat().st_size <= MOST_GRID_BYTES:
            figures += (
                f'<figure><img class=grid src="{_uri(path)}" '
                f'alt="{caption}"><figcaption>{caption}</figcaption></figure>'
            )
    if not figures:
        return ""
    return f"<section><h2>Samples</h2><div class=pair>{figures}</div></section>"


def _film(session):
    """The film, if there is one and it is not too long."""
    path = session.args.anim_path or session.run.film
    path = pathlib.Path(path) if path else None
    if path is None or not path.is_file():
        return ""
    if path.suffix.lower() not in _KINDS:
        return ""
    size = path.stat().st_size
    if size > MOST_FILM:
        shown = (
            f"<p>The film has {size / 2**20:,.0f} MB, too many to be in here: "
            f"<code>{_escaped(path.absolute())}</code></p>"
        )
    elif path.suffix.lower() == ".gif":
        shown = f'<img src="{_uri(path)}" alt="The training as a film">'
    else:
        shown = (
            f'<video controls loop muted playsinline src="{_uri(path)}" '
            'aria-label="The training as a film"></video>'
        )
    return f"<section><h2>Film</h2>{shown}</section>"


def _charts(session, rows, evaluations):
    """The panels of `curves.png`, thinned."""
    from tf_gans.plotting import training_curves as curves

    loss = getattr(session.model, "adversarial_loss", None)
    panels = curves.panels_of(
        rows,
        getattr(session.model, "equilibrium", None),
        loss is None or loss.probabilistic,
        evaluations,
    )
    return [_chart(curves, *panel) for panel in panels]


def _usual(values):
    """The ends of nearly all finite values."""
    import numpy as np

    finite = np.sort(values[np.isfinite(values)])
    few = -(-len(finite) // 50) if len(finite) > 4 else 0
    return finite[few : len(finite) - few]


def _chart(curves, panel, series, of, levels):
    import numpy as np

    from tf_gans.plotting.scene import rounded

    steps = np.array([row["step"] for row in of])
    levels = curves.distinct(levels, series)
    # Where there are many, each point is the mean of some.
    bundle = -(-len(steps) // MOST_POINTS)
    window = 2 * (len(steps) // 100) + 1
    means = {n: curves.running_mean(v, window) for n, v in series.items()}
    # The first losses may be a hundred times the others.
    usual = [_usual(values) for values in series.values()]
    low, high = panel.limits or curves.limits_of(
        [], usual, levels, panel.from_zero
    )

    def thinned(values):
        if bundle == 1:
            return rounded(values)
        middle = slice(bundle // 2, None, bundle)
        return rounded(curves.running_mean(values, bundle | 1)[middle])

    return {
        "name": panel.name,
        "low": float(low),
        "high": float(high),
        "steps": steps[bundle // 2 :: bundle].tolist(),
        "bundle": bundle,
        "levels": [
            {"value": value, "label": curves.level_label(value)}
            for value in levels
            if math.isfinite(value)
        ],
        "series": [
            {
                "label": panel.series[name][0],
                "colour": curves.COLOUR_NAMES[panel.series[name][1]],
                "values": thinned(values),
                "means": thinned(means[name]),
            }
            for name, values in series.items()
        ],
    }
