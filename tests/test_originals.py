import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from tsvision.pictures import colours, encoders, originals

STYLES = {
    "usual": {},
    "dark": plt.style.library["dark_background"],
    "other": {"font.size": 20, "image.origin": "lower"},
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_picture_is_what_a_saved_figure_holds_whatever_style_is_set(style):
    field = encoders.encode(np.random.default_rng(0).normal(size=(1, 57)).cumsum(1))[0].numpy()
    file = io.BytesIO()
    with plt.style.context("default"):
        figure, axis = plt.subplots(figsize=(5.7, 5.7), dpi=100)
        axis.imshow(field, cmap="viridis")
        figure.savefig(file, format="png")
    plt.close(figure)
    file.seek(0)
    saved = (plt.imread(file)[..., :3] * 255).round().astype(np.uint8)
    assert saved.shape == (570, 570, 3)
    with plt.style.context(style):
        assert np.array_equal(originals.picture(field), saved)
        assert originals.frame.__wrapped__(57, 570)[1] == (68, 507, 73, 512)
    assert (saved == 255).all(-1).mean() > 0.3  # a third of it and more is frame


def test_framed_pictures_are_the_original_ones_but_for_the_smoothing():
    field = encoders.encode(np.random.default_rng(0).normal(size=(3, 570)).cumsum(1))
    framed = originals.framed(colours.image(field))
    assert framed.shape == (3, 3, 570, 570) and framed.dtype == torch.float32
    for ours, one in zip(framed, field):
        saved = originals.picture(one.numpy()) / 255
        assert np.abs(ours.permute(1, 2, 0).numpy() - saved).mean() < 0.01


def test_the_frame_has_a_box_of_439_pixels_and_nothing_else_changes():
    black, white = originals.framed(torch.zeros(1, 3, 570, 570)), originals.framed(torch.ones(1, 3, 570, 570))
    changed = ((black != white).all(1)[0]).nonzero()
    (top, left), (bottom, right) = changed.amin(0).tolist(), changed.amax(0).tolist()
    assert (bottom - top + 1, right - left + 1) == (439, 439) and len(changed) == 439**2
    box = white[0, :, top : bottom + 1, left : right + 1]
    assert box.min() > 1 - 1e-6 and box.max() < 1 + 1e-6
    small = originals.framed(torch.zeros(2, 3, 40, 40), pixels=285)
    assert small.shape == (2, 3, 285, 285) and torch.equal(small[0], small[1])


def test_the_ticks_of_a_frame_are_those_of_the_pictures_side():
    assert not torch.equal(*(originals.framed(torch.zeros(1, 3, side, side)) for side in (57, 570)))
