"""Facts as a run would find them, without a run."""

import dataclasses
from pathlib import Path

from synthmark.config import Config
from synthmark.filing.company import Company
from synthmark.filing.facts import Facts, Mark, Records, Sample, Screens, Tool, Trials, VisibleFacts
from synthmark.filing.results import packaged_results

POINTS = ("E a", "E b", "E c", "E d", "E e", "E g", "E h", "E j", "6.1 c")
NUMBER = "97a1cb9ba120c22d"
LABEL = (
    '{"Label":"1","ContentProducer":"Example-Studio","ProduceID":"synthmark-97a1cb9ba120c22d","ReservedCode1":"",'
    '"ContentPropagator":"Example-Studio","PropagateID":"synthmark-97a1cb9ba120c22d","ReservedCode2":""}'
)
COMPANY = Company(
    name="示例科技（北京）有限公司",
    credit_code="91110102MACQD9K640",
    algorithm="示例生成合成算法",
    algorithm_version="2.1",
    product="示例创作",
    address="https://www.example.com",
    roles=("provider",),
    modalities=("image", "audio", "video"),
    safety_officer="张三",
    contact="010-12345678",
    complaints="https://www.example.com/report",
    complaints_process="https://www.example.com/process",
    complaints_days="15 个工作日",
    agreement="https://www.example.com/terms",
    interface_notice="播放器下方",
    tool_access="书面申请",
    key_holders=("李四", "王五"),
    log_keepers=("赵六",),
    principle="扩散模型",
    operation="输入提示词",
    scenario="创作",
    purpose="提高效率",
)
VISIBLE = {
    "image": VisibleFacts(
        text="AI生成", anchor="top-left", box=(10, 10, 136, 62), side=480, drawn=24.0, height=24, contrast=11.1
    ),
    "audio": VisibleFacts(text="rhythm", anchor="start", start=0.01, end=1.32),
    "video": VisibleFacts(
        text="AI生成", anchor="top", box=(10, 10, 136, 62), side=480, drawn=24.0, height=24, contrast=9.0,
        start=0.0, end=3.0, length=3.0,
    ),
}  # fmt: skip
RECORD = {
    "content_id": NUMBER, "produce_id": f"synthmark-{NUMBER}", "producer": "Example-Studio", "system": None,
    "system_version": None, "time": "2026-01-31T00:00:00.000Z", "media_type": "image/png", "sha256_before": "a" * 64,
    "sha256_after": "b" * 64, "fingerprint": "image/1/" + "x" * 300, "layers": ["visible", "watermark", "metadata"],
    "mark_format": 1, "key_id": "389e2190", "explicit_label": True, "requested_by": None, "agreement": None,
    "operator": "ops", "source": "samples/original/1.png",
}  # fmt: skip


def report(*, metadata: bool = True, points: tuple[str, ...] = POINTS) -> dict:
    labels = [{"conformity": [{"point": point, "met": point in points, "findings": []} for point in POINTS]}]
    evidence = {"labels": labels if metadata else []}
    layers = [
        {"layer": "metadata", "outcome": "detected" if metadata else "not_detected", "evidence": evidence},
        {"layer": "watermark", "outcome": "detected", "claims": {"content_id": NUMBER}, "evidence": {}},
        {"layer": "visible", "outcome": "detected", "evidence": {}},
    ]
    head = {"schema": "synthmark.report/1", "verdict": "labelled", "exit_code": 0, "file": {"name": "1.png"}}
    return head | {"layers": layers}


def mark(path: str, attack: str = "", **changes) -> Mark:
    said = report(metadata=not attack)
    outcomes = {layer["layer"]: layer["outcome"] for layer in said["layers"]}
    found = Mark(
        path=path, attack=attack, expected=NUMBER, sha256="c" * 64, content_id=NUMBER, false_alarm_probability=1e-14,
        verdict="labelled", exit_code=0, outcomes=outcomes, report=said,
    )  # fmt: skip
    return dataclasses.replace(found, **changes)


def sample(modality: str, **changes) -> Sample:
    name = {"image": "1.png", "audio": "2.wav", "video": "3.mp4"}[modality]
    attack = {"image": "jpeg75", "audio": "mp3-96", "video": "h264-crf23"}[modality]
    made = Sample(
        name=name.replace(".", "-"),
        original=f"samples/original/{name}",
        labelled=f"samples/labelled/{name}",
        media_type=f"{modality}/x",
        modality=modality,
        content_id=NUMBER,
        sha256_before="a" * 64,
        sha256_after="b" * 64,
        produce_id=f"synthmark-{NUMBER}",
        layers=("visible", "watermark", "metadata"),
        psnr=None if modality == "audio" else 43.2,
        visible=VISIBLE[modality],
        places=("PNG iTXt",),
        label_text=LABEL,
        iptc={"DigitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"},
        before=mark(f"samples/original/{name}", content_id=None, verdict="not_labelled", exit_code=1),
        mark=mark(f"samples/labelled/{name}"),
        attacked=(mark(f"samples/attacked/{name}-{attack}", attack),),
    )
    return dataclasses.replace(made, **changes)


def facts(**changes) -> Facts:
    samples = tuple(sample(name) for name in ("image", "audio", "video"))
    found = Facts(
        company=COMPANY,
        config=Config(producer="001191110102MACQD9K64010000", registry=Path("r.sqlite"), key_file=Path("k")),
        samples=samples,
        own_samples=False,
        records=Records(RECORD, NUMBER, samples[0].attacked[0].path, 3, True, True, 2),
        trials=Trials("refused: name who asked", RECORD | {"explicit_label": False}, "carries a label already"),
        screens=Screens(samples[0].attacked[0], "printed", Path("console.png")),
        tool=Tool("synthmark-extract 0.1.0", 300, "d" * 64, "tool.whl", "e" * 64, "$ synthmark --help"),
        results=packaged_results(),
        key_id="0123abcd",
        date="2026-01-31",
        version="0.1.0",
        python="3.11.7",
        machine="Linux x86_64, 2 CPU",
    )
    return dataclasses.replace(found, **changes)
