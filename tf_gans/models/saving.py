"""What a trained model's files hold: its configuration and its state."""

import keras

from tf_gans import layers


class Saved(keras.Model):
    """A model that goes on from a `.keras` file with the same numbers."""

    seed: keras.Variable
    optimizers: dict

    _adds_loss_scale = True  # not of optimizers that a file holds

    _arguments: tuple[str, ...] = ()
    """The constructor's arguments, each kept in an attribute of its name.

    All but `name` and `seed`: they make the configuration.
    """

    # Keras' files leave out how far the random layers have counted, such as
    # keras.layers.Dropout, and a training that goes on would not be the same.

    def _counters(self):
        return {
            f"seed_generator_{i}": generator.state
            for i, generator in enumerate(
                generator
                for layer in layers.walk(self)
                for generator in layer._seed_generators
            )
        }

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for name, counter in self._counters().items():
            store[name] = counter

    def load_own_variables(self, store):
        counters, names = self._counters(), list(store.keys())
        own = {n: store[n] for n in names if n not in counters}
        super().load_own_variables(own)
        for name, counter in counters.items():
            if name in names:  # not in files of the first releases
                counter.assign(store[name])

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            **{key: serialize(getattr(self, key)) for key in self._arguments},
            "seed": int(self.seed.numpy()),
        }

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        return cls(
            **{
                key: deserialize(value) if isinstance(value, dict) else value
                for key, value in config.items()
            }
        )

    def get_compile_config(self):
        if not self.compiled:
            return None
        serialize = keras.saving.serialize_keras_object
        return {
            **{name: serialize(o) for name, o in self.optimizers.items()},
            "jit_compile": self.jit_compile,
            "steps_per_execution": self.steps_per_execution,
        }

    def compile_from_config(self, config):
        deserialize = keras.saving.deserialize_keras_object
        # The optimizers as they were: of others' state nothing would be loaded.
        self._adds_loss_scale = False
        try:
            self.compile(**{k: deserialize(v) for k, v in config.items()})
        finally:
            self._adds_loss_scale = True
