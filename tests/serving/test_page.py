"""explore.py's page in a real browser: what it shows, and what it asks for."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from tests.serving import models, pages
from tf_gans import latent_space, pixels, provenance
from tf_gans.serving.model import SavedModel
from tf_gans.serving.server import PAGE


@pytest.fixture(scope="module")
def browser():
    with pages.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def gaussian(browser):
    with pages.opened(browser, models.model("gaussian")) as page:
        yield page


@pytest.fixture
def grey(browser):
    with pages.opened(browser, models.model("grey")) as page:
        yield page


@pytest.fixture
def classes(browser):
    with pages.opened(browser, models.model("classes")) as page:
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
    with Image.open(download.value.path()) as file:
        image, texts = np.asarray(file.convert("RGB")), file.text
    np.testing.assert_array_equal(image, grey.picture())
    assert json.loads(texts["Comment"])["generated"] is True
    assert texts["Software"] == provenance.SOFTWARE
    assert "trainedAlgorithmicMedia" in texts["XML:com.adobe.xmp"]


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
    with pages.opened(browser, model, errors=True) as page:
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
    with pages.opened(
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


def test_the_files_are_small():
    """First paint is a matter of a few files."""
    size = sum(path.stat().st_size for path in PAGE.iterdir())
    assert size < 60_000
