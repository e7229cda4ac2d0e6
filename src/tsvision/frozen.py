"""Frozen trunks, run once: their outputs for every series, heads of all resamples in one solve, the last block alone.

n series, d features, k classes, m resamples, p tokens of a transformer (the class token first). All in float32: what
tells one oil from another is so small that bfloat16 rounds some of it away (linear heads lose .01 to .03 of accuracy).
"""

import time

import numpy as np
import torch
from fastai.basics import CrossEntropyLossFlat, DataLoaders, Learner, accuracy, set_seed

from tsvision import backbones, training

ALPHAS = tuple(np.logspace(-3, 3, 13))
AT_ONCE = 2**21  # pixels that pass a trunk together


def features(series, trunk, draw):
    """What a frozen trunk says of each series, by layer: {'1': (n, d1), ..., 'output': (n, d)}, float32 on the CPU.

    trunk: a backbones.Backbone. draw: from series (m, t) on the device to its images, as training.pictures does. A layer
    is a stage of a CNN or a block of a transformer, averaged over the picture; 'output' is what a classifier would get.
    """
    parts = []
    for images in _images(series, trunk, draw):
        final, layers = trunk.model.forward_intermediates(images)
        named = {str(number): layer.mean((2, 3)) for number, layer in enumerate(layers, 1)}
        parts.append(named | {"output": trunk.model.forward_head(final)})
    return {name: torch.cat([part[name] for part in parts]).cpu() for name in parts[0]}


def tokens(series, trunk, draw):
    """The tokens that enter a transformer's last block: (n, p, d) float32, on the device.

    Raises ValueError for a trunk that is no plain vision transformer read out at its class token, see LastBlock.
    """
    blocks = getattr(trunk.model, "blocks", ())
    if getattr(trunk.model, "global_pool", None) != "token" or not hasattr(blocks[-1], "attn"):
        raise ValueError(
            f"backbone: expected a vision transformer that is read out at its class token, got {trunk.name}"
        )
    parts = []
    for images in _images(series, trunk, draw):
        ((patches, prefix),) = trunk.model.forward_intermediates(
            images, [len(blocks) - 2], True, stop_early=True, output_fmt="NLC", intermediates_only=True
        )
        parts.append(torch.cat([prefix, patches], 1))
    return torch.cat(parts)


def _images(series, trunk, draw):
    """Put the trunk on the device, its dropout and batch statistics at rest, and yield the images of a few series at a time."""
    trunk.model.to(training.device()).eval()
    series = torch.as_tensor(series, device=training.device())
    side = draw(series[:1]).shape[2]
    with torch.inference_mode():
        for part in series.split(max(1, AT_ONCE // side**2)):
            yield draw(part)


def span(values, train):
    """Standardise features by each resample's training series and rotate them into the training series' span.

    values: (n, d). train: (m, n) bool, each row with the same number r of training series. Returns (m, n, r) float64. Inner
    products with training series are kept, so a linear head with an L2 penalty gives the same predictions as from all
    d standardised features. A feature that is constant over the training series counts for nothing.
    """
    values, train = torch.as_tensor(values).double(), torch.as_tensor(train)
    if train.ndim != 2 or len(set(train.sum(1).tolist())) != 1:
        raise ValueError(
            f"train: expected (m, n) with the same number of training series in each row, got {train.shape}"
        )
    parts = []
    for mask in train:
        sd, mean = torch.std_mean(values[mask], 0, correction=0)
        scaled = (values - mean) / torch.where(sd > 1e-12 * mean.abs(), sd, torch.inf)
        size, basis = torch.linalg.eigh(scaled[mask] @ scaled[mask].T)
        size = size.clamp_min(0).sqrt()
        inverse = torch.where(size > 1e-7 * size[-1:], 1 / size, 0)
        parts.append(scaled @ (scaled[mask].T @ basis) * inverse)
    return torch.stack(parts)


def ridge(values, labels, train, alphas=ALPHAS):
    """Ridge classifiers of all resamples in one batched solve; the penalty of each by leave-one-out on its training series.

    values: (n, d). labels: (n,), 0 to k - 1. train: (m, n) bool, equally many training series in each row. Returns
    (predictions (m, n) int64, chosen alphas (m,)). Equal to scikit-learn's StandardScaler and RidgeClassifierCV.
    """
    rotated, train = span(values, train), torch.as_tensor(train)
    m, n = train.shape
    x = rotated[train].view(m, -1, rotated.shape[2])
    targets = 2 * torch.nn.functional.one_hot(torch.as_tensor(labels)).double() - 1
    y = targets.expand(m, -1, -1)[train].view(m, -1, targets.shape[1])
    mean = y.mean(1, keepdim=True)
    left, size, right = torch.linalg.svd(x, full_matrices=False)
    alphas = torch.tensor(alphas, dtype=torch.float64)
    kept = size.square() / (size.square() + alphas.view(-1, 1, 1))  # (alphas, m, r): the share of each direction kept
    fitted = mean + torch.einsum("mir,amr,mrk->amik", left, kept, left.transpose(1, 2) @ (y - mean))
    leverage = torch.einsum("mir,amr->ami", left.square(), kept) + 1 / x.shape[1]
    errors = ((y - fitted) / (1 - leverage).unsqueeze(3)).square().mean((2, 3))  # each series predicted by the others
    best = errors.argmin(0)
    shrunk = size / (size.square() + alphas[best].unsqueeze(1))
    weights = right.transpose(1, 2) @ (shrunk.unsqueeze(2) * (left.transpose(1, 2) @ (y - mean)))
    return (rotated @ weights + mean).argmax(2), alphas[best]


class LastBlock(torch.nn.Module):
    """A transformer's last block, norm and a linear head on the tokens that enter it, for the class token alone.

    The classifier sees no other token of the last block, so only their keys and values are computed: the same output and
    gradients as the whole block's at a sixth of its products, and none that grows with p squared.
    """

    def __init__(self, model, classes):
        super().__init__()
        self.block, self.norm = model.blocks[-1], model.norm
        self.head = torch.nn.Linear(model.num_features, classes)

    def forward(self, tokens):
        """Tokens (b, p, d) to scores (b, k)."""
        block, attention = self.block, self.block.attn
        seen = block.norm1(tokens)
        d = attention.attn_dim
        weight, bias = attention.qkv.weight, attention.qkv.bias
        query = torch.nn.functional.linear(seen[:, :1], weight[:d], bias[:d])
        key, value = torch.nn.functional.linear(seen, weight[d:], bias[d:]).chunk(2, 2)
        query, key, value = (
            part.unflatten(2, (attention.num_heads, -1)).transpose(1, 2) for part in (query, key, value)
        )
        mixed = torch.nn.functional.scaled_dot_product_attention(attention.q_norm(query), attention.k_norm(key), value)
        own = tokens[:, :1] + block.ls1(attention.proj(mixed.transpose(1, 2).flatten(2)))
        own = own + block.ls2(block.mlp(block.norm2(own)))
        return self.head(self.norm(own)[:, 0])


def tune_last_block(series, labels, train, *, seed, backbone, weights, size, epochs, lr, batch_size, **picture):
    """Train a transformer's last block, norm and a linear head on the kept tokens of its frozen rest; last epoch counts.

    series (n, t), labels (n,), train (n,) bool. picture: encoding, colormap, view. lr: of all that is trained, one cycle.
    Returns (predictions of all series (n,), seconds by stage {'trunk': ..., 'training': ...}).
    """
    begun = time.perf_counter()
    set_seed(seed, reproducible=True)
    trunk = backbones.load(backbone, size, weights)
    kept = tokens(series, trunk, training.painter(trunk, size=size, **picture))
    forwarded = time.perf_counter()
    set_seed(seed, reproducible=True)
    labels, train = (torch.as_tensor(value, device=kept.device) for value in (labels, train))
    loaders = DataLoaders(
        training.Batches(torch.nn.Identity(), kept[train], labels[train], batch_size, shuffle=True),
        training.Batches(torch.nn.Identity(), kept[~train], labels[~train], 4 * batch_size),
        training.Batches(torch.nn.Identity(), kept, labels, 4 * batch_size),
        device=kept.device,
    )
    model = LastBlock(trunk.model, int(labels.max()) + 1)
    made = Learner(loaders, model, CrossEntropyLossFlat(), metrics=accuracy)
    with made.no_bar(), made.no_logging():
        made.fit_one_cycle(epochs, lr)
        scores = made.get_preds(dl=made.dls[2], reorder=False)[0]
    seconds = {"trunk": forwarded - begun, "training": time.perf_counter() - forwarded}
    return scores.argmax(1).numpy(), seconds
