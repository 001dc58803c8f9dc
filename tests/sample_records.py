"""Records for the tests of the registry."""

from synthmark.registry import RegistryRecord


def sample_record(number: int = 1, **changes) -> RegistryRecord:
    """Return a record whose digests and id follow from a number."""
    fields = {
        "content_id": f"{number:016x}",
        "produce_id": f"synthmark-{number:016x}",
        "producer": "Example-Studio",
        "time": "2026-01-01T08:00:00.000Z",
        "media_type": "image/png",
        "sha256_before": f"{number:064x}",
        "sha256_after": f"{number + (1 << 200):064x}",
        "layers": ("visible", "watermark", "metadata"),
        "mark_format": 1,
        "key_id": "389e2190",
        "explicit_label": True,
        "operator": "tester",
        "source": f"/pictures/图{number}.png",
    }
    return RegistryRecord(**{**fields, **changes})
