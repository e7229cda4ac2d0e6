"""The last block of a vision transformer trained alone, on the kept tokens of its frozen rest.

n series, p tokens of a picture (the class token first), d features, k classes. All in float32, as in frozen.
"""

import copy
import functools

import numpy as np
import torch
from fastai.basics import set_seed
from timm.models.vision_transformer import Block, VisionTransformer

from tsvision.data import splits
from tsvision.methods import frozen, rows, training
from tsvision.networks import backbones, devices
from tsvision.pictures import views


def tokens(series, trunk, draw):
    """The tokens that enter a transformer's last block: (n, p, d) float32, on the device.

    Raises ValueError for a trunk that is no plain vision transformer read out at its class token, see LastBlock, and
    where the tokens would not fit into memory.
    """
    model = trunk.model
    is_plain = type(model) is VisionTransformer and model.global_pool == "token" and type(model.blocks[-1]) is Block
    if is_plain:  # what LastBlock computes: no gate, no norm of the output, a bias
        own = model.blocks[-1].attn
        is_plain = own.gate is None and isinstance(own.norm, torch.nn.Identity) and own.qkv.bias is not None
    if not is_plain:
        raise ValueError(
            f"backbone: expected a plain vision transformer, read out at its class token, got {trunk.name}"
        )
    of_one = (model.patch_embed.num_patches + model.num_prefix_tokens) * model.embed_dim * 4
    # in parts, joined, and a copy that can be trained on
    if (size := 3 * len(series) * of_one) > devices.free_memory():
        raise ValueError(
            f"series: the tokens of {len(series)} pictures take {size / 1e9:.0f} GB, more than is free; take a smaller"
            " size, or fewer series"
        )

    def last_of(images):
        ((patches, prefix),) = model.forward_intermediates(
            images, [len(model.blocks) - 2], True, stop_early=True, output_fmt="NLC", intermediates_only=True
        )
        return torch.cat([prefix, patches], 1)

    return torch.cat(frozen.forward(series, trunk, draw, last_of))


class LastBlock(torch.nn.Module):
    """A transformer's last block, norm and a linear head on the tokens that enter it, for the class token alone.

    The classifier sees no other token of the last block, so only their keys and values are computed: the same output
    and gradients as the whole block's at a sixth of its products, and none that grows with p squared.
    """

    def __init__(self, model, classes):
        super().__init__()
        self.block, self.norm = model.blocks[-1], model.norm
        self.head = torch.nn.Linear(model.num_features, classes)
        self.mean, self.sd = 0, 1

    def forward(self, tokens):
        """Tokens (b, p, d) to scores (b, k)."""
        return self.head((self.read_out(tokens) - self.mean) / self.sd)

    def standardise(self, tokens):
        """From now on show the head each feature less its mean over these pictures, over its standard deviation there.

        Pictures of one data set look almost alike to a network: without this a head sees no difference to learn from.
        """
        with torch.no_grad():
            self.sd, self.mean = torch.std_mean(self.read_out(tokens), 0)
        self.sd = self.sd.clamp_min(1e-6)

    def read_out(self, tokens):
        """The class token behind the last block and norm: (b, d)."""
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
        return self.norm(own)[:, 0]


def tune_last_block(
    series, labels, train, *, seed, network: backbones.Network, picture: views.Picture, recipe: training.Recipe
):
    """Train a transformer's last block, norm and a linear head on the kept tokens of its frozen rest; last epoch
    counts.

    series (n, t), labels (n,), train (n,) bool. recipe: base_lr is the highest rate of the head in one cycle of AdamW;
    block and norm get base_lr / lr_mult. The head sees what standardise() makes of the training series before the first
    step. Batches differ in size by one at most. The rest runs once for all splits and seeds of a picture (with random
    weights once a seed). Returns ([(row, tables)], cost) as training.fine_tune does; the history has the mean loss of
    each epoch. Raises ValueError as tokens does, and for a precision other than fp32 or a scaling by training series.
    """
    splits.check(series, labels, train)
    if (network.precision, picture.scaling, recipe.noise) != ("fp32", "series", 0):
        raise ValueError(
            "precision, scaling, noise: the last block is trained in fp32, each series by its own range, no copies, "
            f"got {network.precision!r}, {picture.scaling!r}, {recipe.noise!r}"
        )
    began, values = devices.start(), np.asarray(series, np.float64).tobytes()
    kept, model = _tokens_once(values, len(series), seed if network.weights == "random" else 0, network, picture)
    set_seed(seed, reproducible=True)
    known, trained, epochs = torch.as_tensor(labels, device=kept.device), np.flatnonzero(train), recipe.epochs
    own = copy.deepcopy(LastBlock(model, int(known.max()) + 1)).to(kept.device).train()
    steps = max(1, round(len(trained) / recipe.batch_size))
    own.standardise(kept[trained])
    groups = [[*own.head.parameters()], [*own.block.parameters(), *own.norm.parameters()]]
    rates = [recipe.base_lr, recipe.base_lr / recipe.lr_mult]
    optimiser = torch.optim.AdamW([{"params": group} for group in groups])
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, epochs=epochs, steps_per_epoch=steps)
    losses = []
    for _ in range(epochs):
        order, seen = torch.from_numpy(trained[torch.randperm(len(trained)).numpy()]).to(kept.device), []
        for part in order.tensor_split(steps):
            loss = torch.nn.functional.cross_entropy(own(kept[part]), known[part])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            seen.append(loss.detach())
        losses.append(sum(value / steps for value in torch.stack(seen).tolist()))  # a GPU waits for none before
    with torch.inference_mode():
        parts = kept.split(4 * recipe.batch_size)
        predicted = torch.cat([own.eval()(part).argmax(1) for part in parts]).cpu().numpy()
    fitted = {"train_accuracy": round(float((predicted == labels)[train].mean()), 6)}
    settings = [{"seed": seed, "method": "last block"}, network, picture, {"length": series.shape[1]}, recipe, fitted]
    row, tables = rows.answer(settings, labels, train, predicted[~train])
    history = {"epoch": list(range(1, epochs + 1)), "train_loss": [round(loss, 6) for loss in losses]}
    return [(row, tables | {"history": history})], devices.cost(began)


tune_last_block.keeps_what_the_network_said = True  # one process does the runs of a picture, see study.results


@functools.lru_cache(maxsize=1)  # 60 pictures of 1,600 tokens are 150 MB
def _tokens_once(series, n, seed, network, picture):
    """tokens() of n float64 series given as bytes, and the transformer; random weights come from seed."""
    set_seed(seed, reproducible=True)
    trunk = network.load(picture.size)
    values = np.frombuffer(series).reshape(n, -1).copy()
    return tokens(values, trunk, training.painter(trunk, picture)).clone(), trunk.model
