"""The classifier: padding changes nothing, pooling is what it says, what is saved is what is loaded."""

import json
from typing import Any

import pytest
import torch
from transformers import AutoModel, BertConfig, ElectraConfig, RobertaConfig, T5Config

from tasrih.engines.classifier import Classifier, Heads, encoder_arguments, load_classifier, save_classifier
from tasrih.errors import ConfigError, ReleaseDamagedError
from tasrih.types import Encoded
from training.graph import largest_difference, write_graph

SIZES: dict[str, Any] = {
    "vocab_size": 50,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
}
LAYOUTS = {
    "bert": BertConfig(**SIZES, max_position_embeddings=40, pad_token_id=0),
    "roberta": RobertaConfig(**SIZES, max_position_embeddings=40, pad_token_id=1),
    "electra": ElectraConfig(**SIZES, embedding_size=16, max_position_embeddings=40, pad_token_id=0),
}
LENGTHS = (5, 9, 16)


@pytest.fixture(params=LAYOUTS)
def config(request):
    return LAYOUTS[request.param]


def made(config, *, pooling="mean", claims=("x", "y")):
    torch.manual_seed(0)
    encoder = AutoModel.from_config(config, **encoder_arguments(config))
    model = Classifier(encoder, Heads(stances=("a", "b", "c"), claims=claims, pooling=pooling)).eval()
    with torch.no_grad():
        for parameter in model.head_parameters():
            parameter.normal_()  # so that a difference in the encoder is seen in the logits
    return model


def batch(config, *, length=16, filler=None):
    """The same three sentences whatever they are padded to and with."""
    generator = torch.Generator().manual_seed(1)
    ids_BL = torch.full((3, length), config.pad_token_id if filler is None else filler)
    mask_BL = torch.zeros_like(ids_BL)
    for row, n_tokens in enumerate(LENGTHS):
        ids_BL[row, :n_tokens] = torch.randint(4, 50, (n_tokens,), generator=generator)
        mask_BL[row, :n_tokens] = 1
    return ids_BL, mask_BL


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_padding_changes_nothing(config, pooling):
    model = made(config, pooling=pooling)
    with torch.inference_mode():
        expected = model(*batch(config))
        for other in (batch(config, length=24), batch(config, length=33)):
            for found, wanted in zip(model(*other), expected, strict=True):
                torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)
    if config.model_type != "roberta":  # whose positions are counted from the padding id itself
        with torch.inference_mode():
            for found, wanted in zip(model(*batch(config, filler=7)), expected, strict=True):
                torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


def test_pooling_is_what_it_says(config):
    ids_BL, mask_BL = batch(config)
    model = made(config)
    with torch.inference_mode():
        hidden_BLD = model.encoder(input_ids=ids_BL, attention_mask=mask_BL).last_hidden_state
        mean_BD = torch.stack([hidden_BLD[row, :n].mean(dim=0) for row, n in enumerate(LENGTHS)])
        torch.testing.assert_close(model(ids_BL, mask_BL).stance_BS, model.stance(mean_BD), atol=1e-5, rtol=1e-5)
        first = made(config, pooling="cls")
        torch.testing.assert_close(
            first(ids_BL, mask_BL).claims_BC, first.claims(hidden_BLD[:, 0]), atol=1e-5, rtol=1e-5
        )


def test_what_is_saved_in_fp16_is_what_is_loaded(config, tmp_path):
    model = made(config, pooling="cls")
    model.encoder.config._name_or_path = "/home/somebody/runs/mine"
    save_classifier(model, tmp_path)
    assert "somebody" not in (tmp_path / "config.json").read_text(encoding="utf-8")
    loaded = load_classifier(tmp_path)
    assert loaded.heads == model.heads
    assert not loaded.training
    rounded = model.half().float()
    for name, value in loaded.state_dict().items():
        assert value.dtype == torch.float32 or not value.is_floating_point()
        assert torch.equal(value, rounded.state_dict()[name]), name
    with torch.inference_mode():
        assert torch.equal(loaded(*batch(config)).stance_BS, rounded(*batch(config)).stance_BS)


@pytest.mark.parametrize("claims", [("x", "y"), ()])
def test_openvino_gives_the_same_logits(config, claims, tmp_path):
    model = made(config, claims=claims)
    save_classifier(model, tmp_path)
    model = load_classifier(tmp_path)
    ids_BL, _ = batch(config)
    encoded = [Encoded(tuple(ids_BL[row, :n].tolist()), n) for row, n in enumerate(LENGTHS)]
    pad_id = config.pad_token_id
    write_graph(model, tmp_path / "openvino_model.xml", example=encoded[:2], pad_id=pad_id)
    assert largest_difference(model, tmp_path, encoded, pad_id=pad_id, max_length=32) < 1e-4


def test_no_claim_types_give_no_logits():
    config = LAYOUTS["bert"]
    model = made(config, claims=())
    assert model(*batch(config)).claims_BC.shape == (3, 0)
    assert len(model.head_parameters()) == 2


def test_files_that_are_not_ours_are_told(tmp_path):
    model = made(LAYOUTS["bert"])
    save_classifier(model, tmp_path)
    path = tmp_path / "config.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts["tasrih"]["stances"].append("d")
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(ReleaseDamagedError, match=r"model\.safetensors"):
        load_classifier(tmp_path)
    del facts["tasrih"]
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(ReleaseDamagedError, match="names no heads"):
        load_classifier(tmp_path)


def test_a_model_that_is_no_encoder_is_refused():
    class Unknown(T5Config):
        model_type = "unknown-kind"

    with pytest.raises(ConfigError, match="unknown-kind"):
        encoder_arguments(Unknown())
