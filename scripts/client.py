"""Asks a running model server for samples.

    python scripts/client.py http://127.0.0.1:8501 --model gaussian
    python scripts/client.py http://127.0.0.1:8501 --model digits --grid a.png
    python scripts/client.py http://127.0.0.1:8501 --model digits --labels 3,7
    python scripts/client.py http://127.0.0.1:8501 --model gaussian \\
        --signature discriminate
    python scripts/client.py --grpc 127.0.0.1:8500 --model digits --npz a.npz

URL is a server with TensorFlow Serving's REST interface, such as
tensorflow_model_server or explore.py, of which the last needs no --model. It is
asked with nothing but Python's standard library; --grpc asks over gRPC instead,
and needs the extra `serving`.

Sample number i, from 0, is made from the seed S + i, where S is what --seed
names, by the signature `sample`, or by `sample_png` where pictures are wanted.
The signature `discriminate` judges the samples of these seeds, and so do a
BEGAN's and a VAE's own. `generate` makes all of them from the one seed S.
What comes is printed, or written where a flag says so.
"""

import argparse
import io
import json
import os
import pathlib
import re

import numpy as np

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.runs import cli
from tf_gans.serving import client as clients
from tf_gans.serving.model import ask
from tf_gans.serving.signatures import RestError

MAX_SHOWN = 10  # rows that are printed


def host_and_port(text):
    """An argparse type: HOST:PORT."""
    if not re.fullmatch(r"[^/:\s]+:\d{1,5}|\[[\da-fA-F:]+\]:\d{1,5}", text):
        raise argparse.ArgumentTypeError(
            f"must be HOST:PORT, such as 127.0.0.1:8500; received {text!r}"
        )
    return text


def parse_arguments():
    """Returns the flags' values."""
    parser = cli.Parser(__doc__)
    parser.add_argument(
        "url",
        type=cli.server_url,
        nargs="?",
        metavar="URL",
        help="of the server's REST interface",
    )

    group = parser.add_argument_group("what is asked")
    add = group.add_argument
    add(
        "--grpc",
        type=host_and_port,
        metavar="HOST:PORT",
        help="ask the server's gRPC interface there instead",
    )
    add("--model", metavar="NAME", help="the model's name on the server")
    add(
        "--signature",
        metavar="NAME",
        help="sample, sample_png, generate, discriminate, or another one that "
        "judges samples (default: sample; sample_png for pictures)",
    )
    cli.add_sample_flags(
        *(add, "sample", 10_000, 16, cli.integer(0, 10**6)),
        "of a conditional model: the samples' classes in turn, by number "
        "(default: 0)",
    )
    add(
        "--timeout",
        type=cli.number(above=0, high=86400),
        default=60,
        metavar="S",
        help="seconds to wait for an answer (default: %(default)s)",
    )

    group = parser.add_argument_group("what is written")
    add = group.add_argument
    add(
        "--grid",
        type=cli.ending_in(".png"),
        metavar="FILE.png",
        help="one picture of all samples",
    )
    add(
        "--png-dir",
        type=pathlib.Path,
        metavar="DIR",
        help="a new folder with the server's PNG files, named by their seeds",
    )
    add(
        "--npz",
        type=cli.ending_in(".npz"),
        metavar="FILE.npz",
        help="an archive of all arrays that the server returns",
    )
    cli.add_overwrite_flag(add)

    args = parser.parse_args()
    if (args.url is None) == (args.grpc is None):
        came = "neither" if args.url is None else "both"
        parser.error(f"needs URL or --grpc HOST:PORT; received {came}")
    if args.url:
        found = re.fullmatch(r"(.*)/v1/models/([^/:]+)", args.url)
        if found:
            args.url, args.model = found[1], args.model or found[2]
    elif not args.model:
        parser.error("argument --grpc: needs --model NAME")
    if args.png_dir or args.grid:
        args.signature = args.signature or "sample_png"
        if args.signature != "sample_png":
            flag = "--png-dir" if args.png_dir else "--grid"
            parser.error(
                f"argument {flag}: is for the signature sample_png; received "
                f"--signature {args.signature}"
            )
    args.signature = args.signature or "sample"
    return args


def check_paths(args):
    """Checks the paths before anything is asked, and makes nothing."""
    for flag, path in (("--grid", args.grid), ("--npz", args.npz)):
        if path:
            cli.check_output(flag, path, args.overwrite)
    if args.png_dir:
        if os.path.exists(args.png_dir):
            raise UserError(
                f"--png-dir {args.png_dir}: exists; name a new folder"
            )
        files.check_writable(args.png_dir / "0.png")


def connect(args):
    """The client, or the news that there is no server, and how to start one."""
    try:
        if args.grpc:
            return clients.GrpcClient(args.grpc, args.model, args.timeout)
        if args.model is None:
            args.model = find_name(args)
        return clients.RestClient(args.url, args.model, args.timeout)
    except clients.NoServer as error:
        commands = clients.how_to_start(args.model or "NAME")
        advice = ["These commands start a server:"]
        advice += [f"  {line}" for line in commands.splitlines()]
        raise UserError(str(error), advice) from None


def find_name(args):
    """The name of the one model that explore.py serves."""
    try:
        answer = ask(args.url, "/description", timeout=args.timeout)
        return str(json.loads(answer)["name"])
    except RestError as error:
        if error.status == 502:
            raise clients.NoServer(error.message) from None
    except (ValueError, KeyError, TypeError):
        pass
    raise UserError(
        f"{args.url}: does not say which models it has: add --model NAME"
    )


def labels_of(args, signature):
    """The labels that a signature takes, as arguments of `predict`."""
    if "labels" not in signature.inputs:
        if args.labels:
            raise UserError(
                f"--labels: {args.model} is not a conditional model"
            )
        return {}
    labels = np.array(args.labels or [0], np.int32)
    return {"labels": np.resize(labels, args.num_samples)}


def request(client, args):
    """Asks for what the flags say.

    Returns:
        A dict from names to arrays, all one a row.
    """
    name = args.signature
    client.check_signature(name)
    signature = client.signatures[name]
    made_by = signature
    if "samples" in signature.inputs:
        made_by = client.signatures.get("sample", signature)
    labels = labels_of(args, made_by)
    # What judges samples need not take the labels that they were made of.
    inputs = dict(labels) if "labels" in signature.inputs else {}
    seeds = args.seed + np.arange(args.num_samples, dtype=np.int64)
    if "seed" in signature.inputs:
        if "num_samples" in signature.inputs:
            inputs["num_samples"] = np.int32(args.num_samples)
        return client.predict(name, seed=np.int64(args.seed), **inputs)
    if "seeds" in signature.inputs:
        answer = client.predict(name, seeds=seeds, **inputs)
    elif "samples" in signature.inputs:
        made = client.predict("sample", seeds=seeds, **labels)
        answer = {**made, **client.predict(name, **made, **inputs)}
    else:
        raise UserError(
            f"--signature {name}: takes {', '.join(signature.inputs)}, which "
            "this program has no flags for"
        )
    return {"seeds": seeds, **labels, **answer}


def print_rows(answer):
    """Prints the first of what came: a line for each row, or what it spans."""
    small = {k: v for k, v in answer.items() if v[:1].size <= 4}
    for row in range(min(MAX_SHOWN, len(next(iter(answer.values()))))):
        cells = [f"{name} {_cell(v[row])}" for name, v in small.items()]
        if cells:
            print("  ".join(cells))
    more = len(next(iter(answer.values()))) - MAX_SHOWN
    if small and more > 0:
        print(f"... and {more} more")
    for name in answer.keys() - small.keys():
        array = answer[name]
        print(
            f"{name}: {array.dtype} of shape {array.shape}, from "
            f"{array.min():.4g} to {array.max():.4g}"
        )


def _cell(value):
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return " ".join(f"{x:.4g}" for x in np.ravel(value))


def write_pngs(directory, seeds, pngs):
    """Writes the server's files to a new folder, all or none."""
    temporary = files.temporary_path(directory)
    try:
        temporary.mkdir(parents=True)
        for seed, png in zip(seeds, pngs, strict=True):
            (temporary / f"{seed:010d}.png").write_bytes(png)
        temporary.replace(directory)
    except OSError as error:
        raise UserError(
            f"{directory}: cannot be written: {error.strerror}"
        ) from None


def decode(pngs):
    """PNG files as a uint8 array, `(n, height, width, 1 or 3)`."""
    from PIL import Image

    images = np.stack([np.asarray(Image.open(io.BytesIO(p))) for p in pngs])
    return images[..., np.newaxis] if images.ndim == 3 else images


def write_grid(path, images):
    """Draws all images as one picture."""
    from tf_gans.plotting.images import image_grid, picture_scale, write_png

    grid = image_grid(images, scale=picture_scale(images.shape[1:]))
    write_png(path, grid, {"generated": True})


def main():
    """Asks, and prints or writes what comes."""
    args = parse_arguments()
    check_paths(args)
    if args.grpc:
        cli.load_tensorflow()
    with connect(args) as client:
        answer = request(client, args)
    images = None
    if "png_bytes" in answer and (args.grid or args.npz):
        images = decode(answer["png_bytes"])
    if not (args.grid or args.png_dir or args.npz):
        print_rows(answer)
    if args.png_dir:
        write_pngs(args.png_dir, answer["seeds"], answer["png_bytes"])
        print(f"PNG files: {args.png_dir}")
    if args.grid:
        write_grid(args.grid, images)
        print(f"Grid: {args.grid}")
    if args.npz:
        if images is not None:
            del answer["png_bytes"]
            answer["samples"] = images
        with files.replacing(args.npz) as temporary, temporary.open("wb") as f:
            np.savez(f, **answer)
        print(f"Archive: {args.npz}")


if __name__ == "__main__":
    cli.run(main)
