"""Architectures with seeded random weights, exported to ONNX; nothing is downloaded.

Needs the reference libraries (./x ref). Used by bench/engine and by gradients.py, which writes the
fixtures of the engine's gradient tests.
"""

import contextlib
import hashlib
import io
import logging
import os
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
warnings.filterwarnings("ignore")

import torch
from torch import nn

logging.getLogger("torch.onnx").setLevel(logging.ERROR)


class Mlp(nn.Sequential):
    """`[batch, 30]` to two logits."""

    def __init__(self):
        super().__init__(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 2))


class Cnn(nn.Module):
    """Four convolutions with batch norm and one residual, `[batch, 1, 32, 32]` to ten logits."""

    def __init__(self):
        super().__init__()

        def layer(channels_in, channels_out):
            return nn.Sequential(nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out))

        self.layer1, self.layer2 = layer(1, 16), layer(16, 16)
        self.layer3, self.layer4 = layer(16, 16), layer(16, 32)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))

    def forward(self, x):
        x = self.pool(self.layer1(x).relu())
        x = (x + self.layer3(self.layer2(x).relu())).relu()
        return self.head(self.layer4(self.pool(x)).relu())


class Residual(nn.Module):
    """The shape of a ResNet at a tenth of its width, with torchvision's own blocks."""

    def __init__(self, width=8):
        super().__init__()
        from torchvision.models.resnet import BasicBlock

        skip = nn.Sequential(nn.Conv2d(width, 2 * width, 1, stride=2, bias=False), nn.BatchNorm2d(2 * width))
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.layer1 = BasicBlock(width, width)
        self.layer2 = BasicBlock(width, 2 * width, stride=2, downsample=skip)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * width, 6))

    def forward(self, x):
        return self.head(self.layer2(self.layer1(self.stem(x))))


class Lstm(nn.Module):
    """Two bidirectional layers, `[batch, steps, features]` to five logits."""

    def __init__(self, features=6, hidden=10):
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * hidden, 5)

    def forward(self, x):
        steps, _ = self.lstm(x)
        return self.head(steps[:, -1] + steps.mean(1))


class Unet(nn.Module):
    """Two levels down and up; one by transposed convolution, one by bilinear resizing."""

    def __init__(self, width=4):
        super().__init__()

        def block(channels_in, channels_out):
            half = [nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out), nn.ReLU()]
            other = [nn.Conv2d(channels_out, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out), nn.ReLU()]
            return nn.Sequential(*half, *other)

        self.down1, self.down2, self.bottom = block(3, width), block(width, 2 * width), block(2 * width, 4 * width)
        self.pool = nn.MaxPool2d(2)
        self.up2 = nn.ConvTranspose2d(4 * width, 2 * width, 2, stride=2)
        self.merge2 = block(4 * width, 2 * width)
        self.up1 = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.merge1 = block(3 * width, width)
        self.head = nn.Conv2d(width, 3, 1)

    def forward(self, x):
        one = self.down1(x)
        two = self.down2(self.pool(one))
        up = self.merge2(torch.cat([self.up2(self.bottom(self.pool(two))), two], 1))
        return self.head(self.merge1(torch.cat([self.up1(up), one], 1)))


def vision_transformer(size=16, patch=4, layers=2, heads=2, width=16):
    """torchvision's, whose class token and head start at zero; here they do not."""
    from torchvision.models.vision_transformer import VisionTransformer

    model = VisionTransformer(size, patch, layers, heads, width, 2 * width, num_classes=7)
    nn.init.normal_(model.class_token, std=0.5)
    nn.init.normal_(model.heads.head.weight, std=0.3)
    return model


class Encoder(nn.Module):
    """BERT with a classifier, `ids` and `mask` `[batch, tokens]` to two logits."""

    def __init__(self, width, layers, heads, vocabulary, positions=512):
        super().__init__()
        from transformers import BertConfig, BertForSequenceClassification

        config = BertConfig(
            vocab_size=vocabulary,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=4 * width,
            max_position_embeddings=positions,
            initializer_range=0.04 if width > 100 else 0.2,
            attn_implementation="eager",
        )
        self.net = BertForSequenceClassification(config)

    def forward(self, ids, mask):
        return self.net(input_ids=ids, attention_mask=mask).logits

    @property
    def embedding(self):
        """The module whose output gradients are taken at; tokens themselves have none."""
        return self.net.bert.embeddings.word_embeddings

    def from_embedding(self, embedded, mask):
        return self.net(inputs_embeds=embedded, attention_mask=mask).logits


def tokens(batch, length, vocabulary, generator):
    """Random tokens; the second row ends in padding."""
    mask = torch.ones(batch, length, dtype=torch.long)
    if batch > 1:
        mask[1, length * 3 // 4 :] = 0
    return {"ids": torch.randint(0, vocabulary, (batch, length), generator=generator), "mask": mask}


def seeded(name, build, jitter=0):
    """A model built from a seed made of its name, ready to predict, and a generator for its inputs."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little") + jitter
    torch.manual_seed(seed)
    model = build().eval()
    generator = torch.Generator().manual_seed(seed + 1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
            module.weight.data.uniform_(0.8, 1.2, generator=generator)
            module.bias.data.normal_(0, 0.1, generator=generator)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model, generator


def export(model, inputs, path, *, keep_batch_norm=False):
    """Writes `path`: opset 17, the first axis free (for tokens the second too), output `logits`."""
    axes = {name: {0: "batch", 1: "tokens"} if value.dtype == torch.long else {0: "batch"} for name, value in inputs.items()}
    axes["logits"] = {0: "batch"}
    how = {"do_constant_folding": True}
    if keep_batch_norm:
        how = {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE}
    torch.backends.mha.set_fastpath_enabled(False)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(
            model,
            tuple(inputs.values()),
            path,
            dynamo=False,
            opset_version=17,
            input_names=list(inputs),
            output_names=["logits"],
            dynamic_axes=axes,
            **how,
        )
