"""explore.py's page in a real browser: what it shows, and what it asks for."""

import base64
import contextlib
import io
import json
import pathlib
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.serving import models
from tf_gans import latent_space, latents, pixels
from tf_gans.serving.model import SavedModel
from tf_gans.serving.server import PAGE, Server

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright, the extra browser, is missing"
)
if CHROMIUM is None:
    pytest.skip("there is no chromium on the PATH", allow_module_level=True)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as runner:
        browser = runner.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


class Page:
    """A page, and what it did: its errors and its requests."""

    def __init__(self, page, url):
        self.page, self.url = page, url
        self.errors, self.requests = [], []
        self.at_once = self.most_at_once = 0
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_end)
        page.on("requestfailed", self._on_end)

    def _on_console(self, message):
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _on_request(self, request):
        self.requests.append(request)
        if request.url.endswith(":predict"):
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)

    def _on_end(self, request):
        self.at_once -= request.url.endswith(":predict")

    def asked(self):
        """The bodies of the requests for predictions."""
        return [
            json.loads(request.post_data)
            for request in self.requests
            if request.url.endswith(":predict")
        ]

    def picture(self, canvas="#stage"):
        """The pixels of a canvas, as they are."""
        url = self.page.locator(canvas).evaluate("c => c.toDataURL()")
        return _decode(url)

    def settled(self):
        """Waits until nothing more is asked."""
        self.page.wait_for_selector("html:not([data-busy])", state="attached")

    def text(self, selector):
        return self.page.locator(selector).inner_text().strip()

    def call(self, function, *arguments):
        """Calls a function of latent.js."""
        return self.page.evaluate(
            "async ([name, args]) =>"
            " (await import('/latent.js'))[name](...args)",
            [function, list(arguments)],
        )


def _decode(url):
    content = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


@contextlib.contextmanager
def opened(browser, model, errors=False, **options):
    """Serves a model and opens its page, which must go well and stay here."""
    context = browser.new_context(
        **{"viewport": {"width": 1280, "height": 860}, **options}
    )
    with Server(model) as server, contextlib.closing(context):
        server.start()
        page = Page(context.new_page(), server.url)
        page.page.goto(server.url)
        page.page.wait_for_selector("html[data-answers]", state="attached")
        page.settled()
        page.server = server
        yield page
        if not errors:
            assert page.errors == []
        outside = {
            request.url
            for request in page.requests
            if not request.url.startswith((server.url, "data:", "blob:"))
        }
        assert outside == set()


@pytest.fixture(scope="module")
def gaussian(browser):
    with opened(browser, models.model("gaussian")) as page:
        yield page


@pytest.fixture
def grey(browser):
    with opened(browser, models.model("grey")) as page:
        yield page


@pytest.fixture
def classes(browser):
    with opened(browser, models.model("classes")) as page:
        yield page


def images_of(name, z, *labels):
    """The pixels that the model makes of z."""
    inputs = {"z": np.asarray(z, np.float32)}
    if labels:
        inputs["labels"] = np.array(labels, np.int32)
    model = models.model(name)
    samples = model.run("serving_default", inputs)["samples"]
    made = pixels.to_pixels(samples, model.description["value_range"])
    return np.broadcast_to(made, (*made.shape[:3], 3))


def z_of(name, *seeds, **inputs):
    return np.stack(
        [
            models.model(name).run(
                "generate",
                {
                    "seed": np.int64(seed),
                    **(inputs or {"num_samples": np.int32(1)}),
                },
            )["z"][0]
            for seed in seeds
        ]
    )


# What is shown ----------------------------------------------------------------


def test_the_first_picture_is_the_sample_of_seed_0(grey):
    z = z_of("grey", 0)
    np.testing.assert_array_equal(grey.picture(), images_of("grey", z)[0])
    assert grey.text("h1") == "grey"
    assert "z has 100 numbers, from \N{MINUS SIGN}1 to 1" in grey.text("#facts")
    assert grey.text("#caption") == "seed 0"
    assert grey.text("#opinion-name") == "D says real"
    assert re.fullmatch(r"\d+ %", grey.text("#opinion-value"))


def test_a_slider_moved_by_the_keyboard(grey):
    z = z_of("grey", 0)
    before = grey.picture()
    slider = grey.page.get_by_label("z 3", exact=True)
    slider.focus()
    slider.press("End")
    grey.settled()
    z[0, 3] = 1
    np.testing.assert_array_equal(grey.picture(), images_of("grey", z)[0])
    assert (grey.picture() != before).any()
    assert grey.text("#caption") == "seed 0, changed"
    slider.press("ArrowLeft")
    grey.settled()
    assert float(slider.input_value()) == pytest.approx(0.99)
    # And back.
    grey.page.get_by_role("button", name="Undo changes").press("Enter")
    grey.settled()
    np.testing.assert_array_equal(grey.picture(), before)
    assert grey.text("#caption") == "seed 0"


def test_sliders_by_pages(grey):
    page = grey.page
    assert page.locator("#sliders input").count() == 10
    assert page.get_by_role("button", name="Earlier").is_disabled()
    for _ in range(9):
        page.get_by_role("button", name="Later components").click()
    assert grey.text("#shown") == "90 to 99 of 100"
    assert page.get_by_role("button", name="Later").is_disabled()
    slider = page.get_by_label("z 99")
    slider.fill("-1")
    grey.settled()
    z = z_of("grey", 0)
    z[0, 99] = -1
    np.testing.assert_array_equal(grey.picture(), images_of("grey", z)[0])


def test_one_request_at_a_time_and_the_newest_wins(grey):
    slider = grey.page.locator("#sliders input").first
    grey.most_at_once = 0
    count = len(grey.asked())
    # 60 positions in one turn of the browser, before any answer can come.
    slider.evaluate(
        """(slider) => {
          for (let i = 0; i < 60; i++) {
            slider.value = -1 + i / 30;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
          }
        }"""
    )
    grey.settled()
    assert grey.most_at_once == 1
    asked = [
        request["inputs"]["z"][0][0]
        for request in grey.asked()[count:]
        if request["signature_name"] == "serving_default"
    ]
    assert 1 <= len(asked) <= 3
    assert asked[-1] == float(slider.input_value()) == pytest.approx(0.97)


def test_a_random_draw_and_its_seed(grey):
    grey.page.get_by_role("button", name="Random").click()
    grey.settled()
    seed = int(grey.page.get_by_label("Seed", exact=True).input_value())
    made = images_of("grey", z_of("grey", seed))[0]
    np.testing.assert_array_equal(grey.picture(), made)
    grey.page.get_by_label("Seed", exact=True).fill("41")
    grey.page.keyboard.press("Enter")
    grey.settled()
    made = images_of("grey", z_of("grey", 41))[0]
    np.testing.assert_array_equal(grey.picture(), made)


def test_the_grid_by_seeds(grey):
    grey.page.get_by_role("tab", name="Sliders").focus()
    grey.page.keyboard.press("ArrowRight")
    grey.page.get_by_label("First seed").fill("100")
    grey.page.get_by_label("How many").select_option("16")
    grey.settled()
    thumbs = grey.page.locator("#grid button")
    assert thumbs.count() == 16
    assert thumbs.last.get_attribute("aria-label") == "Seed 115"
    expected = images_of("grey", z_of("grey", 115))[0]
    small = grey.picture("#grid li:last-child canvas").astype(int)
    assert np.abs(small - expected).max() <= 1  # another batch, another bit
    thumbs.last.press("Enter")
    grey.settled()
    np.testing.assert_array_equal(grey.picture(), expected)


def pin(page, *seeds):
    for seed in seeds:
        page.page.get_by_label("Seed", exact=True).fill(str(seed))
        page.page.keyboard.press("Enter")
        page.settled()
        page.page.get_by_role("button", name="Pin").click()


def test_between_two(grey):
    pin(grey, 5, 9)
    grey.page.get_by_role("tab", name="Between").click()
    assert "along the line" in grey.text("#way")
    grey.page.get_by_role("slider", name="Way").fill("0.25")
    grey.settled()
    z = latent_space.lerp(*z_of("grey", 5, 9), 0.25)
    near = grey.picture().astype(int) - images_of("grey", z[np.newaxis])[0]
    assert np.abs(near).max() <= 1
    assert grey.page.locator("#strip button").count() == 7
    grey.page.locator("#strip button").last.click()
    grey.settled()
    end = images_of("grey", z_of("grey", 9))[0]
    np.testing.assert_array_equal(grey.picture(), end)


def test_arithmetic_with_three(grey):
    grey.page.get_by_role("tab", name="Arithmetic").click()
    assert grey.page.locator("#show-sum").is_hidden()
    pin(grey, 1, 2, 3)
    grey.page.get_by_role("button", name="Show it").click()
    grey.settled()
    a, b, c = z_of("grey", 1, 2, 3).astype(np.float64)
    z = (a - b + c)[np.newaxis]
    near = grey.picture().astype(int) - images_of("grey", z)[0]
    assert np.abs(near).max() <= 1
    assert "outside of the prior" in grey.text("#caption")
    # A pin that is removed is gone from the lists, too.
    grey.page.get_by_role("button", name="Remove B").press("Enter")
    assert grey.page.locator("#a option").all_inner_texts() == ["A", "C"]
    assert grey.page.locator("#show-sum").is_hidden()
    grey.page.get_by_role("button", name="Show A").click()
    grey.settled()
    first = images_of("grey", z_of("grey", 1))[0]
    np.testing.assert_array_equal(grey.picture(), first)


def test_labels(classes):
    options = classes.page.locator("#label option").all_inner_texts()
    assert options == list(models.CLASSES)
    classes.page.get_by_label("Label").select_option("cow")
    classes.settled()
    z = z_of("classes", 0, labels=np.array([0], np.int32))
    made = images_of("classes", z, 2)[0]
    np.testing.assert_array_equal(classes.picture(), made)
    assert classes.text("#caption") == "seed 0 · cow"
    classes.page.get_by_role("tab", name="Seeds").click()
    classes.settled()
    assert classes.asked()[-1]["inputs"]["labels"] == [2] * 36


def test_the_download(grey):
    with grey.page.expect_download() as download:
        grey.page.get_by_role("button", name="Download PNG").click()
    assert download.value.suggested_filename == "grey-seed-0.png"
    image = np.asarray(Image.open(download.value.path()).convert("RGB"))
    np.testing.assert_array_equal(image, grey.picture())


def test_the_plot_of_a_number(gaussian):
    """A slider moves the line, and the words beside it."""
    before, caption = gaussian.picture(), gaussian.text("#caption")
    assert re.fullmatch(r"seed 0 · G\(z\) = \d\.\d{3}", caption)
    slider = gaussian.page.get_by_label("z 0", exact=True)
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == (
        *("-3", "3"),
    )
    slider.press("Home")
    gaussian.settled()
    assert (gaussian.picture() != before).any()
    model = models.model("gaussian")
    z = np.full((1, 1), -3, np.float32)
    (sample,) = model.run("serving_default", {"z": z})["samples"][0]
    assert gaussian.text("#caption") == f"seed 0, changed · G(z) = {sample:.3f}"


# What goes wrong --------------------------------------------------------------


def test_mistakes_are_said(browser, monkeypatch):
    model = SavedModel(models.path("gaussian"), "gaussian")
    with opened(browser, model, errors=True) as page:
        ask = model.predict
        slider = page.page.get_by_label("z 0", exact=True)
        # A fault of the server, numbers that are none, and no server at all.
        monkeypatch.setattr(model, "predict", lambda path, body: 1 / 0)
        slider.press("ArrowLeft")
        page.page.get_by_text("ZeroDivisionError: division by zero").wait_for()
        nan = b'{"outputs": [[NaN]]}'
        monkeypatch.setattr(model, "predict", lambda path, body: nan)
        slider.press("ArrowLeft")
        page.page.get_by_text("numbers that are not finite").wait_for()
        monkeypatch.setattr(model, "predict", ask)
        slider.press("ArrowLeft")
        page.page.locator("#status:empty").wait_for(state="attached")
        page.page.route("**/*", lambda route: route.abort())
        slider.press("ArrowLeft")
        page.page.get_by_text("The server does not answer.").wait_for()


# Its looks --------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_cut_off(browser, scheme, width):
    """In all panels; and the colors follow the system's."""
    with opened(
        browser,
        models.model("classes"),
        color_scheme=scheme,
        viewport={"width": width, "height": 860},
    ) as page:
        pin(page, 1, 2, 3)
        for name in ("Sliders", "Seeds", "Between", "Arithmetic"):
            page.page.get_by_role("tab", name=name).click()
            page.settled()
            assert (
                page.page.evaluate("document.documentElement.scrollWidth")
                <= width
            )
            for text in ("Random", "Pin", "Download PNG", name):
                box = page.page.get_by_text(text, exact=True).bounding_box()
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= width
        image = Image.open(io.BytesIO(page.page.screenshot()))
        background = np.mean(image.convert("L").getpixel((2, 2)))
        assert (background > 200) == (scheme == "light")


def test_everything_has_a_name(grey):
    """No control without a name, no name twice in the document."""
    pin(grey, 1, 2, 3)
    for tab in grey.page.get_by_role("tab").all():
        tab.click()
        grey.settled()
        nameless = grey.page.evaluate(
            """[...document.querySelectorAll("button, input, select")]
              .filter((e) => e.checkVisibility() && !e.ariaLabel
                && !e.textContent.trim() && !(e.labels ?? []).length)
              .map((e) => e.outerHTML)"""
        )
        assert nameless == []
    ids = grey.page.evaluate(
        "[...document.querySelectorAll('[id]')].map((e) => e.id)"
    )
    assert len(ids) == len(set(ids))


def test_its_files_name_no_other_place():
    for path in PAGE.iterdir():
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//\w+\.\w+/", text), path.name


# The same as in Python --------------------------------------------------------


def config_of(prior):
    return {"class_name": type(prior).__name__, "config": prior.get_config()}


PRIORS = [
    latents.Normal((3, 2)),
    latents.Uniform((4,), -0.5, 2),
    latents.Stratified(),
]


@pytest.mark.parametrize("prior", PRIORS, ids=repr)
def test_priors(gaussian, prior):
    config = config_of(prior)
    support = prior.support and list(prior.support)
    assert gaussian.call("support", config) == support
    assert gaussian.call("sliderRange", config) == (support or [-3, 3])
    assert gaussian.call("shapeOf", config) == list(prior.shape)
    # Its own draws, where the model gives none.
    drawn = gaussian.page.evaluate(
        """async (prior) => {
          const { draw } = await import("/latent.js");
          return Array.from({ length: 300 }, (_, seed) => draw(prior, seed));
        }""",
        config,
    )
    drawn = np.array(drawn)
    assert drawn.shape == (300, int(np.prod(prior.shape)))
    expected = prior.draw_each(np.arange(300)).numpy().reshape(300, -1)
    spread = expected.std()
    assert abs(drawn.mean() - expected.mean()) < 0.3 * spread
    assert abs(drawn.std() - spread) < 0.1 * spread
    assert all(gaussian.call("inside", config, z) for z in drawn[:9].tolist())
    again = gaussian.call("draw", config, 7)
    np.testing.assert_array_equal(again, drawn[7])


def test_ways(gaussian):
    rng = np.random.default_rng(0)
    for a, b in (*rng.normal(size=(4, 2, 5)), ([1, 0], [1, 1e-9]), ([0], [2])):
        a, b = (np.asarray(x, float).tolist() for x in (a, b))
        for t in (0, 0.1, 0.5, 1):
            for name in ("lerp", "slerp"):
                expected = getattr(latent_space, name)(a, b, t)
                found = gaussian.call(name, a, b, t)
                np.testing.assert_allclose(found, expected, atol=1e-14)
    assert gaussian.call("slerp", [1, 1], [-2, -2], 0.5) is None
    with pytest.raises(ValueError, match="opposite"):
        latent_space.slerp([1, 1], [-2, -2], 0.5)
    a, b, c = rng.normal(size=(3, 5))
    np.testing.assert_allclose(
        gaussian.call("arithmetic", *(x.tolist() for x in (a, b, c))),
        latent_space.arithmetic([a], [b], [c]),
        atol=1e-15,
    )
    # Which way suits which prior: as latent.py has it.
    for prior in PRIORS:
        way = latent_space.lerp if prior.support else latent_space.slerp
        found = gaussian.call("between", config_of(prior), [1, 0], [0, 2], 0.3)
        np.testing.assert_allclose(found, way([1.0, 0], [0.0, 2], 0.3))


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 1), (-0.3, 2.7)])
def test_pixels(gaussian, value_range):
    """To the last one, halves and what lies beyond included."""
    low, high = value_range
    rng = np.random.default_rng(1)
    values = rng.uniform(low - 0.1, high + 0.1, 3000).astype(np.float32)
    halves = low + (np.arange(255) + 0.5) * (high - low) / 255
    values = np.concatenate([values, halves.astype(np.float32)])
    expected = pixels.to_pixels(values, value_range)
    found = gaussian.page.evaluate(
        "async ([v, r]) => [...(await import('/latent.js')).toPixels(v, r)]",
        [values.tolist(), list(value_range)],
    )
    np.testing.assert_array_equal(found, expected)


def test_shapes(gaussian):
    nested = np.arange(24).reshape(2, 3, 4).tolist()
    flat = gaussian.call("flatten", nested)
    assert flat == list(range(24))
    assert gaussian.call("nest", flat, [2, 3, 4]) == nested
    assert gaussian.call("sizeOf", [2, 3, 4]) == 24


def test_the_files_are_small():
    """First paint is a matter of a few files."""
    size = sum(path.stat().st_size for path in pathlib.Path(PAGE).iterdir())
    assert size < 60_000
