"""Where the names of the first release are now.

The three small problems have moved to `tf_gans.toys`, the models to
`tf_gans.models`, and what trains a run to `tf_gans.runs`. Code that names the
old places goes on working: an old module's name leads to the new module, and a
package looks the names that it had up here. Nothing is imported before it is
asked for.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys

MODULES = {
    "tf_gans.began": "tf_gans.models.began",
    "tf_gans.callbacks.curves": "tf_gans.toys.quadratics.probe",
    "tf_gans.callbacks.distribution": "tf_gans.toys.gaussian.probe",
    "tf_gans.callbacks.mixtures": "tf_gans.toys.mixtures.probe",
    "tf_gans.data.curves": "tf_gans.toys.quadratics.data",
    "tf_gans.data.distributions": "tf_gans.toys.gaussian.data",
    "tf_gans.data.mixtures": "tf_gans.toys.mixtures.data",
    "tf_gans.gan": "tf_gans.models.gan",
    "tf_gans.generative": "tf_gans.models.generative",
    "tf_gans.metrics.curves": "tf_gans.toys.quadratics.metrics",
    "tf_gans.metrics.mixtures": "tf_gans.toys.mixtures.metrics",
    "tf_gans.metrics.scalar": "tf_gans.toys.gaussian.metrics",
    "tf_gans.networks.curves": "tf_gans.toys.quadratics.networks",
    "tf_gans.networks.gaussian": "tf_gans.toys.gaussian.networks",
    "tf_gans.networks.points": "tf_gans.toys.mixtures.networks",
    "tf_gans.plotting.curves": "tf_gans.plotting.training_curves",
    "tf_gans.plotting.distributions": "tf_gans.toys.gaussian.picture",
    "tf_gans.plotting.figures": "tf_gans.plotting.picture",
    "tf_gans.plotting.mixtures": "tf_gans.toys.mixtures.picture",
    "tf_gans.plotting.quadratics": "tf_gans.toys.quadratics.picture",
    "tf_gans.recipes.curves": "tf_gans.toys.quadratics.recipes",
    "tf_gans.recipes.gaussian": "tf_gans.toys.gaussian.recipes",
    "tf_gans.recipes.points": "tf_gans.toys.mixtures.recipes",
    "tf_gans.run": "tf_gans.runs.directory",
    "tf_gans.sampler": "tf_gans.runs.load",
    "tf_gans.vae": "tf_gans.models.vae",
}

# By the package that had them: names by the module that has them now, some of
# them under another name.
_NAMES = {
    "tf_gans.callbacks": {
        "tf_gans.toys.gaussian.probe": ["DistributionProbe"],
        "tf_gans.toys.mixtures.probe": ["MixtureProbe"],
        "tf_gans.toys.quadratics.probe": ["CurveProbe"],
    },
    "tf_gans.data": {
        "tf_gans.toys.gaussian.data": ["Empirical", "Gaussian"],
        "tf_gans.toys.mixtures.data": ["Grid", "Mixture", "Ring", "SwissRoll"],
        "tf_gans.toys.quadratics.data": ["Quadratics"],
    },
    "tf_gans.metrics": {
        "tf_gans.toys.gaussian.metrics": [
            "SCALAR_METRICS",
            "scalar_floors=scalar_baseline",
            "scalar_metrics",
        ],
        "tf_gans.toys.mixtures.metrics": [
            "MIXTURE_METRICS",
            "mixture_floors=mixture_baseline",
            "mixture_metrics",
        ],
        "tf_gans.toys.quadratics.metrics": [
            "CURVE_METRICS",
            "curve_floors=curve_baseline",
            "curve_metrics",
        ],
    },
}


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the new module under the old one's name."""

    def find_spec(self, name, path=None, target=None):
        if name in MODULES:
            return importlib.machinery.ModuleSpec(name, self)
        return None

    def exec_module(self, module):
        # The import system hands out what stands here at the end.
        name = module.__name__
        sys.modules[name] = importlib.import_module(MODULES[name])


def install():
    """Lets the old modules' names be imported."""
    if not any(type(finder) is _Finder for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def attributes(package):
    """Returns the `__getattr__` of a package that had these names."""
    places = {}
    for module, entries in _NAMES.get(package, {}).items():
        for entry in entries:
            old, _, new = entry.partition("=")
            places[old] = (module, new or old)

    def __getattr__(name):
        if name in places:
            module, new = places[name]
            return getattr(importlib.import_module(module), new)
        if f"{package}.{name}" in MODULES:
            return importlib.import_module(MODULES[f"{package}.{name}"])
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return __getattr__
