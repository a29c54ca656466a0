"""BERT, ELECTRA and RoBERTa layouts, WordPiece and SentencePiece: our forward pass against plain transformers.

Tolerances: torch against torch 1e-5, the same sums over other padding; torch against OpenVINO `TOLERANCE`, as in every
export.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel

from tasrih.engines.classifier import Classifier, Heads
from tasrih.errors import ConfigError
from tasrih.normalise import normalise
from tasrih.pipeline import Labeller
from tasrih.types import Encoded
from tests.training.tiny_bases import LAYOUTS, ROOT, SMOKE_CORPUS, arabert, pickled, write, xlm_roberta
from training.base import Base, open_base
from training.config import Config, load_config
from training.export import TOLERANCE
from training.graph import largest_difference, write_graph
from training.run import run_training

SMOKE = ROOT / "configs" / "smoke.yaml"
HEADS = Heads(stances=("a", "b", "c"), claims=("x", "y"))
TEXTS = [
    "نفت موسكو الاتهامات الأميركية.",
    "وصل الوفد 2023 إلى London",
    "اتهمت واشنطن بيونغ يانغ بإرسال صواريخ إلى روسيا",
]


def config_for(folder: Path, *overrides: str) -> Config:
    base = ["base.random=null", f"base.model={folder}", "base.normalisation=light", "model.max_length=512"]
    return load_config(SMOKE, [*base, f"corpus.composed=[{SMOKE_CORPUS}]", *overrides])


def opened(folder: Path, *overrides: str) -> Base:
    return open_base(config_for(folder, *overrides), ())


@pytest.fixture(scope="module", params=LAYOUTS)
def layout(request, tmp_path_factory) -> Path:
    return write(LAYOUTS[request.param](), tmp_path_factory.mktemp("base") / "model")


def ids_of(base: Base, n_tokens: int) -> Encoded:
    """A sentence of that many tokens, none of them padding."""
    random = np.random.default_rng(n_tokens)
    first, last = (base.tokenizer.encode("").ids[place] for place in (0, -1))
    between = random.integers(5, base.tokenizer.get_vocab_size(), n_tokens - 2).tolist()
    return Encoded((first, *between, last), n_tokens)


def plain_logits(
    encoder: PreTrainedModel, state: Mapping[str, torch.Tensor], ids: tuple[int, ...]
) -> list[np.ndarray[Any, Any]]:
    """Stance and claim logits of one sentence, alone and unpadded, by transformers and three lines of algebra."""
    with torch.inference_mode():
        hidden_LD = encoder(input_ids=torch.tensor([ids])).last_hidden_state[0]
        stance, claims = (
            hidden_LD.mean(0) @ state[f"{head}.weight"].T + state[f"{head}.bias"] for head in ("stance", "claims")
        )
    return [stance.numpy(), claims.numpy()]


def test_the_forward_pass_is_that_of_plain_transformers(layout):
    base = opened(layout)
    model = Classifier(base.encoder, HEADS).eval()
    plain = AutoModel.from_pretrained(layout, dtype=torch.float32).eval()
    sentences = [ids_of(base, n_tokens) for n_tokens in (2, 7, 64, 512)]
    ids_BL = torch.full((len(sentences), 512), base.pad_id)
    mask_BL = torch.zeros_like(ids_BL)
    for row, sentence in enumerate(sentences):
        ids_BL[row, : sentence.n_tokens] = torch.tensor(sentence.ids)
        mask_BL[row, : sentence.n_tokens] = 1
    with torch.inference_mode():
        ours = model(ids_BL, mask_BL)
    for row, sentence in enumerate(sentences):
        stance, claims = plain_logits(plain, model.state_dict(), sentence.ids)
        np.testing.assert_allclose(ours.stance_BS[row].numpy(), stance, atol=1e-5, rtol=0)
        np.testing.assert_allclose(ours.claims_BC[row].numpy(), claims, atol=1e-5, rtol=0)
    # Logits that hardly differ from sentence to sentence would agree whatever the encoder did.
    assert float(ours.stance_BS.std(0).max()) > 0.01


def test_openvino_gives_the_same_at_every_length(layout, tmp_path):
    base = opened(layout)
    model = Classifier(base.encoder, HEADS).eval()
    # The graph has its weights in fp16, so the comparison starts from such.
    model.load_state_dict({k: v.half().float() if v.is_floating_point() else v for k, v in model.state_dict().items()})
    sentences = [ids_of(base, n_tokens) for n_tokens in (3, 9, 8, 200, 511, 512)]
    write_graph(model, tmp_path / "openvino_model.xml", example=sentences[:2], pad_id=base.pad_id)
    assert largest_difference(model, tmp_path, sentences, pad_id=base.pad_id, max_length=512) <= TOLERANCE


def test_the_tokens_are_those_of_plain_transformers(layout):
    base = opened(layout)
    plain = AutoTokenizer.from_pretrained(layout)
    for text in TEXTS:
        ours = base.tokenizer.encode(text)
        assert ours.ids == plain(text)["input_ids"], ours.tokens
        assert len(set(ours.ids)) > 4


def test_a_release_labels_as_plain_transformers_do(layout, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    places = [f"output.folder={tmp_path}/models", f"tracking.runs={tmp_path}/runs", "training.epochs=2"]
    release = run_training(config_for(layout, *places, "model.max_length=256"))
    state = {name: value.float() for name, value in load_file(release / "model.safetensors").items()}
    encoder = AutoModel.from_config(AutoConfig.from_pretrained(layout), dtype=torch.float32).eval()
    own = {name.removeprefix("encoder."): value for name, value in state.items() if name.startswith("encoder.")}
    lacking = encoder.load_state_dict(own, strict=False)
    assert lacking.unexpected_keys == [] and all(key.startswith("pooler.") for key in lacking.missing_keys)
    tokenizer = Tokenizer.from_file(str(release / "tokenizer.json"))
    labeller = Labeller.open(release, precision="f32")
    rows = [json.loads(line) for line in SMOKE_CORPUS.read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows]
    calibration = labeller.release.calibration
    for text, labelled in zip(texts, labeller.label_texts(texts), strict=True):
        assert labelled.truncated is False
        assert labelled.stance_probabilities is not None and labelled.claim_probabilities is not None
        stance, claims = plain_logits(encoder, state, tuple(tokenizer.encode(normalise(text, scheme="light")).ids))
        stance_S = np.exp(stance / calibration.stance_temperature)
        claims_C = 1 / (1 + np.exp(-claims / np.array(calibration.claim_temperatures)))
        np.testing.assert_allclose(
            list(labelled.stance_probabilities.values()), stance_S / stance_S.sum(), atol=TOLERANCE
        )
        np.testing.assert_allclose(list(labelled.claim_probabilities.values()), claims_C, atol=TOLERANCE)
        assert labelled.stance == labeller.release.labels.stance_names[int(stance.argmax())]


def test_robertas_first_positions_are_not_for_tokens(tmp_path):
    folder = write(xlm_roberta(positions=66), tmp_path / "model")
    fault = f"model.max_length: 65 given, {folder} has positions for 64 tokens"
    with pytest.raises(ConfigError, match=fault):
        opened(folder, "model.max_length=65")
    base = opened(folder, "model.max_length=64")
    with torch.inference_mode():
        logits = Classifier(base.encoder, HEADS).eval()(torch.full((1, 64), 7), torch.ones(1, 64, dtype=torch.int64))
    assert bool(logits.stance_BS.isfinite().all())


def test_berts_positions_are_all_for_tokens(tmp_path):
    folder = write(arabert(), tmp_path / "model")
    assert opened(folder, "model.max_length=512").encoder.config.max_position_embeddings == 512


def test_what_is_never_split_stays_one_token(tmp_path):
    base = opened(write(arabert(), tmp_path / "model"))
    encoding = base.tokenizer.encode("قال [مستخدم] في [رابط] .")
    assert "[رابط]" in encoding.tokens and "[مستخدم]" in encoding.tokens
    assert base.tokenizer.token_to_id("[رابط]") == 5
    assert base.tokenizer.truncation is None and base.tokenizer.padding is None


class Malicious:
    """Runs code of its own where a pickle is read without care."""

    def __reduce__(self):
        return (Path.touch, (Path("/tmp/tasrih-pickle-ran"),))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"pytorch_model.bin": pickled({"x": Malicious()})}, "cannot be loaded"),
        ({"pytorch_model.bin": b"not a pickle"}, "cannot be loaded"),
        (
            {"pytorch_model.bin": pickled({"other.weight": torch.zeros(2)})},
            "its weights lack 37 of the encoder's tensors",
        ),
        ({"model.safetensors": save({"bert.embeddings.word_embeddings.weight": torch.zeros(3, 32)})}, "base.model: "),
        ({"tokenizer.json": b"{}"}, "cannot be loaded"),
        ({"config.json": b'{"model_type": "t5"}'}, "base.model: "),
        ({"config.json": b"{"}, "cannot be loaded"),
    ],
    ids=["code in the pickle", "no pickle", "other weights", "other shapes", "no tokenizer", "no encoder", "no config"],
)
def test_a_folder_that_is_no_base_is_told(tmp_path, changed, told):
    Path("/tmp/tasrih-pickle-ran").unlink(missing_ok=True)
    folder = write({**arabert(), **changed}, tmp_path / "model")
    with pytest.raises(ConfigError, match=told):
        opened(folder)
    assert not Path("/tmp/tasrih-pickle-ran").exists()


def test_a_tokenizer_of_another_model_is_told(tmp_path):
    files = arabert()
    folder = write({**files, "tokenizer.json": xlm_roberta()["tokenizer.json"]}, tmp_path / "model")
    config = json.loads(files["config.json"])
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    highest = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size() - 1
    if highest < config["vocab_size"]:
        pytest.skip("the tiny vocabularies came out the other way round")
    with pytest.raises(ConfigError, match=f"gives ids up to {highest}, its encoder has {config['vocab_size']} rows"):
        opened(folder)


def test_a_folder_whose_name_says_nothing_is_not_normalised_wrongly(tmp_path):
    folder = write(arabert(), tmp_path / "our-base")
    with pytest.raises(ConfigError, match=r"auto takes light by the name .* set base.normalisation to arabertv02"):
        opened(folder, "base.normalisation=auto")
    assert opened(folder, "base.normalisation=arabertv02").normalisation == "arabertv02"
    named = write(arabert(), tmp_path / "bert-base-arabertv02")
    assert opened(named, "base.normalisation=auto").normalisation == "arabertv02"
