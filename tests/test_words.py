"""What rows call by short names, in plain words: every mapping by hand, and every label of the published tables."""

import itertools
import re

import pandas as pd

from tsvision.data import datasets
from tsvision.evaluation import words

# a label as evaluation.arm makes it of columns of rows > what a reader sees
LABELS = """frozen, ridge head, all > linear probe, all
frozen tf_efficientnet_lite0 (stand-in), gadf > linear probe, EfficientNet-Lite0 (stand-in), GADF
frozen random net, mtf, with axes > linear probe, random net, MTF, with axes
net 32 px field, frozen on gadf > net 32 px shortened series, linear probe on GADF
last block, all > last block fine-tuned, all
fine-tune tf_efficientnet_lite0, gadf > fine-tuned EfficientNet-Lite0, GADF
fine-tune, pretrained, lr_mult 100 > fine-tuned, pretrained, slow body
fine-tune, random, lr_mult 1 > fine-tuned, random, one learning rate
lr_mult 100.5 > head 100.5 times faster
last block, lr_mult 1000, patch 19 > last block fine-tuned, head 1000 times faster, patch 19
resize > plot only
axes, against the raw series > with axes, against the raw series
crop > random crop
stretch > interpolated series
grid > full-size picture
gadf+recurrence+mtf > GADF+recurrence+MTF
the best other, chosen inside > the best other, chosen on training data
field > raw values
gadf, field, resize, size 285 > GADF, raw values, plot only, 285 px
gadf, size 285, field > GADF, 285 px, shortened series
gadf, field, field, size 285 > GADF, raw values, shortened series, 285 px
size 570, patch 15 > 570 px, patch 15
length 64 > 64 steps
tested 64 > tested on 64
trained 50 > trained on 50
vit_small_patch14_dinov2.lvd142m > DINOv2 ViT-S
vit_small_patch16_384.augreg_in21k_ft_in1k > ViT-S/16
resnet18.a1_in1k > ResNet18
fine-tuned CNN > fine-tuned CNN
cropped, resized, gridded > cropped, resized, gridded
WEASEL 2.0 > WEASEL 2.0
1-NN DTW > 1-NN DTW"""
LABELS = dict(line.split(" > ") for line in LABELS.splitlines())


def test_labels_in_plain_words_stay_so_also_two_of_them():
    assert {label: words.plain(label) for label in LABELS} == LABELS
    for label in [*LABELS, *map(", ".join, itertools.permutations(list(LABELS)[::2], 2))]:
        assert words.plain(words.plain(label)) == words.plain(label), label


def test_short_leaves_out_the_tag_of_the_weights_alone():
    assert words.short("tf_net.in1k 160 px field, frozen") == "tf_net 160 px field, frozen"
    assert words.short("a.tag minus b.tag") == "a minus b"
    for same in ("net", "noise 0.1, epochs 20", "WEASEL 2.0", ".in1k", "the end. all"):
        assert words.short(same) == same


def test_a_label_begins_with_its_family_or_has_no_picture():
    kinds = {"ridge": 0, "": 0, "frozen, ridge head, resize, net, size 160": 1, "frozen random net, gadf": 1}
    kinds |= {"last block, patch 19": 2, "fine-tune, axes, resnet18.a1_in1k": 3, "shrinkage LDA minus fine-tune": 0}
    for label, kind in (kinds | dict(zip(words.FAMILIES, range(4)))).items():
        assert words.family(label) == words.family(words.plain(label)) == words.FAMILIES[kind], label


RAW = r"_|\bfrozen\b|ridge head|\bfine-tune\b|\bresize\b|(?<!with )\baxes\b|(?<!random )\bcrop\b|\bfield\b|\bstretch\b"
RAW += r"|\bgrid\b|\blr_mult|\btf_|\b(gadf|gasf|mtf)\b|\w\.[a-z]|in1k|lvd142m|resnet|efficientnet|\blite0|\bvit|dinov2"
RAW += r"|\b(size|length) \d|\b(trained|tested) \d|chosen inside|last block(?! fine-tuned)"


def test_published_labels_are_plain_without_a_raw_word_and_as_many_as_before():
    raw, tables = 0, 0
    for path in sorted((datasets.ROOT / "data" / "results" / "published").glob("*.csv")):
        table = pd.read_csv(path, keep_default_na=False, dtype=str)
        for column in table.columns.intersection(["arm", "what", "reference"]):
            for _, own in table.groupby(table.get("claim", pd.Series("", table.index)))[column]:
                labels = own.unique()
                said = [words.plain(label) for label in labels]
                assert len(set(said)) == len(said), (path.name, column)  # what differs differs in plain words
                assert not [text for text in said if re.search(RAW, text)] and list(map(words.plain, said)) == said
                raw, tables = raw + sum(bool(re.search(RAW, label)) for label in labels), tables + 1
    assert raw > 100 and tables > 20
