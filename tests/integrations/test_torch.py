"""Tensors of PyTorch itself; `tests/test_tensors.py` uses a stand-in."""

import pytest

from synthmark.tensors import TensorPictures, is_tensor

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.uint8])
def test_tensors_come_back_as_they_were(dtype):
    tensor = (torch.rand(2, 3, 20, 30) * (255 if dtype == torch.uint8 else 1)).to(dtype)
    assert is_tensor(tensor)
    taken = TensorPictures.of(tensor)
    back = taken.rebuilt(taken.pictures)
    assert back.dtype == dtype
    assert torch.equal(back, tensor)
