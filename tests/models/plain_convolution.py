"""Convolutional networks a second time: NumPy in float64, shifts and sums, no shared code."""

import numpy as np

EPSILON = 1e-5


def convolve(x, kernel, stride=1):
    """Images (n, h, w, c), kernel (s, s, c_in, c_out), zeros around; every stride-th pixel."""
    size = len(kernel)
    rim = size // 2
    n, height, width, _ = x.shape
    padded = np.zeros((n, height + 2 * rim, width + 2 * rim, x.shape[3]))
    padded[:, rim : rim + height, rim : rim + width] = x
    rows, columns = range(0, height, stride), range(0, width, stride)
    out = np.zeros((n, len(rows), len(columns), kernel.shape[3]))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            window = padded[:, row : row + size, column : column + size]
            out[:, i, j] = np.tensordot(window, kernel, axes=3)
    return out


def normalise(x, norm, training):
    scale, shift, mean, variance = norm
    if training:
        flat = x.reshape(-1, x.shape[-1])
        mean, variance = flat.mean(axis=0), flat.var(axis=0)
    return (x - mean) / np.sqrt(variance + EPSILON) * scale + shift


def averages(x, before, kept=0.9):
    """The running mean and variance after one batch."""
    flat = x.reshape(-1, x.shape[-1])
    return (
        kept * before[0] + (1 - kept) * flat.mean(axis=0),
        kept * before[1] + (1 - kept) * flat.var(axis=0, ddof=1),
    )


def maximum(x, size):
    n, height, width, channels = x.shape
    high, wide = min(size, height), min(size, width)
    rows, columns = height // high, width // wide
    cut = x[:, : rows * high, : columns * wide]
    return cut.reshape(n, rows, high, columns, wide, channels).max(axis=(2, 4))


def norm_of(layer):
    arrays = (layer.scale, layer.shift, layer.statistics.mean, layer.statistics.variance)
    return [np.asarray(array, np.float64) for array in arrays]


def float64(array):
    return np.asarray(array, np.float64)


def resnet(module, x, training):
    """Logits (n, outputs) of images (n, channels, height, width), and what each norm was given."""
    seen = []

    def norm(x, layer):
        seen.append(x)
        return normalise(x, norm_of(layer), training)

    hidden = convolve(np.moveaxis(x, 1, -1), float64(module.stem))
    strides = [1, 1, 2, 1, 2, 1, 2, 1]
    for block, stride in zip(module.blocks, strides, strict=True):
        inner = np.maximum(norm(hidden, block.norms[0]), 0)
        around = hidden
        if block.shortcut is not None:
            around = inner[:, ::stride, ::stride] @ float64(block.shortcut)[0, 0]
        inner = convolve(inner, float64(block.kernels[0]), stride)
        inner = np.maximum(norm(inner, block.norms[1]), 0)
        hidden = convolve(inner, float64(block.kernels[1])) + around
    features = hidden.mean(axis=(1, 2))
    return features @ float64(module.weight).T + float64(module.bias), seen


def cnn5(module, x, training):
    seen = []
    hidden = np.moveaxis(x, 1, -1)
    for layer, size in zip(module.layers, (1, 2, 2, 8), strict=True):
        hidden = convolve(hidden, float64(layer.kernel)) + float64(layer.bias)
        seen.append(hidden)
        hidden = np.maximum(normalise(hidden, norm_of(layer.norm), training), 0)
        hidden = maximum(hidden, size)
    return hidden.reshape(len(x), -1) @ float64(module.weight).T + float64(module.bias), seen
