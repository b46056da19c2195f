"""What a picture or a film says of how it was made.

A file leaves the directory in which everything is written down about it, so it
carries the software, the recipe, the seed and whether what it shows was
generated: in a PNG as text chunks, in an MP4 or WebM as the tag `comment`, in a
GIF as a comment extension.

References:
- [Portable Network Graphics, third edition](https://www.w3.org/TR/png-3/),
  section 11.3.3: the keywords `Software` and `Comment`, and XMP as an `iTXt`
- [IPTC, digital source types](https://cv.iptc.org/newscodes/digitalsourcetype/):
  `trainedAlgorithmicMedia` is what a trained model made
"""

import json
import os
import struct
import zlib

from tf_gans.version import __version__

SOFTWARE = f"tf_gans {__version__}"

# A PNG's signature and its first chunk, the header, whose size is fixed.
_HEAD = 8 + 25

_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
    '"http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'rdf:about="" xmlns:Iptc4xmpExt='
    '"http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    "Iptc4xmpExt:DigitalSourceType="
    '"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"'
    "/></rdf:RDF></x:xmpmeta>"
)


def comment(about):
    """What is known of a picture, as one line of JSON in ASCII.

    Args:
        about: dict of JSON types, such as `{"generated": True, "script":
            "mnist", "recipe": "conv", "seed": 0, "step": 4690}`, or None.
            Values of None are left out.
    """
    known = {k: v for k, v in (about or {}).items() if v is not None}
    return json.dumps({"software": SOFTWARE, **known})


def of_run(config, step):
    """What is known of the samples of a run.

    Args:
        config: dict of the run's hyper-parameters.
        step: int. How many steps the model has been trained.

    Returns:
        A dict, for `comment`. Where the data are a user's own, nothing of
        them is in it, not even their name.
    """
    return {
        "generated": True,
        "script": config.get("script"),
        "recipe": config.get("recipe", config.get("gan")),
        "preset": config.get("preset"),
        "dataset": None if config.get("data") else config.get("dataset"),
        "seed": config.get("seed"),
        "step": step,
    }


def png_chunks(about):
    """The chunks of a PNG that say what is known of it.

    Args:
        about: see `comment`. Where `about["generated"]` is true, the source
            type of IPTC is among them.

    Returns:
        bytes, which stand anywhere behind the header's chunk.
    """
    chunks = _chunk(b"tEXt", b"Software\0" + SOFTWARE.encode("latin-1"))
    chunks += _chunk(b"tEXt", b"Comment\0" + comment(about).encode("latin-1"))
    if about and about.get("generated"):
        # Uncompressed, of no language.
        head = b"XML:com.adobe.xmp\0\0\0\0\0"
        chunks += _chunk(b"iTXt", head + _XMP.encode())
    return chunks


def _chunk(kind, data):
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + checksum.to_bytes(4)


def stamp_png(png, about):
    """A PNG file that says what is known of it.

    Args:
        png: bytes of a PNG file.
        about: see `comment`.
    """
    return png[:_HEAD] + png_chunks(about) + png[_HEAD:]


def stamp_pngs(pngs, about):
    """`stamp_png` of a tensor of PNG files, as operations of a graph.

    Args:
        pngs: string tensor of any shape.
        about: see `comment`.
    """
    import tensorflow as tf

    head = tf.strings.substr(pngs, 0, _HEAD)
    rest = tf.strings.substr(pngs, _HEAD, 2**31 - 1)
    return tf.strings.join([head, png_chunks(about), rest])


def stamp_gif(path, about):
    """Adds a comment to a GIF file, in its place.

    Args:
        path: of a whole GIF file.
        about: see `comment`.
    """
    text = comment(about).encode("ascii")
    blocks = [text[i : i + 255] for i in range(0, len(text), 255)]
    packed = b"".join(bytes([len(block)]) + block for block in blocks)
    with open(path, "r+b") as file:
        file.seek(-1, os.SEEK_END)  # on the trailer
        file.write(b"\x21\xfe" + packed + b"\x00" + b"\x3b")
