"""The random numbers of a GAN's updates: z, instance noise, the penalty's."""

import tensorflow as tf


def of_updates(gan, seed, first_step, num_steps, batch_size):
    """Draws the random numbers of a block of steps, update by update.

    Args:
        gan: `tf_gans.GAN`.
        seed, first_step: scalar int64 tensors.
        num_steps: int.
        batch_size: int or scalar int32 tensor.

    Returns:
        A dict of lists: for each update of the `"discriminator"` and of
        the `"generator"` in a step, a dict of tensors of shape
        `(num_steps, batch, ...)`: `"z"`; with instance noise `"noise"`,
        for the generated samples, and `"real_noise"`, of the generator
        where its updates look at real samples; and the penalty's,
        `"penalty"`. Where both players share a pass, it is the
        discriminator's.
    """
    block = (seed, first_step, num_steps)
    critics = gan.critic_steps
    generators = 0 if gan.simultaneous else gan.generator_steps
    different = 1
    if gan.fresh_latents:
        fresh = 0 if gan.generator_latents == "last" else generators
        different = critics + fresh
    z = gan._draw_latents(*block, batch_size, different)
    z += z[-1:] * (critics + generators - different)
    draws = [{"z": each} for each in z]
    discriminator, generator = draws[:critics], draws[critics:]
    if gan.instance_noise is not None:
        # Of each pass of the discriminator, in their order.
        pairs = gan.sees_real
        passes = 2 * critics + (1 + pairs) * generators
        noise = gan.instance_noise.draw(
            *block, passes, batch_size, gan.sample_shape
        )
        noise = tf.unstack(noise, passes, axis=1)
        for numbers in discriminator:
            numbers["real_noise"] = noise.pop(0)
            numbers["noise"] = noise.pop(0)
        for numbers in generator:
            numbers["noise"] = noise.pop(0)
            if pairs:
                numbers["real_noise"] = noise.pop(0)
    if gan.penalty is not None:
        noise = gan.penalty.draw(
            seed,
            first_step * critics,
            num_steps * critics,
            batch_size,
            gan.sample_shape,
        )
        for k, numbers in enumerate(discriminator):
            if noise is not None:  # every `critics`-th row, from the k-th
                numbers["penalty"] = tf.nest.map_structure(
                    lambda t, k=k: t[k::critics], noise
                )
    return {"discriminator": discriminator, "generator": generator}
