"""BEGAN's gamma: quality against diversity, on digits.

    python -m benchmarks.pictures gamma [--data mnist.npz]

Figure 4 of Berthelot et al., 2017 (https://arxiv.org/abs/1703.10717), which has
faces at three values of gamma, with numbers beside it: InfoGAN's networks, a
quarter as wide, each trained for as many steps from the same weights on the
same batches. Digits are judged by the features of the classifier that the
package has.
"""

import numpy as np
from matplotlib.figure import Figure

from tf_gans import data, features, metrics, pixels, recipes
from tf_gans.plotting.images import image_grid
from tf_gans.plotting.picture import save_figure, style

GAMMAS = (0.3, 0.5, 0.7)
BATCH, NUM_STEPS = 64, 4000
# The paper's, 1e-4 and 0.001 for k, are meant for far longer trainings.
OPTIONS = {
    "width": 16,
    "batch_norm": True,
    "generator_learning_rate": 1e-3,
    "discriminator_learning_rate": 1e-3,
    "beta_1": 0.5,
    "lambda_k": 0.005,
}
NUM_JUDGED, NUM_DRAWN = 2000, 36


def train(images, gamma):
    """Trains one BEGAN.

    Args:
        images: uint8 array of shape `(n, 28, 28, 1)`.
        gamma: float in [0, 1].

    Returns:
        The model, and the last value of each of its logs.
    """
    gan = recipes.family.build(
        *("began", "paper"), size=28, channels=1, gamma=gamma, seed=1, **OPTIONS
    )
    source = data.Images(images, BATCH, value_range=gan.value_range)
    history = gan.fit(source, steps_per_epoch=NUM_STEPS, verbose=0)
    return gan, {name: values[-1] for name, values in history.history.items()}


def measure(fake, real, network):
    """How good and how different images are.

    Returns:
        A dict: precision and recall, the Frechet distance of the features, and
        the mean similarity of two images (MS-SSIM).
    """
    real_features, fake_features = network(real), network(fake)
    found = metrics.precision_recall(real_features, fake_features)
    return {
        "precision": found.precision,
        "recall": found.recall,
        "FID": metrics.frechet_distance(real_features, fake_features),
        "MS-SSIM": metrics.ms_ssim_diversity(fake, num_pairs=NUM_JUDGED),
    }


def draw(path, archive=None):
    """Trains all of them, prints the numbers and draws the figure.

    Args:
        path: of the picture.
        archive: an .npz file of digits, or None for Keras' MNIST.
    """
    named = {"dataset": "mnist"} if archive is None else {"path": archive}
    real = data.load_images(**named, split="train").images
    test = data.load_images(**named, split="test").images
    network = features.digits()
    chosen = np.random.default_rng(0).permutation(len(test))
    test = test[chosen[: 2 * NUM_JUDGED]]
    rows = {"real": (test[:NUM_JUDGED], {})}
    for gamma in GAMMAS:
        gan, logs = train(real, gamma)
        samples = gan.sample(NUM_JUDGED, seed=0)
        fake = np.asarray(pixels.to_pixels(samples, gan.value_range))
        rows[f"gamma {gamma:g}"] = fake, logs
    with style():
        figure = Figure(figsize=(10.4, 2.95), layout="constrained")
        panels = figure.subplots(1, len(rows))
        for axes, (name, (images, logs)) in zip(
            panels, rows.items(), strict=True
        ):
            found = measure(images, test[NUM_JUDGED:], network)
            said = ", ".join(
                f"{k} {v:.3g}" for k, v in {**found, **logs}.items()
            )
            print(f"{name}: {said}", flush=True)
            axes.imshow(image_grid(images[:NUM_DRAWN]))
            axes.set_title(
                f"{name}\nprecision {found['precision']:.2f}, "
                f"recall {found['recall']:.2f}",
                fontsize=10,
            )
            axes.set_axis_off()
        save_figure(path, figure)
