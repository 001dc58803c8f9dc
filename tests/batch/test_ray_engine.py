"""Batches on a Ray cluster of this machine: two nodes of one core, of which one is killed in the middle."""

import importlib
import os
from pathlib import Path

import pytest
from deadly_labels import DeadlyLabelRow
from object_store import running_store
from PIL import Image
from postgresql_server import running_server, server_programs

from synthmark.batch import Order, RowBatch
from synthmark.cli import main
from synthmark.config import Config
from synthmark.registry import open_registry
from synthmark.remote import to_place
from synthmark.workers import CRASHED

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("default")  # Ray has warnings of its own

FILES = 14


@pytest.fixture(scope="module")
def variables():
    """What the machines of the cluster need: an object store, and the modules of the tests."""
    with running_store() as store, pytest.MonkeyPatch.context() as patch:
        tests = str(Path(__file__).parents[1])
        settings = store | {"RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": os.pathsep.join([tests, *_paths()])}
        for name, value in settings.items():
            patch.setenv(name, value)
        yield


def _paths() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


@pytest.fixture(scope="module")
def cluster(variables):
    """A head without cores, and two workers of one core each."""
    cluster = importlib.import_module("ray.cluster_utils").Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    nodes = [cluster.add_node(num_cpus=1, object_store_memory=80 * 1024 * 1024) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False)
    cluster.wait_for_nodes()
    yield cluster, nodes
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(scope="module")
def config():
    programs = server_programs()
    if programs is None:
        assert not os.environ.get("CI"), "the tests need PostgreSQL: apt-get install postgresql"
        pytest.skip("there is no PostgreSQL server on this machine (apt-get install postgresql)")
    with running_server(programs) as url:
        yield Config(producer="Example-Studio", watermark=False, registry=url)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(FILES):
        name = "poison" if number == 3 else f"{number:02}"
        picture = Image.linear_gradient("L").rotate(number * 7).convert("RGB").resize((160, 160))
        picture.save(folder / f"{name}.png")
    return folder


def run(pictures, output, config, each=lambda outcome: None):
    order = Order(paths=(pictures,), output=to_place(output), config=config, jobs=2)
    with RowBatch(order, engine="ray") as batch, batch.selection() as selection:
        return list(batch.outcomes(selection, each))


def test_a_node_that_dies_costs_nothing_and_a_crash_costs_one_file(cluster, pictures, config, monkeypatch):
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    store = s3fs.S3FileSystem(use_listings_cache=False)
    store.mkdir("copies")
    machines, nodes = cluster
    seen = []

    def kill_a_node(outcome):
        seen.append(outcome)
        if len(seen) == 3:
            machines.remove_node(nodes[0], allow_graceful=False)

    monkeypatch.setattr("synthmark.batch.row_batch.LabelRow", DeadlyLabelRow)
    outcomes = run(pictures, "s3://copies/out", config, kill_a_node)
    monkeypatch.undo()
    failed = [(outcome.job.source.name, outcome.error, outcome.code) for outcome in outcomes if outcome.error]
    assert failed == [("poison.png", CRASHED, 5)]
    assert {outcome.job.source.name for outcome in outcomes} == {file.name for file in pictures.iterdir()}
    assert len(store.find("copies/out")) == FILES - 1

    again = run(pictures, "s3://copies/out", config)
    assert {outcome.job.source.name for outcome in again if outcome.status == "labelled"} == {"poison.png"}
    assert {outcome.status for outcome in again} == {"labelled", "present"}
    assert len(store.find("copies/out")) == FILES
    with open_registry(config.registry) as registry:
        records = [stored.record for stored in registry.latest(2 * FILES)]
        assert registry.verify().intact
    assert len(records) == FILES
    assert len({record.content_id for record in records}) == FILES
    assert {Path(record.source).name for record in records} == {file.name for file in pictures.iterdir()}


def test_the_command_runs_on_the_cluster(cluster, pictures, config, tmp_path, capsys):
    arguments = ["--registry", config.registry, "--producer", "me", "--no-watermark", "--include", "0*.png"]
    assert main(["label", str(pictures), "-o", str(tmp_path / "out"), "--engine", "ray", *arguments]) == 0
    assert capsys.readouterr().out.startswith("Labelled 9 of 9 files")
    assert len(list((tmp_path / "out").iterdir())) == 9
    assert main(["label", str(pictures), "-o", str(tmp_path / "o"), "--engine", "ray", "--dry-run", *arguments]) == 0
    assert not (tmp_path / "o").exists()
