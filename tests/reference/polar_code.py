"""The polar code as matrices over GF(2), and decoding by trying every word."""

import itertools

import numpy as np


def polar_matrix(size):
    """Return the n-fold Kronecker power of [[1, 0], [1, 1]]."""
    matrix = np.ones((1, 1), np.uint8)
    while len(matrix) < size:
        matrix = np.kron(np.array([[1, 0], [1, 1]], np.uint8), matrix)
    return matrix


def information_positions(size, info):
    """Return the bit channels that carry information: the `info` largest of sum over set bits j of 2**(j/4)."""
    weight = {i: sum(2 ** (j / 4) for j in range(20) if i >> j & 1) for i in range(size)}
    return sorted(sorted(range(size), key=weight.get)[size - info :])


def encode(bits, size):
    word = np.zeros(size, np.uint8)
    word[information_positions(size, len(bits))] = bits
    return word @ polar_matrix(size) % 2


def likeliest(llr, info):
    """Return every information word, the one that agrees best with the soft bits first."""
    words = np.array(list(itertools.product((0, 1), repeat=info)), np.uint8)
    coded = np.array([encode(word, len(llr)) for word in words])
    return words[np.argsort(-((1.0 - 2.0 * coded) @ llr), kind="stable")]
