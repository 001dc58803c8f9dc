"""Pipelines of diffusers with tiny networks and random weights."""

import json

import diffusers
import torch
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

torch.set_num_threads(1)  # the networks are too small for more


def vae():
    torch.manual_seed(1)
    blocks = {"down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4}
    return diffusers.AutoencoderKL(block_out_channels=[8] * 4, norm_num_groups=4, latent_channels=4, **blocks)


def unet(**options):
    torch.manual_seed(2)
    return diffusers.UNet2DConditionModel(
        sample_size=32,
        in_channels=4,
        out_channels=4,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=2,
        cross_attention_dim=64,
        **options,
    )


def stable_diffusion_xl():
    """Return a pipeline of Stable Diffusion XL that takes embedded text."""
    added = {
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 8,
        "transformer_layers_per_block": 1,
        "projection_class_embeddings_input_dim": 80,
    }
    pipe = diffusers.StableDiffusionXLPipeline(
        vae=vae(),
        unet=unet(**added),
        scheduler=diffusers.EulerDiscreteScheduler(),
        text_encoder=None,
        text_encoder_2=None,
        tokenizer=None,
        tokenizer_2=None,
        add_watermarker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def stable_diffusion(text_encoder=None, tokenizer=None):
    """Return a pipeline of Stable Diffusion, which has no place for a watermarker."""
    pipe = diffusers.StableDiffusionPipeline(
        vae=vae(),
        unet=unet(),
        scheduler=diffusers.PNDMScheduler(skip_prk_steps=True, steps_offset=1),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def reader(folder):
    """Return what reads prompts: an encoder with random weights, and a tokenizer that knows the letters."""
    torch.manual_seed(3)
    shape = {"hidden_size": 64, "intermediate_size": 64, "num_attention_heads": 2, "num_hidden_layers": 1}
    config = CLIPTextConfig(vocab_size=60, bos_token_id=0, eos_token_id=1, pad_token_id=1, **shape)
    letters = [letter + end for letter in "abcdefghijklmnopqrstuvwxyz" for end in ("", "</w>")]
    words = {word: number for number, word in enumerate(["<|startoftext|>", "<|endoftext|>", *letters])}
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps(words), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    return CLIPTextModel(config), CLIPTokenizer.from_pretrained(str(folder), model_max_length=77)
