"""A second MNIST-1D: one example at a time, straight from its specification."""

import numpy as np
from scipy.interpolate import interp1d
from scipy.ndimage import gaussian_filter

PATTERNS = """
5 6 6.5 6.75 7 7 7 7 6.75 6.5 6 5
5 3 3 3.4 3.8 4.2 4.6 5 5.4 5.8 5 5
5 6 6.5 6.5 6 5.25 4.75 4 3.5 3.5 4 5
5 6 6.5 6.5 6 5 5 6 6.5 6.5 6 5
5 4.4 3.8 3.2 2.6 2.6 5 5 5 5 5 5
5 3 3 3 3 5 6 6.5 6.5 6 4.5 5
5 4 3.5 3.25 3 3 3 3 3.25 3.5 4 5
5 7 7 6.6 6.2 5.8 5.4 5 4.6 4.2 5 5
5 4 3.5 3.5 4 5 5 4 3.5 3.5 4 5
5 4 3.5 3.5 4 5 5 5 5 4.7 4.3 5
"""


def stretch(values, n):
    return interp1d(np.linspace(0, 1, len(values)), values)(np.linspace(0, 1, n))


def plain_mnist1d(
    n_samples=5000,
    train_split=0.8,
    padding=(36, 60),
    scale_coeff=0.4,
    max_translation=48,
    corr_noise_scale=0.25,
    iid_noise_scale=0.02,
    shear_scale=0.75,
    shuffle_seq=False,
    final_seq_length=40,
    seed=42,
):
    rng = np.random.RandomState(seed)
    low, high = padding
    examples, labels = [], []
    for label, line in enumerate(PATTERNS.split("\n")[1:11]):
        template = np.array([float(value) for value in line.split()])
        template = (template - template.mean()) / template.std()
        template = (template - template[0]) / 6
        for _ in range(n_samples // 10):
            p = low + int(rng.random_sample() * (high - low + 1))
            x = np.concatenate([template + 1e-8, np.zeros(p)])
            x = stretch(x, 12 + high)
            x = x * (1 + scale_coeff * (rng.random_sample() - 0.5))
            k = rng.choice(max_translation)
            x = np.concatenate([x[len(x) - k % len(x) :], x[: len(x) - k % len(x)]])
            noise = gaussian_filter(corr_noise_scale * rng.randn(len(x)), 2)
            x = np.array([n if v == 0 else v for v, n in zip(x, noise, strict=True)])
            x = x + iid_noise_scale * rng.randn(len(x))
            c = shear_scale * (rng.random_sample() - 0.5)
            x = x - c * np.linspace(-0.5, 0.5, len(x))
            examples.append(stretch(x, final_seq_length))
            labels.append(label)
    order = rng.permutation(len(labels))
    x, y = np.stack(examples)[order], np.array(labels)[order]
    if shuffle_seq:
        x = x[:, rng.permutation(final_seq_length)]
    t = stretch(stretch(np.linspace(-5, 5, 12) / 6, 12 + high), final_seq_length) / x.std()
    x = (x - x.mean()) / x.std()
    n_train = int(len(y) * train_split)
    return x[:n_train], y[:n_train], x[n_train:], y[n_train:], t
