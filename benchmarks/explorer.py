"""The page of explore.py: its first paint, and what a slider's move takes.

Both are budgets and no races: "theirs" is the time that we allow, 300 ms to the
first paint after the address is entered, and 100 ms from a slider's move to the
new picture on the canvas, of the conv generator of mnist.py, untrained, with
6.7 million parameters. Chromium and the server run on this machine, and share
its cores. First paint is the browser's own `first-contentful-paint`, of a new
context each time, so nothing is cached. A move is a key on a slider, and ends
when the page counts a new picture.

Without Chromium or playwright, of the extra `browser`, nothing is measured.
"""

import importlib.util
import shutil
import statistics
import sys

from benchmarks.measuring import Row, once

FIRST_PAINT, MOVE = 300, 100  # ms
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def page(network, visits, moves):
    """Prepares to measure, in ms: a dict of two lists."""
    import pathlib
    import tempfile

    from playwright.sync_api import sync_playwright

    from tf_gans import recipes
    from tf_gans.export import export_saved_model
    from tf_gans.serving.model import SavedModel
    from tf_gans.serving.server import Server

    with tempfile.TemporaryDirectory() as directory:
        gan = recipes.mnist.build(network, seed=1)
        path = export_saved_model(gan, pathlib.Path(directory) / "mnist")
        model = SavedModel(path, "mnist")
    model.warm_up()

    def measure():
        with (
            Server(model) as server,
            sync_playwright() as playwright,
            playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox"]
            ) as browser,
        ):
            server.start()
            paints = [_visit(browser, server.url) for _ in range(visits)]
            return {
                "paints": paints,
                "moves": _move(browser, server.url, moves),
            }

    return measure


def _visit(browser, url):
    """The first paint of a new visitor."""
    with browser.new_context() as context:
        view = context.new_page()
        view.goto(url)
        view.wait_for_selector("html[data-answers]", state="attached")
        return view.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0]"
            ".startTime"
        )


def _move(browser, url, moves):
    """How long each of some moves takes, after a few that warm up."""
    with browser.new_context() as context:
        view = context.new_page()
        view.goto(url)
        view.wait_for_selector("html[data-answers]", state="attached")
        times = view.evaluate(
            """async (moves) => {
              const slider = document.querySelector("#sliders input");
              const root = document.documentElement;
              const idle = () => new Promise((resolve) => {
                const look = () => root.hasAttribute("data-busy")
                  ? setTimeout(look, 1) : resolve();
                look();
              });
              const times = [];
              for (let i = 0; i < moves; i++) {
                await idle();
                const drawn = new Promise((resolve) => {
                  const seen = new MutationObserver(() => {
                    seen.disconnect();
                    resolve();
                  });
                  seen.observe(root, { attributeFilter: ["data-answers"] });
                });
                const start = performance.now();
                slider.value = i % 2 ? 0.5 : -0.5;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
                await drawn;
                times.push(performance.now() - start);
              }
              return times;
            }""",
            moves + 5,
        )
        return times[5:]


def run(quick=False):
    """Measures both against their budgets; of nothing where no browser is."""
    if CHROMIUM is None or importlib.util.find_spec("playwright") is None:
        print(
            "  skipped: needs chromium, and playwright of the extra browser",
            file=sys.stderr,
        )
        return []
    network = "dense" if quick else "conv"
    options = {
        "network": network,
        "visits": 2 if quick else 9,
        "moves": 5 if quick else 40,
    }
    times = once("explorer", "page", **options)
    slow = sorted(times["moves"])[int(0.95 * len(times["moves"]))]
    print(
        f"  95 % of the moves: at most {slow:.3g} ms; median "
        f"{statistics.median(times['moves']):.3g} ms",
        file=sys.stderr,
    )
    return [
        Row(
            "explore.py: first paint of the page, against its budget",
            times["paints"],
            [FIRST_PAINT],
            "ms",
            more_is_better=False,
            goal=1,
        ),
        Row(
            f"explore.py: a slider's move, generator `{network}` of mnist.py, "
            "against its budget",
            times["moves"],
            [MOVE],
            "ms",
            more_is_better=False,
            goal=1,
        ),
    ]
