"""Digests of every recipe's variables after 50 steps with a fixed seed.

    python -m benchmarks.digests --write before.json
    python -m benchmarks.digests --compare before.json

A change that moves code about, and changes nothing of what is computed, leaves
every digest as it was, to the last bit. They hold on one machine with one set
of versions, so none are kept here: write them before the change and compare
them after it.
"""

import argparse
import hashlib
import json
import pathlib
import sys

import numpy as np

STEPS = 50
SEED = 7


def pictures(size, channels, batch_size, labels=None):
    """A source of images of noise."""
    from tf_gans import data

    rng = np.random.default_rng(SEED)
    shape = (64, size, size, channels)
    images = rng.integers(0, 256, shape, np.uint8)
    return data.Images(images, batch_size, labels)


def few_labels(num_labelled, batch_size):
    """The same images, of which few have labels."""
    from tf_gans import data

    rng = np.random.default_rng(SEED)
    images = rng.integers(0, 256, (64, 28, 28, 1), np.uint8)
    labels = np.arange(64) % 10
    return data.SemiSupervised(images, labels, num_labelled, batch_size)


def cases():
    """Yields names and functions that make a source and a compiled model."""
    from tf_gans import data, recipes
    from tf_gans.toys import dirac

    numbers = np.random.default_rng(SEED).gamma(2.0, size=500)
    gaussians = {
        "gaussian": lambda batch: data.Gaussian(batch),
        "any": lambda batch: data.Empirical(batch, numbers),
    }
    for name in recipes.gaussian.NAMES:
        for minibatch in (False, True):
            for loss in ("logits", "clamped"):
                for kind, make in gaussians.items():

                    def case(
                        name=name, minibatch=minibatch, loss=loss, make=make
                    ):
                        source = make(32)
                        return source, recipes.gaussian.build(
                            name,
                            source,
                            minibatch=minibatch,
                            loss=loss,
                            seed=SEED,
                        )

                    yield f"gaussian {name} {minibatch} {loss} {kind}", case

    for name in recipes.curves.NAMES:
        for loss in recipes.curves.LOSSES:

            def case(name=name, loss=loss):
                source = data.Quadratics(64)
                return source, recipes.curves.build(
                    name, source, loss=loss, seed=SEED
                )

            yield f"quadratics {name} {loss}", case

    variants = [(n, p) for n in recipes.points.NAMES for p in ("paper", "code")]
    options = [(n, p, False) for n, p in variants] + [("stable", "paper", True)]
    for name, preset, minibatch in options:

        def case(name=name, preset=preset, minibatch=minibatch):
            source = data.Ring(128)
            return source, recipes.points.build(
                name,
                source,
                preset=preset,
                minibatch=minibatch,
                seed=SEED,
                jit_compile=False,
            )

        yield f"mixtures {name} {preset} {minibatch}", case

    for name in recipes.mnist.NAMES:
        yield (
            f"mnist {name}",
            lambda name=name: (
                pictures(28, 1, 4),
                recipes.mnist.build(name, seed=SEED, ema_decay=0.9),
            ),
        )

    labels = np.arange(64) % 10
    for name in recipes.dcgan.NAMES:
        yield (
            f"dcgan {name}",
            lambda name=name: (
                pictures(16, 3, 4),
                recipes.dcgan.build(name, size=16, width=8, seed=SEED),
            ),
        )
        yield (
            f"dcgan {name} conditional",
            lambda name=name: (
                pictures(28, 1, 4, labels),
                recipes.dcgan.build(
                    name,
                    size=28,
                    channels=1,
                    width=8,
                    num_classes=10,
                    seed=SEED,
                    ema_decay=0.9,
                ),
            ),
        )

    changes = {
        "": {},
        "label_smoothing": {"label_smoothing": 0.1},
        "instance_noise": {"instance_noise": 0.1, "instance_noise_steps": 30},
        "spectral_norm": {"spectral_norm": True},
        "dropout": {"dropout": 0.5},
    }
    for name in recipes.family.NAMES:
        for preset in recipes.family.PRESETS:
            for change, values in changes.items():
                if change and (name, preset) != ("ns", "paper"):
                    continue
                for size in (8, 28) if name == "wgan-gp" else (8,):

                    def case(
                        name=name, preset=preset, size=size, values=values
                    ):
                        objective = recipes.family.get(name, preset).objective
                        return (
                            pictures(
                                *(size, 1, 4),
                                labels if objective.labelled else None,
                            ),
                            recipes.family.build(
                                name,
                                preset,
                                size=size,
                                num_classes=10,
                                seed=SEED,
                                ema_decay=0.9,
                                **values,
                            ),
                        )

                    yield f"family {name} {preset} {size} {change}", case

    for name in recipes.autoencoder.NAMES:
        average = (
            {"ema_decay": 0.9} if recipes.autoencoder.has_prior(name) else {}
        )

        def case(name=name, average=average):
            return pictures(28, 1, 4), recipes.autoencoder.build(
                name, seed=SEED, **average
            )

        yield f"autoencoder {name}", case

    for name in recipes.semi_supervised.NAMES:

        def case(name=name):
            return few_labels(20, 4), recipes.semi_supervised.build(
                name, seed=SEED, ema_decay=0.9
            )

        yield f"semi_supervised {name}", case

    for name in dirac.recipes.NAMES:
        yield (
            f"dirac {name}",
            lambda name=name: (
                dirac.Point(4),
                dirac.recipes.build(name, seed=SEED),
            ),
        )


def digest(source, model):
    """Trains, and hashes all that the training changed, by place and name."""
    if getattr(model, "value_range", None):
        source.value_range = model.value_range
    model.fit(source, steps_per_epoch=STEPS, verbose=0)
    found = hashlib.sha256()
    owners = {"model": model, **model.optimizers}
    for owner, object_ in owners.items():
        for place, variable in enumerate(object_.variables):
            found.update(f"{owner}/{place}/{variable.name}".encode())
            found.update(variable.numpy().tobytes())
    return found.hexdigest()[:16]


def main():
    """Writes the digests, or compares them with written ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--compare", type=pathlib.Path)
    parser.add_argument("--only", default="", help="names that begin so")
    arguments = parser.parse_args()
    before = {}
    if arguments.compare:
        before = json.loads(arguments.compare.read_text())
    found, differing = {}, []
    for name, make in cases():
        if not name.startswith(arguments.only):
            continue
        found[name] = digest(*make())
        same = before.get(name, found[name]) == found[name]
        print(f"{found[name]} {name}{'' if same else ' DIFFERS'}", flush=True)
        if not same:
            differing.append(name)
    if arguments.write:
        arguments.write.write_text(json.dumps(found, indent=2) + "\n")
    if arguments.compare:
        print(f"{len(found) - len(differing)} equal, {len(differing)} differ")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
