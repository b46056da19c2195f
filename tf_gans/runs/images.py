"""Trainings on images: folders, archives, downloaded sets and triangles."""

import contextlib
import types

from tf_gans import provenance
from tf_gans.errors import UserError
from tf_gans.runs import cli, codes, evaluating, load, processor
from tf_gans.runs.session import HOLD_SECONDS
from tf_gans.runs.training import Training

GRID_ROWS = 8  # of a grid of samples


class ImageTraining(Training):
    """What the declarations of the image models share.

    Attributes:
        folder_size: the sides that pictures of a folder get where no size is
            named.
    """

    log_every = 50
    checkpoint_seconds = 60.0
    fps = 20
    free: tuple = ("data", "epochs")
    folder_size: int | None = None

    def add_flags(self, learned, learning, changing):
        learned(
            "--dataset",
            choices=self.problem.datasets,
            default=self.problem.datasets[0],
            help="images that are downloaded once, or triangles, which are "
            "drawn here and need no network (default: %(default)s)",
        )
        learned(
            "--data",
            type=cli.existing_path,
            metavar="PATH",
            help="learn these images instead: a folder, or an .npz file with "
            "uint8 images as x_train",
        )
        learning(
            "--epochs",
            type=cli.integer(1, 10**6),
            metavar="N",
            help="passes through the images (default: the recipe's)",
        )
        learning(
            "--batch-size",
            type=cli.integer(2, 4096),
            metavar="N",
            help="images in a batch (default: the recipe's)",
        )
        learning(
            "--ema",
            type=cli.number(0, 0.999999),
            metavar="DECAY",
            help="draw samples from a moving average of the generator; 0.999 "
            "is usual (default: none)",
        )
        learning(
            "--mixed-precision",
            nargs="?",
            choices=("bfloat16", "float16"),
            const="bfloat16",
            help="compute in 16 bits, with weights in 32; bfloat16 where "
            "nothing is named (default: 32 bits)",
        )

    def add_shape_flags(self, learning, sizes):
        """Adds `--size` and `--channels`."""
        learning(
            "--size",
            type=cli.integer(1, 1024),
            metavar="N",
            help=f"crop and shrink the images to N x N: {sizes} (default: "
            f"{self.folder_size} for a folder, otherwise the data's)",
        )
        learning(
            "--channels",
            type=int,
            choices=(1, 3),
            help="grey or coloured (default: the data's)",
        )

    def add_evaluation_flags(self, add):
        evaluating.add_image_flags(add)

    def add_output_flags(self, add):
        add(
            "--sample-every",
            type=cli.integer(1, 10**9),
            default=250,
            metavar="N",
            help="a grid of samples every N steps (default: %(default)s)",
        )
        add(
            "--batch-statistics",
            action="store_true",
            help="normalise the batches of the grids by their own statistics, "
            "as in training, not by the moving averages",
        )

    def check(self, parser, values, named):
        if values.data and "dataset" in named:
            parser.error(
                "argument --data: cannot be used together with --dataset"
            )

    def new_config(self, args):
        config = super().new_config(args)
        if args.data:
            config["dataset"] = None
            if config.get("size") is None and args.data.is_dir():
                config["size"] = self.folder_size
        return config

    def open(self, config):
        from tf_gans import data

        wanted = {
            "dataset": None if config["data"] else config["dataset"],
            "path": config["data"],
            "size": config["size"],
            "channels": config["channels"],
            "with_labels": self.needs_labels(config),
        }
        # What cannot be learned is refused before all pictures are read.
        facts = data.peek_images(**wanted)
        _check(config, facts.num_images, facts.height, facts.width)
        try:
            self.check_size(facts.height)
        except ValueError as error:
            raise UserError(self._as_flags(str(error))) from None
        images = data.load_images(**wanted, say=cli.warn)
        count, height, width, channels = images.images.shape
        _check(config, count, height, width)
        source = self.make_source(images, config)
        # An evaluation begins with them.
        self._loaded = images if config.get("evaluate_every") else None
        self._first = images.images[: GRID_ROWS**2].copy()
        return source, {
            "size": height,
            "channels": channels,
            "identity": images.identity,
            "num_classes": source.num_classes,
            "classes": images.classes
            and list(images.classes[: source.num_classes]),
        }

    def needs_labels(self, config):
        """Whether the images' labels are learned, too."""
        return config.get("conditional", False)

    def make_source(self, images, config):
        """The source of the batches.

        Args:
            images: what `data.load_images` has returned.
            config: dict of the hyper-parameters.
        """
        from tf_gans import data

        return data.Images(
            images.images,
            config["batch_size"],
            images.labels,
            name=images.name,
        )

    def check_size(self, size):
        """Raises a `ValueError` where the networks have no such size."""

    def begin(self, session):
        from tf_gans import plotting

        source, run = session.source, session.run
        print(
            f"{source.name}: {source.num_images:,} images of "
            f"{'x'.join(map(str, source.sample_shape))}; run: {run.path}"
        )
        if not session.config["mixed_precision"]:
            self._say_bfloat16()
        # What the samples are to look like.
        grid = plotting.image_grid(self._first, scale=2)
        about = session.about | {"generated": False}
        plotting.write_png(run.path / "real.png", grid, about)

    def _say_bfloat16(self):
        import tensorflow as tf

        found = processor.bfloat16_instructions()
        if found and not tf.config.list_physical_devices("GPU"):
            print(
                f"This processor computes in bfloat16 ({', '.join(found)}): "
                "--mixed-precision is faster on it."
            )

    def steps_per_epoch(self, session):
        """How many steps of the model see each image about once."""
        return session.model.steps_per_epoch(session.source)

    def count_steps(self, session):
        return session.config["epochs"] * self.steps_per_epoch(session)

    def progress(self, session):
        from tf_gans import callbacks

        return callbacks.ImageProgress(
            session.total_steps,
            session.source.batch_size * session.model.batches_per_step,
            self.steps_per_epoch(session),
            session.step,
        )

    def watch(self, session):
        from tf_gans import callbacks, plotting

        run, args = session.run, session.args
        board = callbacks.TensorBoard(run.path / "tensorboard", args.log_every)

        def keep(step, images):
            grid = self.arranged(session, images)
            path = run.path / "samples" / f"step-{step:09d}.png"
            about = provenance.of_run(session.config, step)
            plotting.write_png(path, grid, about)
            board.image(step, grid)

        if session.evaluation:
            session.evaluation.receivers.append(board.scalars)

        def record(step, images):
            session.frames.append([step], images=images[None])

        watchers = [
            self._grid(session, args.sample_every, keep),
            board,  # closes its file at the end, after the last grid
        ]
        if args.anim_path:
            steps = session.film_steps(session.total_steps, self.fps)
            watchers.append(self._grid(session, steps, record))
        return watchers

    def arranged(self, session, images, scale=1):
        """The picture of what `_grid` drew."""
        from tf_gans import plotting

        columns, names = columns_of(session.model), class_names(session)
        return plotting.class_grid(images, names, columns, scale=scale)

    def columns(self, session):
        """How many columns the grids of a film have; None for as many rows."""
        return columns_of(session.model)

    def _grid(self, session, every=1, receiver=None):
        """The callback that draws the run's fixed latents."""
        from tf_gans import callbacks

        model = session.model
        return callbacks.SampleGrid(
            every,
            receiver,
            num_samples=GRID_ROWS * (columns_of(model) or GRID_ROWS),
            seed=int(model.seed.numpy()),
            batch_statistics=session.args.batch_statistics,
        )

    def is_done(self, session):
        return bool(session.evaluation) and session.evaluation.is_reached()

    def end(self, session):
        if session.evaluation:
            session.evaluation.say_end()

    def measurement(self, session):
        loaded, self._loaded = self._loaded, None  # they are large
        return evaluating.of_images(session, loaded)

    def measure(self, session):
        return {
            "epochs": session.step / self.steps_per_epoch(session),
            "images": session.source.num_images,
        }

    def draw(self, session):
        from tf_gans import plotting

        images = self._grid(session).draw(session.model)
        grid = self.arranged(session, images, scale=2)
        path = session.run.path / "samples.png"
        plotting.write_png(path, grid, session.about)
        print(f"Samples: {path}")
        if getattr(session.model.latents, "continuous", 0):
            sampler = load.sampler_of(session.model)
            path = session.run.path / "codes.png"
            plotting.write_png(path, codes.picture(sampler, 0), session.about)
            print(f"Codes: {path}")

    @contextlib.contextmanager
    def open_film(self, session):
        from tf_gans import plotting

        per_epoch = self.steps_per_epoch(session)
        columns = self.columns(session)
        path, heads = session.args.anim_path, class_names(session)
        with plotting.GridFilm(
            path, self.fps, heads, HOLD_SECONDS, session.about
        ) as film:

            def add(steps, images):
                for step, samples in zip(steps, images, strict=True):
                    film.add(
                        plotting.image_grid(samples, columns),
                        f"epoch {step / per_epoch:.1f}, step {step:,}",
                    )

            yield types.SimpleNamespace(add=add)


def columns_of(model):
    """How many columns a grid has, one for each class or category; or None."""
    prior = getattr(model, "latents", None)
    categories = getattr(prior, "num_categories", None)
    return model.num_classes or categories


def class_names(session):
    """The names of a conditional model's classes, or their numbers.

    Categories that nobody has named are c0, c1 and so on: they are no labels.
    """
    model = session.model
    if not model.num_classes:
        return [f"c{number}" for number in range(columns_of(model) or 0)]
    numbers = map(str, range(model.num_classes))
    return session.config.get("classes") or list(numbers)


def _check(config, count, height, width):
    if height != width:
        raise UserError(
            f"{config['data'] or config['dataset']}: the images must be "
            f"square, or be cropped with --size; received {width}x{height}"
        )
    if count < config["batch_size"]:
        raise UserError(
            f"--batch-size {config['batch_size']}: there are only {count} "
            "images; name a smaller one"
        )
