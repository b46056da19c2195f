"""Opens a page to explore what a trained generator makes of z.

    python scripts/explore.py saved_models/gaussian
    python scripts/explore.py runs/mnist-001
    python scripts/explore.py runs/dcgan-001/best --port 0 --no-browser
    python scripts/explore.py saved_models/digits --server http://gpu:8501

MODEL_OR_RUN is an exported model or a run directory, which is exported to a
temporary directory first. The page has sliders for the components of z, random
draws, samples by seed, the way between two of them, arithmetic with three,
labels and the discriminator's opinion where the model has them. It is served to
this machine alone, with the REST interface of TensorFlow Serving beside it, and
needs no network.

With --server the page's requests are handed on to a running model server, and
MODEL_OR_RUN is only read for what the server does not say: the prior of z, the
range of the pixels, the names of the classes. Without it they are guessed.

Ctrl-C ends it.
"""

import argparse
import contextlib
import json
import pathlib
import re
import signal
import sys
import tempfile
import threading
import webbrowser

from tf_gans.errors import UserError
from tf_gans.runs import cli
from tf_gans.runs.load import (
    check_prior,
    find_model,
    load_run,
    said_of_run,
)

NAME = re.compile(r"\w[\w.-]*", re.ASCII)


def model_name(text):
    """An argparse type: a name that may stand in a path of REST."""
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(
            "must have letters from A to Z, digits, dots and dashes; received "
            f"{text!r}"
        )
    return text


def parse_arguments():
    """Returns the flags' values."""
    parser = cli.Parser(__doc__)
    parser.add_argument(
        "path",
        type=pathlib.Path,
        nargs="?",
        metavar="MODEL_OR_RUN",
        help="an exported model or one version of it, or a run directory",
    )
    parser.add_argument(
        "--port",
        type=cli.integer(0, 65535),
        default=8600,
        metavar="N",
        help="where the page is; 0 for any port that is free "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--server",
        type=cli.server_url,
        metavar="URL",
        help="a running model server, that answers in this program's place",
    )
    parser.add_argument(
        "--model",
        type=model_name,
        metavar="NAME",
        help="the model's name in requests (default: that of its directory)",
    )
    parser.add_argument(
        "--no-browser",
        action="store_true",
        help="do not open a browser (default: do, where there is a display)",
    )
    args = parser.parse_args()
    if args.path is None and args.server is None:
        parser.error("needs MODEL_OR_RUN, or --server URL")
    if args.path is None and args.model is None:
        parser.error("argument --server: needs --model NAME or MODEL_OR_RUN")
    return args


def name_of(kind, path):
    """What a model is called that has no other name."""
    path = path.resolve()
    is_part = path.name.isdecimal() if kind == "export" else path.name == "best"
    name = path.parent.name if is_part else path.name
    return re.sub(r"[^\w.-]+|^\W+", "-", name, flags=re.ASCII).strip("-.") or (
        "model"
    )


def read_description(path):
    """What an exported version says of itself."""
    from tf_gans.export import DESCRIPTION

    try:
        return json.loads((path / DESCRIPTION).read_text("utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"{path / DESCRIPTION}: cannot be read: {reason}"
        ) from None


def open_model(args, kind, path, stack):
    """The model that the page asks: a `SavedModel` or a `Remote`."""
    from tf_gans.serving.model import Remote, SavedModel

    name = args.model or name_of(kind, path)
    if kind == "run":
        from tf_gans.export import export_saved_model

        directory = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="tf_gans-")
        )
        run = load_run(path)
        check_prior(path, getattr(run, "latents", None))
        target = pathlib.Path(directory) / name
        path = export_saved_model(run, target, **said_of_run(path, run))
    if args.server is None:
        model = SavedModel(path, name)
        model.warm_up()
        return model
    description = path and read_description(path)
    if description:
        check_prior(path, description.get("latents", {}))
    return Remote(args.server, name, description)


def end(number, frame):
    """Ends the program as Ctrl-C does, with its temporary files."""
    raise KeyboardInterrupt


def main():
    """Serves the page until Ctrl-C."""
    args = parse_arguments()
    kind, path = find_model(args.path) if args.path else (None, None)
    from tf_gans.serving.server import Server

    with contextlib.ExitStack() as stack:
        # Both, because a shell may have a process in the background ignore
        # Ctrl-C, and this one is to end by it all the same.
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.signal(number, end)
            stack.callback(signal.signal, number, before)
        cli.load_tensorflow()
        model = open_model(args, kind, path, stack)
        server = stack.enter_context(Server(model, args.port))
        server.start()
        print(f"Explorer: {server.url}")
        sys.stdout.flush()
        if not args.no_browser and cli.display_exists():
            webbrowser.open(server.url)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    cli.run(main)
