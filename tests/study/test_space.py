import pytest

from tf_gans.recipes import family
from tf_gans.study import space

# google/compare_gan, first commit, params.py, the authors' defaults: beta_1,
# learning rate, critic steps, batch normalisation.
PUBLISHED = {
    "mm": (0.0, 5e-5, 1, True),
    "ns": (0.0, 5e-5, 1, True),
    "ls": (0.5, 2e-4, 1, True),
    "wgan": (0.5, 5e-5, 5, True),
    "wgan-gp": (0.5, 1e-4, 5, False),
    "dragan": (0.5, 1e-4, 1, False),
    "vae": (0.5, 5e-5, None, None),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_sample_0_is_what_the_program_has_as_the_authors(name):
    settings = space.settings(name, 0)
    beta_1, rate, critic_steps, batch_norm = PUBLISHED[name]
    assert settings["beta_1"] == beta_1
    assert settings["learning_rate"] == rate
    assert settings.get("critic_steps") == critic_steps
    # Without the option, the recipe's: none of these has it.
    assert settings.get("batch_norm", False) == bool(batch_norm)


@pytest.mark.parametrize("name", ["wgan-gp", "dragan"])
def test_penalised_members_are_tried_without_batch_normalisation(name):
    assert not family.get(name).networks.batch_norm
    drawn = [space.settings(name, i) for i in range(1, 20)]
    assert all("batch_norm" not in settings for settings in drawn)


def _drawn(name, range, option, count=400):
    return [
        space.settings(name, i, range)[option] for i in range_(1, count + 1)
    ]


range_ = range  # the settings' argument has the paper's name


# params.py:63-239.
@pytest.mark.parametrize(
    "name, range, option, low, high",
    [
        ("ns", "wide", "beta_1", 0, 1),
        ("ns", "wide", "learning_rate", 1e-5, 1e-2),
        ("ns", "narrow", "learning_rate", 1e-4, 1e-3),
        ("wgan", "wide", "clip", 1e-3, 1),
        ("wgan", "narrow", "clip", 1e-2, 1),
        ("wgan-gp", "wide", "penalty_weight", 0.1, 100),
        ("dragan", "narrow", "penalty_weight", 0.1, 10),
        ("began", "wide", "lambda_k", 1e-4, 1e-2),
        ("began", "wide", "gamma", 0, 1),
        ("began", "narrow", "gamma", 0.6, 0.9),
    ],
)
def test_settings_fill_the_published_range(name, range, option, low, high):
    values = _drawn(name, range, option)
    assert low <= min(values) and max(values) <= high
    # A range that is too small would leave the ends empty.
    if low >= 1e-5 and high / low >= 10:  # all exponents alike
        assert min(values) < low * (high / low) ** 0.05
        assert max(values) > high / (high / low) ** 0.05
    else:
        assert min(values) < low + 0.05 * (high - low)
        assert max(values) > high - 0.05 * (high - low)


def test_discrete_settings():
    assert set(_drawn("ns", "wide", "critic_steps")) == {1, 5}
    assert set(_drawn("ns", "narrow", "critic_steps", 50)) == {1}
    assert set(_drawn("ns", "narrow", "batch_norm", 50)) == {True, False}
    assert set(_drawn("ns", "narrow", "beta_1", 50)) == {0.5}
    assert set(_drawn("began", "narrow", "lambda_k", 50)) == {0.001}


def test_a_sample_depends_on_its_name_seed_and_range_alone():
    assert space.settings("ns", 3) == space.settings("ns", 3)
    others = [
        space.settings("ns", 4),
        space.settings("mm", 3),
        space.settings("ns", 3, seed=1),
    ]
    assert all(other != space.settings("ns", 3) for other in others)


@pytest.mark.parametrize("name", space.MEMBERS)
def test_settings_are_options_of_the_recipe(name):
    settings = space.settings(name, 1)
    assert space.settings(name, 1, "narrow").keys() <= settings.keys()
    preset, options = space.options(name, settings)
    model = family.build(name, preset, **options)
    assert model.latents.shape == (64,)
    for optimizer in model.optimizers.values():
        rate = float(optimizer.learning_rate)
        assert rate == pytest.approx(settings["learning_rate"])
        assert optimizer.beta_1 == settings["beta_1"]
    assert model.critic_steps == settings.get("critic_steps", 1)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'wgan'"):
        space.settings("wgann", 0)
    with pytest.raises(ValueError, match="range=2"):
        space.settings("ns", 1, 2)
