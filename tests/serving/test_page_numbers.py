"""What explore.py's page computes is what Python computes."""

import numpy as np
import pytest

from tests.serving import models, pages
from tf_gans import latent_space, latents, pixels


@pytest.fixture(scope="module")
def gaussian():
    with (
        pages.chromium() as browser,
        pages.opened(browser, models.model("gaussian")) as page,
    ):
        yield page


def config_of(prior):
    return {"class_name": type(prior).__name__, "config": prior.get_config()}


PRIORS = [
    latents.Normal((3, 2)),
    latents.Uniform((4,), -0.5, 2),
    latents.Stratified(),
]


@pytest.mark.parametrize("prior", PRIORS, ids=repr)
def test_priors(gaussian, prior):
    config = config_of(prior)
    support = prior.support and list(prior.support)
    assert gaussian.call("support", config) == support
    assert gaussian.call("sliderRange", config) == (support or [-3, 3])
    assert gaussian.call("shapeOf", config) == list(prior.shape)
    # Its own draws, where the model gives none.
    drawn = gaussian.page.evaluate(
        """async (prior) => {
          const { draw } = await import("/latent.js");
          return Array.from({ length: 300 }, (_, seed) => draw(prior, seed));
        }""",
        config,
    )
    drawn = np.array(drawn)
    assert drawn.shape == (300, int(np.prod(prior.shape)))
    expected = prior.draw_each(np.arange(300)).numpy().reshape(300, -1)
    spread = expected.std()
    assert abs(drawn.mean() - expected.mean()) < 0.3 * spread
    assert abs(drawn.std() - spread) < 0.1 * spread
    assert all(gaussian.call("inside", config, z) for z in drawn[:9].tolist())
    again = gaussian.call("draw", config, 7)
    np.testing.assert_array_equal(again, drawn[7])


def test_ways(gaussian):
    rng = np.random.default_rng(0)
    for a, b in (*rng.normal(size=(4, 2, 5)), ([1, 0], [1, 1e-9]), ([0], [2])):
        a, b = (np.asarray(x, float).tolist() for x in (a, b))
        for t in (0, 0.1, 0.5, 1):
            for name in ("lerp", "slerp"):
                expected = getattr(latent_space, name)(a, b, t)
                found = gaussian.call(name, a, b, t)
                np.testing.assert_allclose(found, expected, atol=1e-14)
    assert gaussian.call("slerp", [1, 1], [-2, -2], 0.5) is None
    with pytest.raises(ValueError, match="opposite"):
        latent_space.slerp([1, 1], [-2, -2], 0.5)
    a, b, c = rng.normal(size=(3, 5))
    np.testing.assert_allclose(
        gaussian.call("arithmetic", *(x.tolist() for x in (a, b, c))),
        latent_space.arithmetic([a], [b], [c]),
        atol=1e-15,
    )
    # Which way suits which prior: as latent.py has it.
    for prior in PRIORS:
        way = latent_space.lerp if prior.support else latent_space.slerp
        found = gaussian.call("between", config_of(prior), [1, 0], [0, 2], 0.3)
        np.testing.assert_allclose(found, way([1.0, 0], [0.0, 2], 0.3))


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 1), (-0.3, 2.7)])
def test_pixels(gaussian, value_range):
    """To the last one, halves and what lies beyond included."""
    low, high = value_range
    rng = np.random.default_rng(1)
    values = rng.uniform(low - 0.1, high + 0.1, 3000).astype(np.float32)
    halves = low + (np.arange(255) + 0.5) * (high - low) / 255
    values = np.concatenate([values, halves.astype(np.float32)])
    expected = pixels.to_pixels(values, value_range)
    found = gaussian.page.evaluate(
        "async ([v, r]) => [...(await import('/latent.js')).toPixels(v, r)]",
        [values.tolist(), list(value_range)],
    )
    np.testing.assert_array_equal(found, expected)


def test_shapes(gaussian):
    nested = np.arange(24).reshape(2, 3, 4).tolist()
    flat = gaussian.call("flatten", nested)
    assert flat == list(range(24))
    assert gaussian.call("nest", flat, [2, 3, 4]) == nested
    assert gaussian.call("sizeOf", [2, 3, 4]) == 24
