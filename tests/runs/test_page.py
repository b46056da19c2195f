"""report.html, read as a browser reads it, and in one where there is one."""

import html.parser
import json
import pathlib

import numpy as np
import pytest

from tests import script_runner
from tests.plotting.packed import unpacked
from tf_gans.runs import page
from tf_gans.runs.frames import FrameStore

GAUSSIAN = script_runner.load("gaussian")
MNIST = script_runner.load("mnist")
QUICK = ["--recipe", "code", "--num-steps", 300, "--no-window"]
# What would be an element, and end the data's, if it were not escaped.
NAME = "<b id=evil>\"run&'<"

CHROMIUM = pathlib.Path("/usr/bin/chromium")


class Reader(html.parser.HTMLParser):
    """The elements of a page, their attributes and their text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.open.append(dict(attributes).get("id") or tag)

    def handle_endtag(self, tag):
        del tag
        if self.open:
            self.open.pop()

    def handle_data(self, data):
        if self.open:
            last = self.open[-1]
            self.text[last] = self.text.get(last, "") + data

    @property
    def data(self):
        return json.loads(self.text["data"])


def read(run_dir):
    return Reader((run_dir / page.FILE).read_text("utf-8"))


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A run of a small problem with a film, in a directory of an odd name."""
    cwd = tmp_path_factory.mktemp("toy")
    film = ["--anim-path", "film.gif"]
    flags = [*QUICK, "--evaluate-every", 100, "--run-dir", NAME, *film]
    out, _ = script_runner.run(GAUSSIAN, *flags, cwd=cwd)
    return cwd / NAME, out


def test_the_last_line_names_it(toy):
    run_dir, out = toy
    assert out.splitlines()[-1] == f"Report: {NAME}/report.html"
    assert (run_dir / page.FILE).stat().st_size < 5 * 2**20


def test_what_the_user_named_is_escaped(toy):
    made = read(toy[0])
    assert made.text["title"] == f"gaussian: {NAME}"
    assert not [a for _, a in made.elements if a.get("id") == "evil"]
    assert not [tag for tag, _ in made.elements if tag == "b"]
    assert [tag for tag, _ in made.elements].count("script") == 2


def test_it_needs_nothing_else(toy):
    """No address but data: anywhere, and a policy that says so."""
    made = read(toy[0])
    for tag, attributes in made.elements:
        for name in ("src", "href", "srcset", "poster", "action"):
            address = attributes.get(name)
            assert address is None or address.startswith("data:"), (tag, name)
        assert not [name for name in attributes if name.startswith("on")]
    assert "url(" not in made.text["style"]
    (policy,) = [
        attributes["content"]
        for tag, attributes in made.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "@@" not in (toy[0] / page.FILE).read_text()


def test_it_says_what_the_run_knows(toy):
    run_dir, _ = toy
    made = read(run_dir)
    summary = json.loads((run_dir / "summary.json").read_text())
    said = made.text["headline"]
    assert said.startswith("301 steps")
    assert f"W1 {summary['samples']['w1']:.4g}" in said
    assert f"(real samples: {summary['baseline']['w1']:.4g})" in said
    text = (run_dir / page.FILE).read_text()
    for name in ("hidden_size", "num_steps", "tensorflow", "--resume"):
        assert name in text
    sources = [a.get("src", "") for _, a in made.elements]
    assert any(s.startswith("data:image/gif;base64,") for s in sources)


def test_its_frames_are_those_that_were_recorded(toy):
    run_dir, _ = toy
    scene = read(run_dir).data["scene"]
    frames = FrameStore(run_dir / "frames").together()
    assert scene["steps"] == frames["steps"].tolist()
    assert (scene["steps"][0], scene["steps"][-1]) == (0, 300)
    assert len(scene["steps"]) == 255
    np.testing.assert_allclose(
        unpacked(scene["boundary"]), frames["boundary"], atol=1e-4
    )
    most = 2 * scene["limit"]
    np.testing.assert_allclose(
        unpacked(scene["density"]),
        frames["density"].clip(0, most),
        atol=1e-4 * most,
    )


def test_the_losses_are_those_of_the_steps(toy):
    run_dir, _ = toy
    scene = read(run_dir).data["scene"]
    rows = map(json.loads, (run_dir / "log.jsonl").read_text().splitlines())
    logged = {row["step"]: row for row in rows}
    both = [s for s in scene["steps"] if s in logged]
    assert len(both) > 10
    for step in both:
        place = scene["steps"].index(step)
        for name, values in scene["numbers"].items():
            assert values[place] == pytest.approx(logged[step][name], rel=1e-3)


def test_the_curves_are_the_log(toy):
    run_dir, _ = toy
    charts = {c["name"]: c for c in read(run_dir).data["charts"]}
    rows = [
        json.loads(line)
        for line in (run_dir / "log.jsonl").read_text().splitlines()
    ]
    loss = charts["Loss"]
    assert loss["steps"] == [row["step"] for row in rows]
    np.testing.assert_allclose(
        loss["series"][0]["values"], [r["d_loss"] for r in rows], rtol=1e-3
    )
    # Of --evaluate-every, with what real samples score.
    assert len(charts["W1"]["levels"]) == 1
    assert charts["W1"]["steps"][-1] == 301


def test_a_long_log_is_thinned(toy, tmp_path):
    """Each point is a mean, and all of the run is there."""
    from tf_gans.plotting import training_curves as curves

    rows = [{"step": i, "d_loss": i + 100 * (-1) ** i} for i in range(7001)]
    (panel,) = curves.panels_of(rows)
    chart = page._chart(curves, *panel)
    assert len(chart["steps"]) <= page.MOST_POINTS
    assert chart["steps"][0] < 12
    assert chart["steps"][-1] > 6985
    values = np.array(chart["series"][0]["values"])
    np.testing.assert_allclose(values[1:-1], chart["steps"][1:-1], atol=12)


def test_it_is_written_again_and_its_failure_costs_nothing(toy):
    run_dir, _ = toy
    report = run_dir / page.FILE
    before = read(run_dir).data["scene"]
    report.unlink()
    resume = ["--run-dir", NAME, "--resume", "--no-window"]
    script_runner.run(GAUSSIAN, *resume, cwd=run_dir.parent)
    assert read(run_dir).data["scene"] == before
    whole = report.read_text()
    report.unlink()
    report.mkdir()
    try:
        out, err = script_runner.run(GAUSSIAN, *resume, cwd=run_dir.parent)
        (line,) = err.splitlines()
        assert "report.html: cannot be written" in line
        assert line.endswith("all else is kept")
        assert "Report:" not in out
    finally:
        report.rmdir()
        report.write_text(whole)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A run of an image model."""
    cwd = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (64, 28, 28), np.uint8)
    np.savez(cwd / "data.npz", x_train=images)
    flags = ["--data", "data.npz", "--network", "dense", "--batch-size", 16]
    often = ["--epochs", 3, "--log-every", 1, "--sample-every", 4]
    script_runner.run(MNIST, *flags, *often, "--run-dir", "run", cwd=cwd)
    return cwd / "run"


def test_grids(pictures):
    data = read(pictures).data
    assert data["scene"] is None
    assert data["grids"]["steps"] == [0, 4, 8, 12]
    for image in data["grids"]["images"]:
        assert image.startswith("data:image/png;base64,")
    text = (pictures / page.FILE).read_text()
    assert "The samples were not measured" in text
    assert "--grid samples.png" in text


def test_many_grids_are_thinned(pictures, monkeypatch):
    monkeypatch.setattr(page, "MOST_GRIDS", 3)
    assert page._grids(pictures)["steps"] == [0, 4, 12]
    assert page._grids(pictures)["left_out"] == 1
    monkeypatch.setattr(page, "MOST_GRID_BYTES", 1)
    assert page._grids(pictures)["steps"] == [0, 12]
    assert page._grids(pictures / "nothing") is None


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs the package playwright"
    )
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM}")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox"]
        )
        yield made
        made.close()


@pytest.mark.parametrize("width", [1000, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(browser, toy, scheme, width):
    """By double-click, without a network, with the keyboard alone."""
    run_dir, _ = toy
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        offline=True,
    )
    said, asked = [], []
    try:
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        address = (run_dir / page.FILE).as_uri()
        tab.goto(address)
        canvas, slider = tab.locator("canvas"), tab.get_by_role("slider")
        draw = "node => node.toDataURL()"
        last = canvas.evaluate(draw)
        slider.focus()
        tab.keyboard.press("Home")
        assert "step 0 of 300" in slider.get_attribute("aria-valuetext")
        first = canvas.evaluate(draw)
        tab.keyboard.press("ArrowRight")
        assert len({last, first, canvas.evaluate(draw)}) == 3
        tab.keyboard.press("Home")
        assert canvas.evaluate(draw) == first
        tab.keyboard.press("Shift+Tab")  # to the button
        tab.keyboard.press("Space")
        tab.wait_for_function("() => document.querySelector('input').value > 3")
        tab.keyboard.press("Space")
        assert tab.get_by_role("button").first.inner_text() == "Play"
        chart = tab.locator(".chart svg").first
        chart.focus()
        tab.keyboard.press("End")
        assert "step 300" in tab.locator(".tip").first.inner_text()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        paper = "getComputedStyle(document.body).backgroundColor"
        assert (tab.evaluate(paper) == "rgb(255, 255, 255)") == (
            scheme == "light"
        )
        assert said == []
        assert [a for a in asked if not a.startswith("data:")] == [address]
    finally:
        context.close()
