"""What the page on clusters says is what was measured."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_on_clusters_shows_the_results():
    results = json.loads((ROOT / "benchmarks/results/clusters.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs/clusters.md").read_text(encoding="utf-8")
    for name, found in results["one_core"].items():
        assert f"| {name} | {found['processor_seconds']} | {found['files_per_core_and_hour']} |" in page
