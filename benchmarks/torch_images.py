"""The GANs on images, as a program in eager PyTorch.

The networks, losses, optimizers and batches of `recipes.mnist.build("conv")`
and `recipes.dcgan.build("paper")`, written as PyTorch is written, with what its
users are told to do for speed on a CPU: tensors in `channels_last`, no graph
where no gradient is needed, and no gradient of the discriminator's parameters
in the generator's step. The CPU build is enough.

Two options hand the competitor what goes beyond that:

- `fused`: `torch.optim.Adam(fused=True)`, which is not its default on a CPU.
- `pool_first`: the maximum of four pixels before the leaky ReLU, as in
  `tf_gans.networks.mnist`.

At the borders PyTorch cannot pad as TensorFlow's "same" does, by 1 before and
2 after; the padding here is 2 and 2 (or 2 and 1), with the same shapes.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# Keras' and PyTorch's momentum add up to 1.
_MNIST_NORM = {"eps": 1e-3, "momentum": 0.01}
_DCGAN_NORM = {"eps": 1e-5, "momentum": 0.1}


class Image(nn.Module):
    """Takes a dense layer's units as an image in `channels_last`."""

    def __init__(self, *shape):
        super().__init__()
        self.shape = shape  # (height, width, channels)

    def forward(self, x):
        return x.view(-1, *self.shape).permute(0, 3, 1, 2)


def mnist_networks(pool_first=False):
    """Returns the generator and the discriminator for 28x28 images."""

    def pooled(slope=0.01):
        layers = [nn.LeakyReLU(slope), nn.MaxPool2d(2)]
        return layers[::-1] if pool_first else layers

    generator = nn.Sequential(
        nn.Linear(96, 1024),
        nn.ReLU(),
        nn.BatchNorm1d(1024, **_MNIST_NORM),
        nn.Linear(1024, 7 * 7 * 128),
        nn.ReLU(),
        nn.BatchNorm1d(7 * 7 * 128, **_MNIST_NORM),
        Image(7, 7, 128),
        nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(64, **_MNIST_NORM),
        nn.ConvTranspose2d(64, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 32, 5),
        *pooled(),
        nn.Conv2d(32, 64, 5),
        *pooled(),
        nn.Flatten(),
        nn.Linear(4 * 4 * 64, 1024),
        nn.LeakyReLU(0.01),
        nn.Linear(1024, 1),
    )
    return generator, discriminator


def dcgan_networks(width=64):
    """Returns the generator and the discriminator for 64x64 RGB images."""
    generator = [
        nn.Linear(100, 4 * 4 * 8 * width),
        Image(4, 4, 8 * width),
        nn.BatchNorm2d(8 * width, **_DCGAN_NORM),
        nn.ReLU(),
    ]
    for channels in (4 * width, 2 * width, width):
        generator += [
            nn.ConvTranspose2d(2 * channels, channels, 5, 2, 2, 1),
            nn.BatchNorm2d(channels, **_DCGAN_NORM),
            nn.ReLU(),
        ]
    generator += [nn.ConvTranspose2d(width, 3, 5, 2, 2, 1), nn.Tanh()]
    discriminator = [nn.Conv2d(3, width, 5, 2, 2), nn.LeakyReLU(0.2)]
    for channels in (width, 2 * width, 4 * width):
        discriminator += [
            nn.Conv2d(channels, 2 * channels, 5, 2, 2),
            nn.BatchNorm2d(2 * channels, **_DCGAN_NORM),
            nn.LeakyReLU(0.2),
        ]
    discriminator += [nn.Flatten(), nn.Linear(4 * 4 * 8 * width, 1)]
    networks = nn.Sequential(*generator), nn.Sequential(*discriminator)
    for network in networks:
        for parameter in network.parameters():
            if parameter.ndim > 1:
                nn.init.normal_(parameter, 0.0, 0.02)
    return networks


def make_step(
    networks,
    images,
    batch_size,
    learning_rate,
    fused=False,
    device="cpu",
    bfloat16=False,
):
    """Prepares training.

    Args:
        networks: the generator and the discriminator, sequences of layers.
        images: uint8 array of shape `(num_images, height, width, channels)`.
        batch_size: int.
        learning_rate: float, of both players.
        fused: bool. See the module.
        device: str. Where it trains, for example `"cuda"`.
        bfloat16: bool. Whether the networks and the losses are computed under
            `torch.autocast`.

    Returns:
        A function that makes one step and returns both losses, and how many
        parameters the generator and the discriminator have.
    """
    g, d = (n.to(device, memory_format=torch.channels_last) for n in networks)
    latent_dim = g[0].in_features
    # channels_last by its strides, and so are the batches taken from it.
    images = torch.from_numpy(images).to(device).permute(0, 3, 1, 2)
    g_adam, d_adam = (
        torch.optim.Adam(
            network.parameters(),
            learning_rate,
            betas=(0.5, 0.999),
            eps=1e-8,
            fused=fused or None,
        )
        for network in (g, d)
    )
    random = np.random.default_rng(0)

    def latents():
        return torch.rand(batch_size, latent_dim, device=device) * 2 - 1

    def cast():
        return torch.autocast(device, torch.bfloat16, enabled=bfloat16)

    def step():
        index = random.integers(0, len(images), batch_size)
        index = torch.from_numpy(index).to(device)
        real = images[index].float() * (2 / 255) - 1
        real = real.contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), cast():
            fake = g(latents())
        with cast():
            real_logits, fake_logits = d(real), d(fake)
            d_loss = functional.softplus(-real_logits).mean()
            d_loss = d_loss + functional.softplus(fake_logits).mean()
        d_adam.zero_grad()
        d_loss.backward()
        d_adam.step()

        with cast():
            g_loss = functional.softplus(-d(g(latents()))).mean()
        g_adam.zero_grad()
        g_loss.backward(inputs=list(g.parameters()))
        g_adam.step()
        return d_loss.item(), g_loss.item()

    counts = [sum(p.numel() for p in n.parameters()) for n in networks]
    return step, counts
