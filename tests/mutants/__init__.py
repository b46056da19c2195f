"""Mutation testing: do a module's tests find its faults?

    python -m tests.mutants --tries 20 losses models/gan

cosmic-ray makes the mutants, each a module with one small fault: a sign, a
limit, a number, a condition, a decorator. It works on a copy of this tree. The
session of a module is build/mutants/MODULE.sqlite: `cr-report` shows it, and
`--again` tries its survivors once more, after a test was written.

TensorFlow takes seconds to import. It is imported once, and each mutant's tests
run in a fork of that process, in which no operation has run yet.
"""

# The tests that are to find a module's faults: files of tests/, and of the long
# ones classes and single tests.
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
        "models/test_gan::TestTrainStep",
        "models/test_gan::TestErrors::test_one_optimizer_for_two",
        "models/test_gan_images::TestConditional",
        "models/test_training::TestMinimax::"
        "test_both_gradients_are_from_before_both_updates",
        "models/test_training::TestSpectralNormalization::"
        "test_one_power_iteration_for_each_update_of_the_critic",
    ],
    "models/gan": [
        "models/test_outputs",
        "models/test_gan::TestTrainStep",
        "models/test_gan::TestErrors",
        "models/test_gan::TestDefaults",
        "models/test_gan::TestSaving::test_all_arguments_survive",
        "models/test_gan_images::TestUpdates",
        "models/test_training::TestNonSaturating::"
        "test_batch_statistics_of_a_step",
        "models/test_training::TestLeastSquares::test_everything_is_noisy",
        "models/test_training::TestLeastSquares::"
        "test_the_noise_is_in_the_order_of_the_passes",
        "models/test_training::TestWeightClipping::"
        "test_ledger_7_clips_after_each_update",
        "models/test_training::TestGradientPenalty::"
        "test_each_update_interpolates_elsewhere",
        "models/test_training::TestContradictions",
    ],
    "models/generative": [
        "models/test_one_s_own",
        "models/test_gan::TestAverage",
        "models/test_gan::TestSample",
        "models/test_gan_images::TestConditional",
        "models/test_gan_images::TestBatchStatistics",
    ],
    "models/trained": [
        "models/test_trained",
        "models/test_keras_habits::TestCompile",
        "models/test_one_s_own::TestMethods",
        "models/test_vae::TestTraining",
        "models/test_gan::TestErrors",
        "models/test_gan::TestDefaults",
    ],
    "models/blocks": ["models/test_trained", "models/test_gan::TestProbe"],
    "export": ["test_export_images", "test_export", "serving/test_files"],
}


def path(name):
    """The path of tests in `TESTS`, as pytest takes it."""
    file, _, inside = name.partition("::")
    return f"tests/{file}.py" + (f"::{inside}" if inside else "")
