"""`Source`: real batches as a function of the seed and the step."""


class Source:
    """Real batches as a function of (seed, step), compiled into the program.

    A `tf.data.Dataset` remembers where it is; a source does not need to, so a
    run that resumes at step 700 sees what an uninterrupted one would have seen.

    A subclass implements `draw`, and sets `sample_shape` and `batch_size`.
    """

    batch_size: int
    sample_shape: tuple

    def draw(self, seed, first_step, num_steps):
        """Draws the batches of a run of steps.

        Args:
            seed: int or scalar integer tensor.
            first_step: int or scalar integer tensor, counted from 0.
            num_steps: int.

        Returns:
            A tensor of shape `(num_steps, batch_size, *sample_shape)`, whose
            row `i` depends on `(seed, first_step + i)` alone. For a
            conditional model, a pair of it and int32 labels of shape
            `(num_steps, batch_size)`.
        """
        raise NotImplementedError

    def __repr__(self):
        shape = tuple(self.sample_shape)
        return (
            f"{type(self).__name__}(batch_size={self.batch_size}, "
            f"sample_shape={shape})"
        )
