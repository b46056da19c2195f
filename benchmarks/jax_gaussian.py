"""The training step of the 1-D Gaussian demonstration in JAX and optax.

The fastest that anybody could reasonably make it: all steps in one jitted
`jax.lax.fori_loop`, so Python is not there at all. The work is the same as that
of `GAN.fit`: draw and sort the real batch, draw z twice, one Adam update of the
discriminator, one of the generator, keep both losses of every step.

Three choices decide its speed, so they are options:

- `draw`: `"step"` draws inside the loop, `"block"` for 1000 steps at once.
- `dense`: `"matmul"`, or `"sum"`, the multiply-and-add of `layers.SmallDense`.
- `fused`: whether `optax.flatten` makes all parameters one vector, as
  `optimizers.FusedAdam` does.

`("step" or "block", "matmul", False)` is how JAX is written; the other values
are this project's own tricks, handed to the competitor.
"""

import jax
import jax.numpy as jnp
import optax

BLOCK = 1000


def initial_weights(key, hidden_size=4, minibatch=False):
    """Returns the weights of D and of G: lists of `{"w", "b"}`."""
    width = 2 * hidden_size
    third = 15 if minibatch else width
    last = width + 5 if minibatch else width
    d_shapes = [(1, width), (width, width), (width, third), (last, 1)]
    g_shapes = [(1, hidden_size), (hidden_size, 1)]
    keys = iter(jax.random.split(key, len(d_shapes + g_shapes)))

    def layer(shape):
        return {
            "w": jax.random.normal(next(keys), shape),
            "b": jnp.zeros(shape[1]),
        }

    d, g = [layer(s) for s in d_shapes], [layer(s) for s in g_shapes]
    if minibatch:
        d[2]["w"] *= 0.02
    return d, g


def make_program(
    hidden_size=4,
    batch_size=8,
    minibatch=False,
    draw="block",
    dense="matmul",
    fused=False,
):
    """Builds the jitted training program.

    Returns:
        The initial state, and a function `(state, first_step, num_blocks) ->
        (state, losses)` that runs `num_blocks * BLOCK` steps, where losses has
        the shape `(num_blocks, BLOCK, 2)`.
    """

    def linear(layer, x):
        if dense == "matmul":
            return x @ layer["w"] + layer["b"]
        return jnp.sum(x[..., jnp.newaxis] * layer["w"], -2) + layer["b"]

    def generator(g, z):
        return linear(g[1], jax.nn.softplus(linear(g[0], z)))

    def discriminator(d, x):
        x = jax.nn.relu(linear(d[0], x))
        x = jax.nn.relu(linear(d[1], x))
        points = linear(d[2], x)
        if minibatch:
            points = points.reshape(-1, 5, 3)
            gaps = points[:, jnp.newaxis] - points[jnp.newaxis]
            similarity = jnp.exp(-jnp.abs(gaps).sum(-1))
            x = jnp.concatenate([x, similarity.sum(1)], axis=1)
        else:
            x = jax.nn.relu(points)
        return linear(d[3], x)

    def d_loss(d, g, x, z):
        real, fake = discriminator(d, x), discriminator(d, generator(g, z))
        return jnp.mean(jax.nn.softplus(-real)) + jnp.mean(
            jax.nn.softplus(fake)
        )

    def g_loss(g, d, z):
        return jnp.mean(jax.nn.softplus(-discriminator(d, generator(g, z))))

    adam = optax.adam(1e-3, eps=1e-8)
    adam = optax.flatten(adam) if fused else adam
    grid = jnp.linspace(-8.0, 8.0, batch_size)
    seed = jax.random.key(0)

    def sample(step, shape):
        """Real batches `(*shape, batch, 1)` and z `(*shape, 2, batch, 1)`."""
        real_key, z_key = jax.random.split(jax.random.fold_in(seed, step))
        noise = jax.random.normal(real_key, (*shape, batch_size))
        real = jnp.sort(4.0 + 0.5 * noise, axis=-1)
        u = jax.random.uniform(z_key, (*shape, 2, batch_size))
        return real[..., jnp.newaxis], (grid + 0.01 * u)[..., jnp.newaxis]

    def update(state, x, z):
        d, g, d_state, g_state = state
        d_value, gradient = jax.value_and_grad(d_loss)(d, g, x, z[0])
        change, d_state = adam.update(gradient, d_state)
        d = optax.apply_updates(d, change)
        g_value, gradient = jax.value_and_grad(g_loss)(g, d, z[1])
        change, g_state = adam.update(gradient, g_state)
        g = optax.apply_updates(g, change)
        return (d, g, d_state, g_state), jnp.stack([d_value, g_value])

    def block(first_step, state):
        if draw == "block":
            reals, zs = sample(first_step, (BLOCK,))

        def step(i, carry):
            state, losses = carry
            if draw == "block":
                x, z = reals[i], zs[i]
            else:
                x, z = sample(first_step + i, ())
            state, values = update(state, x, z)
            return state, losses.at[i].set(values)

        losses = jnp.zeros((BLOCK, 2))
        return jax.lax.fori_loop(0, BLOCK, step, (state, losses))

    def run(state, first_step, num_blocks):
        def body(i, carry):
            state, losses = carry
            state, values = block(first_step + i * BLOCK, state)
            return state, losses.at[i].set(values)

        losses = jnp.zeros((num_blocks, BLOCK, 2))
        return jax.lax.fori_loop(0, num_blocks, body, (state, losses))

    d, g = initial_weights(jax.random.key(1), hidden_size, minibatch)
    state = (d, g, adam.init(d), adam.init(g))
    return state, jax.jit(run, static_argnums=2, donate_argnums=0)
