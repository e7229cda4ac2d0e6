"""What rows call by short names, in plain words: every mapping by hand, and every label of the published tables."""

import itertools
import re

import pandas as pd
import pytest

from tsvision.data import datasets
from tsvision.evaluation import words

# a label as evaluation.arm makes it of columns of rows, and what a reader sees
LABELS = {
    # ways to train
    "frozen, ridge head": "linear probe",
    "frozen, ridge head, all": "linear probe, all",
    "frozen": "linear probe",
    "frozen tf_efficientnet_lite0 (stand-in), gadf, all layers": (
        "linear probe, EfficientNet-Lite0 (stand-in), GADF, all layers"
    ),
    "frozen random net, mtf, with axes": "linear probe, random net, MTF, with axes",
    "fine-tune tf_efficientnet_lite0, gadf": "fine-tuned EfficientNet-Lite0, GADF",
    "net 32 px field, frozen on gadf": "net 32 px shortened series, linear probe on GADF",
    "ridge head, CNN": "linear probe, CNN",
    "ridge": "ridge",
    "last block": "last block fine-tuned",
    "last block, all": "last block fine-tuned, all",
    "fine-tune": "fine-tuned",
    "fine-tuned, default split": "fine-tuned, default split",
    "fine-tune, pretrained, lr_mult 100": "fine-tuned, pretrained, slow body",
    "fine-tune, random, lr_mult 1": "fine-tuned, random, one learning rate",
    "lr_mult 1000": "head 1000 times faster",  # of none of both
    "lr_mult 1.5": "head 1.5 times faster",
    "lr_mult 100.5": "head 100.5 times faster",
    "last block, lr_mult 1000, patch 19": "last block fine-tuned, head 1000 times faster, patch 19",
    # pictures
    "resize": "plot only",
    "axes": "with axes",
    "axes, against the raw series": "with axes, against the raw series",
    "crop": "random crop",
    "stretch": "interpolated series",
    "grid": "full-size picture",
    "windows": "windows",
    "gadf": "GADF",
    "gasf": "GASF",
    "mtf": "MTF",
    "recurrence": "recurrence",
    "line": "line",
    "gadf+recurrence+mtf": "GADF+recurrence+MTF",
    "the best other, chosen inside": "the best other, chosen on training data",
    # of two things that rows call field one stands beside the size, the other stands for a colormap
    "field": "raw values",
    "gadf, field, resize, size 285": "GADF, raw values, plot only, 285 px",
    "gadf, size 285, field": "GADF, 285 px, shortened series",
    "gadf, field, size 285": "GADF, shortened series, 285 px",
    "gadf, field, field, size 285": "GADF, raw values, shortened series, 285 px",
    "net 285 px field, frozen": "net 285 px shortened series, linear probe",
    "net 285 field": "net 285 px shortened series",
    # numbers
    "size 570, patch 15": "570 px, patch 15",
    "length 64": "64 steps",
    "tested 64": "tested on 64",
    "trained 50": "trained on 50",
    "gain from 30 to 50": "gain from 30 to 50",
    "noise 0.1, epochs 20": "noise 0.1, epochs 20",
    # networks
    "tf_efficientnet_lite0.in1k": "EfficientNet-Lite0",
    "tf_efficientnet_lite0 (stand-in)": "EfficientNet-Lite0 (stand-in)",
    "vit_small_patch14_dinov2.lvd142m": "DINOv2 ViT-S",
    "vit_small_patch14_dinov2": "DINOv2 ViT-S",
    "vit_small_patch16_384.augreg_in21k_ft_in1k": "ViT-S/16",
    "vit_base_patch16_384.augreg_in21k_ft_in1k": "ViT-B/16",
    "resnet18.a1_in1k": "ResNet18",
    "resnet50": "ResNet50",
    "net.tag": "net",
    # what only looks like one of these
    "net": "net",
    "fine-tuned CNN": "fine-tuned CNN",
    "whole figures with axes": "whole figures with axes",
    "random crop": "random crop",
    "cropped, resized, gridded": "cropped, resized, gridded",
    "trained alone": "trained alone",
    "WEASEL 2.0": "WEASEL 2.0",
    "1-NN DTW": "1-NN DTW",
    "": "",
}
FULL = "frozen, ridge head, resize, tf_efficientnet_lite0.in1k, pretrained, size 160"


@pytest.mark.parametrize("label, said", LABELS.items())
def test_a_label_in_plain_words(label, said):
    assert words.plain(label) == said


def test_a_whole_label_in_plain_words():
    assert words.plain(FULL) == "linear probe, plot only, EfficientNet-Lite0, pretrained, 160 px"
    both = "frozen, ridge head, vit_small_patch14_dinov2.lvd142m, gadf, size 280, field minus shrinkage LDA"
    assert words.plain(both) == "linear probe, DINOv2 ViT-S, GADF, 280 px, shortened series minus shrinkage LDA"


def test_plain_words_of_any_two_labels_are_plain():
    for label in [*LABELS, FULL, *map(", ".join, itertools.permutations(LABELS, 2))]:
        assert words.plain(words.plain(label)) == words.plain(label), label


def test_short_leaves_out_the_tag_of_the_weights_alone():
    assert words.short("resnet18.a1_in1k") == "resnet18"
    assert (
        words.short("tf_efficientnet_lite0.in1k 160 px field, frozen") == "tf_efficientnet_lite0 160 px field, frozen"
    )
    assert words.short("a.tag minus b.tag") == "a minus b"
    for same in ("net", "noise 0.1, epochs 20", "WEASEL 2.0", ".in1k", "the end. all"):
        assert words.short(same) == same


@pytest.mark.parametrize(
    "label, kind",
    [
        ("shrinkage LDA", "no picture"),
        ("ridge", "no picture"),
        ("", "no picture"),
        ("frozen, ridge head, resize, net, size 160", "linear probe"),
        ("frozen random tf_efficientnet_lite0 (stand-in), gadf, all layers", "linear probe"),
        ("last block, patch 19", "last block fine-tuned"),
        ("fine-tune, axes, resnet18.a1_in1k", "fine-tuned"),
        ("fine-tune tf_efficientnet_lite0, gadf", "fine-tuned"),
        ("fine-tuned CNN, plot only", "fine-tuned"),
        ("shrinkage LDA minus fine-tune, axes", "no picture"),  # of what it begins with
        *((kind, kind) for kind in words.FAMILIES),
    ],
)
def test_a_label_begins_with_its_family_or_has_no_picture(label, kind):
    assert words.family(label) == words.family(words.plain(label)) == kind


# --- published labels -------------------------------------------------------------------------------------------------


def published():
    """Tables of arms and differences: (file, claim or '', column, its labels)."""
    for path in sorted((datasets.ROOT / "data" / "results" / "published").glob("*.csv")):
        table = pd.read_csv(path, keep_default_na=False, dtype=str)
        for column in table.columns.intersection(["arm", "what", "reference"]):
            for claim, labels in table.groupby(table.get("claim", pd.Series("", table.index)))[column]:
                yield path.name, claim, column, sorted(set(labels))


PUBLISHED = sorted({label for *_, labels in published() for label in labels})
RAW = [
    "_",
    r"\bfrozen\b",
    "ridge head",
    r"\bfine-tune\b",
    r"\bresize\b",
    r"(?<!with )\baxes\b",
    r"(?<!random )\bcrop\b",
    r"\bfield\b",
    r"\bstretch\b",
    r"\bgrid\b",
    r"\blr_mult",
    r"\btf_",
    r"\b(gadf|gasf|mtf)\b",
    r"\w\.[a-z]",
    "in1k",
    "lvd142m",
    "resnet",
    "efficientnet",
    r"\blite0",
    r"\bvit",
    "dinov2",
    r"\b(size|length) \d",
    r"\b(trained|tested) \d",
    "chosen inside",
    r"last block(?! fine-tuned)",
]


def test_there_are_published_labels_with_many_a_raw_word():
    assert len(PUBLISHED) > 100
    assert sum(any(re.search(raw, label) for label in PUBLISHED) for raw in RAW) > len(RAW) / 2


def test_plain_words_of_published_labels_are_plain():
    assert {label: words.plain(words.plain(label)) for label in PUBLISHED} == {
        label: words.plain(label) for label in PUBLISHED
    }


@pytest.mark.parametrize("raw", RAW)
def test_no_published_label_keeps_a_raw_word(raw):
    assert [words.plain(label) for label in PUBLISHED if re.search(raw, words.plain(label))] == []


def test_published_labels_that_differ_in_a_table_differ_in_plain_words():
    for name, claim, column, labels in published():
        assert len({words.plain(label) for label in labels}) == len(labels), (name, claim, column)
