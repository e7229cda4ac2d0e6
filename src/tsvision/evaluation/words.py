"""The words for what rows call by short names: one word for one thing, wherever somebody reads (docs/method.md has the
glossary).
"""

import re

NETWORKS = {
    "tf_efficientnet_lite0": "EfficientNet-Lite0",
    "vit_small_patch14_dinov2": "DINOv2 ViT-S",
    "vit_small_patch16_384": "ViT-S/16",
    "vit_base_patch16_384": "ViT-B/16",
}
_LABELS = [
    (r"\bfrozen, ridge head\b", "linear probe"),
    (r"\bfrozen (?!on\b)(?=\w)", "linear probe, "),  # of a network that is named next
    (r"\b(frozen|ridge head)\b", "linear probe"),
    (r"\blast block\b(?! fine)", "last block fine-tuned"),
    (r"\bfine-tune\b", "fine-tuned"),
    (r"(?<=\d)( px)? field\b", " px shortened series"),
    (r"\bfield(?=, size \d)", "shortened series"),  # a view stands beside the size; before a view it is a colormap
    (r"\bsize (\d+)\b", r"\1 px"),
    (r"\blength (\d+)\b", r"\1 steps"),
    (r"\b(tested|trained) (\d+)\b", r"\1 on \2"),
    (r"(\d+) px, field\b", r"\1 px, shortened series"),
    (r"\bfield\b", "raw values"),
    (r"\bresize\b", "plot only"),
    (r"(?<!with )\baxes\b", "with axes"),
    (r"(?<!white )\bmargins\b(?! of)", "in white margins"),
    (r"\bpadded\b", "in margins of mean colour"),
    (r"(?<!random )\bcrop\b", "random crop"),
    (r"\bstretch\b", "interpolated series"),
    (r"\bgrid\b", "full-size picture"),
    (r"\bchosen inside\b", "chosen on training data"),
    (r"\blr_mult 100\b(?!\.\d)", "slow body"),
    (r"\blr_mult 1\b(?!\.\d)", "one learning rate"),
    (r"\blr_mult (\d+(\.\d+)?)\b", r"head \1 times faster"),
    (r"\bgadf\b", "GADF"),
    (r"\bgasf\b", "GASF"),
    (r"\bmtf\b", "MTF"),
    (r"\bresnet(\d+)\b", r"ResNet\1"),
    *((rf"\b{name}\b", words) for name, words in NETWORKS.items()),
]


# of methods; figures.base.FAMILIES has their colours
FAMILIES = ("no picture", "linear probe", "last block fine-tuned", "fine-tuned")


def family(label):
    """Which of FAMILIES an arm's label, or a recipe's, belongs to."""
    return next((kind for kind in FAMILIES if plain(label).startswith(kind)), FAMILIES[0])


def short(name):
    """A network's name without the tag of its weights: resnet18.a1_in1k is resnet18."""
    return re.sub(r"(?<=\w)\.[a-z]\w+", "", name)


def plain(label):
    """An arm's label, as evaluation.arm makes it of columns of rows, in words: 'frozen, ridge head, resize' is 'linear
    probe, plot only'.
    """
    label = short(label)
    for short_name, words in _LABELS:
        label = re.sub(short_name, words, label)
    return label
