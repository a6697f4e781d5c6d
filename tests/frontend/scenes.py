"""Pictures of a front garden, for the eye and for pages that show cameras."""

import base64
import io

from PIL import Image, ImageDraw, ImageFilter


def scene(
    width: int = 960, *, person: tuple[float, float] | None = None
) -> Image.Image:
    """Draw a house with a lawn, a drive and a street.

    Args:
        width: Pixels; the height follows at 16:9.
        person: Where somebody's feet are, fractions of the picture.
    """
    height = width * 9 // 16
    picture = Image.new("RGB", (width, height), "#a9c4d6")
    draw = ImageDraw.Draw(picture)

    def shape(colour: str, *points: tuple[float, float]) -> None:
        draw.polygon([(x * width, y * height) for x, y in points], fill=colour)

    shape("#6f8f5b", (0, 0.46), (1, 0.42), (1, 1), (0, 1))
    shape("#53714a", (0, 0.46), (0, 0.36), (0.22, 0.3), (0.4, 0.4), (1, 0.3), (1, 0.44))
    shape("#7d7a76", (0.52, 0.44), (0.62, 0.44), (0.86, 1), (0.38, 1))
    shape("#5f6064", (0, 0.8), (1, 0.72), (1, 0.86), (0, 0.95))
    shape("#c9b79c", (0.06, 0.16), (0.42, 0.2), (0.42, 0.56), (0.06, 0.62))
    shape("#7c4a3a", (0.03, 0.18), (0.2, 0.02), (0.46, 0.21))
    shape("#4a5a66", (0.12, 0.28), (0.2, 0.28), (0.2, 0.44), (0.12, 0.45))
    shape("#5b4334", (0.3, 0.32), (0.37, 0.325), (0.37, 0.57), (0.3, 0.58))
    shape("#4b3b2c", (0.845, 0.2), (0.865, 0.2), (0.87, 0.6), (0.84, 0.6))
    for x, y, r in ((0.8, 0.2, 0.08), (0.88, 0.14, 0.09), (0.93, 0.26, 0.07)):
        box = (
            (x - r) * width,
            (y - r * 1.4) * height,
            (x + r) * width,
            (y + r * 1.4) * height,
        )
        draw.ellipse(box, fill="#3f6138")
    picture = picture.filter(ImageFilter.GaussianBlur(width / 500))
    if person:
        draw = ImageDraw.Draw(picture)
        x, y = person[0] * width, person[1] * height
        tall = 0.24 * height
        draw.ellipse(
            (x - tall * 0.09, y - tall, x + tall * 0.09, y - tall * 0.8), fill="#c79a7b"
        )
        draw.rounded_rectangle(
            (x - tall * 0.16, y - tall * 0.8, x + tall * 0.16, y - tall * 0.38),
            tall * 0.07,
            fill="#8c2f39",
        )
        draw.rectangle(
            (x - tall * 0.12, y - tall * 0.4, x - tall * 0.02, y), fill="#23303f"
        )
        draw.rectangle(
            (x + tall * 0.02, y - tall * 0.4, x + tall * 0.12, y), fill="#23303f"
        )
    return picture


def jpeg(picture: Image.Image) -> bytes:
    """Encode a picture."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def luma(person: tuple[float, float] | None = None) -> str:
    """Return the small grey picture that is analysed: a JPEG, base64."""
    return base64.b64encode(jpeg(scene(320, person=person).convert("L"))).decode()
