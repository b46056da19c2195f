"""Mutation testing: do a module's tests find its faults?

    python -m tests.mutants --tries 20 losses models/gan

cosmic-ray makes the mutants, each a module with one small fault: a sign, a
limit, a number, a condition, a decorator. It works on a copy of this tree. The
session of a module is build/mutants/MODULE.sqlite: `cr-report` shows it, and
`--again` tries its survivors once more, after a test was written.

TensorFlow takes seconds to import. It is imported once, and each mutant's tests
run in a fork of that process, in which no operation has run yet.
"""

# The tests that are to find a module's faults.
TESTS = {
    "pixels": ["test_pixels"],
    "optimizers": ["test_optimizers"],
    "latents": ["test_latents"],
    "random": ["test_random"],
    "spectral_norm": ["test_spectral_norm"],
    "layers": ["test_layers", "test_spectral_norm"],
    "losses": ["test_losses"],
    "penalties": ["test_penalties"],
    "models/began": ["models/test_began", "models/test_outputs"],
    "models/vae": ["models/test_vae", "models/test_outputs"],
    "models/two_player": [
        "models/test_began",
        "models/test_gan_images",
        "models/test_gan",
    ],
    "models/gan": [
        "models/test_outputs",
        "models/test_gan_images",
        "models/test_gan",
    ],
    "models/generative": [
        "models/test_one_s_own",
        "models/test_gan_images",
        "models/test_gan",
    ],
    "models/trained": [
        "models/test_trained",
        "models/test_keras_habits",
        "models/test_one_s_own",
        "models/test_gan",
    ],
    "models/blocks": ["models/test_trained", "models/test_gan"],
    "export": ["test_export_images", "test_export"],
}
