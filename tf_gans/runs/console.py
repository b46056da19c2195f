"""The command `tf-gans`: the scripts, wherever the package is installed.

    tf-gans gaussian --minibatch
    tf-gans mnist --dataset triangles --epochs 1

The code is that of `scripts/`, which is installed as `tf_gans.commands`.
"""

import importlib
import sys

from tf_gans.recipes import catalogue
from tf_gans.runs import cli

COMMANDS = {
    "gaussian": "learn a one-dimensional distribution",
    "curves": "learn quadratic curves",
    "mixtures": "learn points in the plane",
    "dirac": "see why the training of a GAN circles",
    "mnist": "learn 28x28 images in grey",
    "dcgan": "learn images with a DCGAN",
    "variants": "learn images with any member of the family",
    "autoencoder": "learn images with an autoencoder",
    "semi_supervised": "learn to classify digits from few labels",
    "generate": "make images with a trained generator",
    "latent": "walk through its space of z",
    "explore": "explore it on a page in the browser",
    "export": "write it for TensorFlow Serving or another runtime",
    "client": "ask a model server for samples",
    "evaluate": "measure how good its samples are",
    "compare": "compare the family under one budget",
}


def main():
    """Runs the command that is named first."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print("usage: tf-gans COMMAND [flags]; tf-gans COMMAND --help\n")
        for command, text in COMMANDS.items():
            print(f"  {command:16}{text}")
        return
    if name not in COMMANDS:
        message = catalogue.unknown(COMMANDS, name, "command")
        cli.warn(f"tf-gans: {message}")
        sys.exit(2)
    sys.argv[:2] = [f"tf-gans {name}"]
    module = importlib.import_module(f"tf_gans.commands.{name}")
    cli.run(module.main)
