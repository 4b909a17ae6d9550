# SPDX-License-Identifier: Apache-2.0
"""Small tokenizers with the settings files of well-known repositories.

KINDS: name -> function that gives (files, meaning, texts). files: name -> JSON value or text. meaning: the one tokenizer.json that
transformers 4.57 makes of them, written out by hand: record.mjs asks @huggingface/tokenizers for its ids. texts: beside TEXTS.
"""
import copy
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tokenizer"))
import make_variants as parts  # noqa: E402
from make_families import BLOOM  # noqa: E402

TEXTS = ["", "the man and the other one", "The  man's  19 99", " 1999, 2000 == ====\n\n\tand -- ..", "caf\u00e9 na\u00efve \u4e2d\u6587 \U0001f600",
         "<s>the</s> <unk>", "<|endoftext|>the<|endoftext|>", "e\u0301 \ufb01ne"]
HUGE = 1000000000000000019884624838656


def token(content, id_, **flags):
    return {"id": id_, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True, **flags}


def as_object(content, **flags):
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, **flags}


def document(model, added, **stages):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None, "pre_tokenizer": None,
            "post_processor": None, "decoder": None, **stages, "model": model}


def template(content, id_):
    return {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": content, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {content: {"id": content, "ids": [id_], "tokens": [content]}}}


def byte_model(*special, **flags):
    """A byte-level model whose vocabulary ends with these special tokens."""
    model = parts.model(True, **flags)
    for name in ("<unk>", "<s>", "</s>"):
        model["vocab"].pop(name)
    model["vocab"] = {name: id_ for id_, name in enumerate([*model["vocab"], *special])}
    return model


def level_stages(space=False):
    return {"pre_tokenizer": parts.level(space, True, True), "post_processor": parts.level(space, True, False), "decoder": parts.level()}


def gpt2_document(space=False):
    model = byte_model("<|endoftext|>")
    return document(model, [token("<|endoftext|>", model["vocab"]["<|endoftext|>"])], **level_stages(space))


def vocabulary_files(model):
    return {"vocab.json": model["vocab"], "merges.txt": "#version: 0.2\n" + "\n".join(model["merges"]) + "\n"}


def gpt2_files():
    meaning = gpt2_document()
    return {**vocabulary_files(meaning["model"]), "tokenizer_config.json": {"model_max_length": 1024}}, meaning, []


def gpt2_added():
    """added_tokens.json and special_tokens_map.json beside vocab.json: the ids as they stand."""
    meaning = gpt2_document()
    n = len(meaning["model"]["vocab"])
    files = {**vocabulary_files(meaning["model"]), "added_tokens.json": {"<|sep|>": n + 1, "<|pad|>": n},
             "special_tokens_map.json": {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|pad|>"},
             "tokenizer_config.json": {"unk_token": "<|endoftext|>", "add_prefix_space": False, "model_max_length": 1024, "tokenizer_class": "GPT2Tokenizer"}}
    meaning = copy.deepcopy(meaning)
    meaning["added_tokens"] += [token("<|pad|>", n), token("<|sep|>", n + 1, special=False, normalized=True)]
    return files, meaning, ["A man<|sep|>", "<|pad|> <|sep|>the"]


def gpt2_json():
    meaning = gpt2_document()
    return {"tokenizer.json": meaning, "tokenizer_config.json": {
        "add_prefix_space": False, "added_tokens_decoder": {str(meaning["added_tokens"][0]["id"]): {**as_object("<|endoftext|>", normalized=True), "special": True}},
        "bos_token": "<|endoftext|>", "clean_up_tokenization_spaces": False, "extra_special_tokens": {}, "model_max_length": 1024,
        "tokenizer_class": "GPT2Tokenizer", "unk_token": "<|endoftext|>"}}, meaning, []


def gpt2_prefix():
    """add_prefix_space of tokenizer_config.json counts, and a padding token that tokenizer.json lacks."""
    plain, meaning = gpt2_document(), gpt2_document()
    meaning["pre_tokenizer"]["add_prefix_space"] = True
    meaning["added_tokens"].append(token("[PAD]", len(plain["model"]["vocab"])))
    files = {"tokenizer.json": plain, "tokenizer_config.json": {"add_prefix_space": True, "tokenizer_class": "GPT2Tokenizer", "pad_token": "<pad>"},
             "special_tokens_map.json": {"bos_token": "<|endoftext|>", "pad_token": "[PAD]"}}
    return files, meaning, ["Hello world", " Hello", "the[PAD]the", "<pad>"]


def opt():
    model = byte_model()
    model["vocab"] = {name: id_ for id_, name in enumerate(["<s>", "<pad>", "</s>", *model["vocab"]])}
    meaning = document(model, [token("<pad>", 1), token("</s>", 2)], **{**level_stages(), "post_processor": template("</s>", 2)})
    added = {"__type": "AddedToken", **as_object("</s>", normalized=True)}
    files = {**vocabulary_files(model), "special_tokens_map.json": {"bos_token": as_object("</s>", normalized=True), "pad_token": "<pad>"},
             "tokenizer_config.json": {"errors": "replace", "unk_token": added, "bos_token": added, "eos_token": added, "pad_token": {**added, "content": "<pad>"},
                                       "add_prefix_space": False, "add_bos_token": True, "special_tokens_map_file": None, "tokenizer_class": "GPT2Tokenizer"}}
    return files, meaning, ["<pad>the</s>"]


def llama_document(**stages):
    model = parts.model(False, **parts.FALLBACK)
    return document(model, [token("<unk>", 0), token("<s>", 1), token("</s>", 2)],
                    **{"normalizer": parts.LLAMA, "post_processor": parts.TEMPLATE, **stages})


def llama_settings(**more):
    names = {key: {"__type": "AddedToken", **as_object(content)} for key, content in (("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"))}
    return {"add_bos_token": True, "add_eos_token": False, **names, "clean_up_tokenization_spaces": False, "legacy": False,
            "model_max_length": HUGE, "pad_token": None, "padding_side": "right", "sp_model_kwargs": {}, "tokenizer_class": "LlamaTokenizer", **more}


def llama():
    meaning = llama_document()
    plain = copy.deepcopy(meaning)
    plain["post_processor"] = None  # the class puts it there
    return {"tokenizer.json": plain, "tokenizer_config.json": llama_settings(),
            "special_tokens_map.json": {"bos_token": as_object("<s>"), "eos_token": as_object("</s>"), "unk_token": as_object("<unk>")}}, meaning, []


def llama_pad():
    """A padding token of the fine-tuned: in added_tokens.json and special_tokens_map.json alone."""
    plain, meaning = llama_document(), llama_document()
    n = len(plain["model"]["vocab"])
    meaning["added_tokens"].append(token("[PAD]", n))
    return {"tokenizer.json": plain, "tokenizer_config.json": llama_settings(), "added_tokens.json": {"<unk>": 0, "[PAD]": n},
            "special_tokens_map.json": {"bos_token": "<s>", "pad_token": "[PAD]"}}, meaning, ["the[PAD]the", "[PAD] the"]


def llama_no_prefix():
    plain, meaning = llama_document(), llama_document()
    meaning["normalizer"] = parts.replace({"String": " "}, "\u2581")
    return {"tokenizer.json": plain, "tokenizer_config.json": llama_settings(add_prefix_space=False)}, meaning, []


def llama3():
    model = byte_model("<|begin_of_text|>", "<|end_of_text|>", ignore_merges=True)
    added = [token(name, model["vocab"][name]) for name in ("<|begin_of_text|>", "<|end_of_text|>")]
    meaning = document(model, added, pre_tokenizer=parts.sequence("p", parts.split({"Regex": parts.LLAMA3}, "Isolated"), parts.level(False, False)),
                       post_processor=parts.sequence("o", parts.level(True, True, False), template("<|begin_of_text|>", added[0]["id"])), decoder=parts.level())
    decoder = {str(item["id"]): {**as_object(item["content"]), "special": True} for item in added}
    return {"tokenizer.json": meaning, "special_tokens_map.json": {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"},
            "tokenizer_config.json": {"added_tokens_decoder": decoder, "bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>",
                                      "model_input_names": ["input_ids", "attention_mask"], "model_max_length": 131072,
                                      "tokenizer_class": "PreTrainedTokenizerFast"}}, meaning, ["the<|end_of_text|>12345"]


def mistral():
    meaning = llama_document(normalizer=None, pre_tokenizer=parts.metaspace("first", False))
    decoder = {str(item["id"]): {**as_object(item["content"]), "special": True} for item in meaning["added_tokens"]}
    return {"tokenizer.json": meaning, "tokenizer_config.json": llama_settings(
        added_tokens_decoder=decoder, additional_special_tokens=[], add_prefix_space=None, bos_token="<s>", eos_token="</s>", unk_token="<unk>",
        spaces_between_special_tokens=False, use_default_system_prompt=False)}, meaning, ["the <s> the"]


def qwen():
    """Tokens and flags in added_tokens_decoder that tokenizer.json lacks; special_tokens_map.json does not count beside it."""
    model = byte_model()
    n = len(model["vocab"])
    plain = document(model, [token("<|endoftext|>", n)], normalizer={"type": "NFC"},
                     pre_tokenizer=parts.sequence("p", parts.split({"Regex": parts.LLAMA3}, "Isolated"), parts.level(False, False)),
                     post_processor=parts.level(False, False, False), decoder=parts.level())
    meaning = copy.deepcopy(plain)
    meaning["added_tokens"] = [token("<|endoftext|>", n), token("<|im_start|>", n + 1, rstrip=True), token("<tool>", n + 2, special=False, normalized=True, single_word=True)]
    decoder = {str(item["id"]): {key: value for key, value in item.items() if key != "id"} for item in meaning["added_tokens"]}
    return {"tokenizer.json": plain, "added_tokens.json": {"<never>": n + 9}, "special_tokens_map.json": {"pad_token": "the"},
            "tokenizer_config.json": {"add_prefix_space": False, "added_tokens_decoder": decoder, "additional_special_tokens": ["<|im_start|>"],
                                      "bos_token": None, "eos_token": "<|endoftext|>", "errors": "replace", "pad_token": "<|endoftext|>",
                                      "split_special_tokens": False, "tokenizer_class": "Qwen2Tokenizer", "unk_token": None}}, \
        meaning, ["<|im_start|>  the <never>", "a <tool> c", "other <|im_start|>"]


def neox():
    model = byte_model()
    n = len(model["vocab"])
    added = [token("<|endoftext|>", n), token("<|padding|>", n + 1), token("    ", n + 2, special=False, normalized=True),
             token("  ", n + 3, special=False, normalized=True)]
    meaning = document(model, added, normalizer={"type": "NFC"}, **level_stages())
    return {"tokenizer.json": meaning, "special_tokens_map.json": {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"},
            "tokenizer_config.json": {"unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "add_prefix_space": False,
                                      "model_max_length": HUGE, "special_tokens_map_file": None, "tokenizer_class": "GPTNeoXTokenizer"}}, \
        meaning, ["the    the  the <|padding|>"]


def phi():
    """Runs of spaces in added_tokens.json and in tokenizer.json."""
    meaning = gpt2_document()
    n = len(meaning["model"]["vocab"])
    meaning["added_tokens"] += [token(" " * 3, n, special=False, normalized=True), token("\t\t", n + 1, special=False, normalized=True)]
    return {"tokenizer.json": meaning, "added_tokens.json": {"\t\t": n + 1, " " * 3: n},
            "special_tokens_map.json": {key: as_object("<|endoftext|>") for key in ("bos_token", "eos_token", "unk_token")},
            "tokenizer_config.json": {"add_prefix_space": False, "bos_token": "<|endoftext|>", "model_max_length": 2048,
                                      "tokenizer_class": "CodeGenTokenizer"}}, meaning, ["the   the \t\tthe", "    the"]


def gemma():
    model = parts.model(False, **parts.FALLBACK)
    vocab = {"<pad>": 0, "<eos>": 1, "<bos>": 2, "<unk>": 3}
    names = [name for name in model["vocab"] if name not in ("<s>", "</s>", "<unk>")]
    model["vocab"] = {**vocab, **{name: id_ + 4 for id_, name in enumerate(names)}}
    meaning = document(model, [token(name, id_) for name, id_ in vocab.items()], normalizer=parts.replace({"String": " "}, "\u2581"),
                       pre_tokenizer=parts.split({"String": " "}, "MergedWithPrevious"), post_processor=template("<bos>", 2))
    decoder = {str(id_): {**as_object(name), "special": True} for name, id_ in vocab.items()}
    return {"tokenizer.json": meaning, "special_tokens_map.json": {"bos_token": as_object("<bos>")},
            "tokenizer_config.json": {"add_bos_token": True, "add_eos_token": False, "added_tokens_decoder": decoder, "bos_token": "<bos>",
                                      "eos_token": "<eos>", "model_max_length": HUGE, "pad_token": "<pad>", "sp_model_kwargs": {},
                                      "tokenizer_class": "GemmaTokenizer", "unk_token": "<unk>"}}, meaning, ["<bos>the<eos>"]


def gpt2_whole():
    """tokenizer.json, and next to nothing in tokenizer_config.json."""
    meaning = gpt2_document()
    return {"tokenizer.json": meaning, "tokenizer_config.json": {"model_max_length": 1024}}, meaning, []


def gptj():
    """Tokens that only fill the vocabulary up, in added_tokens.json and in tokenizer.json."""
    meaning = gpt2_document()
    n = len(meaning["model"]["vocab"])
    meaning["added_tokens"] += [token(f"<|extratoken_{i + 1}|>", n + i, special=False, normalized=True) for i in range(3)]
    added = {"__type": "AddedToken", **as_object("<|endoftext|>", normalized=True)}
    return {"tokenizer.json": meaning, "added_tokens.json": {item["content"]: item["id"] for item in meaning["added_tokens"][1:]},
            "special_tokens_map.json": {key: as_object("<|endoftext|>", normalized=True) for key in ("bos_token", "eos_token", "unk_token")},
            "tokenizer_config.json": {"unk_token": added, "bos_token": added, "eos_token": added, "add_prefix_space": False, "model_max_length": 2048,
                                      "special_tokens_map_file": None, "name_or_path": "gpt2", "from_slow": True, "errors": "replace",
                                      "tokenizer_class": "GPT2Tokenizer"}}, meaning, ["the<|extratoken_2|> man"]


def with_decoder(meaning, **settings):
    """tokenizer.json, and a tokenizer_config.json that lists its added tokens."""
    decoder = {str(item["id"]): {key: value for key, value in item.items() if key != "id"} for item in meaning["added_tokens"]}
    return {"tokenizer.json": meaning, "tokenizer_config.json": {"added_tokens_decoder": decoder, "clean_up_tokenization_spaces": False, **settings}}


def smollm():
    """Digits one by one; the special tokens come first."""
    model = byte_model()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>"]
    model["vocab"] = {name: id_ for id_, name in enumerate([*specials, *model["vocab"]])}
    meaning = document(model, [token(name, id_) for id_, name in enumerate(specials)], decoder=parts.level(),
                       pre_tokenizer=parts.sequence("p", {"type": "Digits", "individual_digits": True}, parts.level(False, True)))
    files = with_decoder(meaning, add_prefix_space=False, additional_special_tokens=specials, bos_token="<|endoftext|>", eos_token="<|endoftext|>",
                         model_max_length=8192, tokenizer_class="GPT2Tokenizer", unk_token="<|endoftext|>", vocab_size=49152)
    files["special_tokens_map.json"] = {"additional_special_tokens": specials, "bos_token": as_object("<|endoftext|>")}
    return files, meaning, ["<|im_start|>user 1234<|im_end|>"]


def bloom():
    """Cut by a class within a class."""
    model = byte_model()
    specials = ["<unk>", "<s>", "</s>", "<pad>"]
    model["vocab"] = {name: id_ for id_, name in enumerate([*specials, *model["vocab"]])}
    meaning = document(model, [token(name, id_) for id_, name in enumerate(specials)], decoder=parts.level(True, False),
                       pre_tokenizer=parts.sequence("p", parts.split({"Regex": BLOOM}, "Isolated"), parts.level(False, False, True)),
                       post_processor=parts.level(True, False, False))
    return {"tokenizer.json": meaning, "special_tokens_map.json": {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"},
            "tokenizer_config.json": {"unk_token": "<unk>", "eos_token": "</s>", "bos_token": "<s>", "pad_token": "<pad>", "name_or_path": "bigscience/tokenizer",
                                      "special_tokens_map_file": None, "tokenizer_class": "BloomTokenizerFast", "padding_side": "left"}}, \
        meaning, ["the.man, other! \u060c\u0964", "</s>the"]


def falcon():
    """Punctuation, then bytes, then digits by three."""
    model = byte_model()
    specials = [">>TITLE<<", ">>ABSTRACT<<", ">>QUESTION<<", "<|endoftext|>"]
    model["vocab"] = {name: id_ for id_, name in enumerate([*specials, *model["vocab"]])}
    meaning = document(model, [token(name, id_) for id_, name in enumerate(specials)], decoder=parts.level(True),
                       pre_tokenizer=parts.sequence("p", {"type": "Punctuation", "behavior": "Contiguous"}, parts.level(False, True, True),
                                                    {"type": "Digits", "individual_digits": False},
                                                    parts.split({"Regex": "[0-9][0-9][0-9]"}, "Isolated")))
    return {"tokenizer.json": meaning, "special_tokens_map.json": {"additional_special_tokens": specials[:-1], "eos_token": "<|endoftext|>"},
            "tokenizer_config.json": {"add_prefix_space": False, "eos_token": "<|endoftext|>", "model_input_names": ["input_ids", "attention_mask"],
                                      "model_max_length": 2048, "name_or_path": "tiiuae/falcon_tokenizer", "special_tokens_map_file": None,
                                      "tokenizer_class": "PreTrainedTokenizerFast"}}, meaning, [">>TITLE<<the man, 12345 ...", "a?!b"]


def olmo2():
    model = byte_model()
    n = len(model["vocab"])
    names = ["<|fim_prefix|>", "<|endoftext|>", "<|im_start|>", "<|pad|>"]
    meaning = document(model, [token(name, n + i, special=name != "<|fim_prefix|>") for i, name in enumerate(names)],
                       pre_tokenizer=parts.sequence("p", parts.split({"Regex": parts.LLAMA3}, "Isolated"), parts.level(False, False)),
                       post_processor=parts.level(True, False, False), decoder=parts.level(True, True))
    files = with_decoder(meaning, add_prefix_space=False, bos_token="<|endoftext|>", eos_token="<|endoftext|>", extra_special_tokens={},
                         model_max_length=HUGE, pad_token="<|pad|>", tokenizer_class="GPT2Tokenizer", unk_token="<|endoftext|>")
    files["special_tokens_map.json"] = {key: as_object("<|endoftext|>") for key in ("bos_token", "eos_token", "unk_token")}
    return files, meaning, ["the<|im_start|>12345"]


def phi3_mini():
    """LLaMA's, with tokens that take the spaces behind them, in added_tokens.json too."""
    meaning = llama_document(post_processor=None)
    n = len(meaning["model"]["vocab"])
    meaning["added_tokens"][2].update(rstrip=True)
    meaning["added_tokens"] += [token(name, n + i, rstrip=name != "<|endoftext|>") for i, name in enumerate(["<|endoftext|>", "<|assistant|>", "<|end|>"])]
    files = with_decoder(meaning, add_bos_token=False, add_eos_token=False, bos_token="<s>", eos_token="<|endoftext|>", legacy=False, model_max_length=4096,
                         pad_token="<|endoftext|>", padding_side="left", sp_model_kwargs={}, tokenizer_class="LlamaTokenizer", unk_token="<unk>",
                         use_default_system_prompt=False)
    files["added_tokens.json"] = {item["content"]: item["id"] for item in meaning["added_tokens"][3:]}
    files["special_tokens_map.json"] = {"bos_token": as_object("<s>"), "eos_token": as_object("<|endoftext|>"), "unk_token": as_object("<unk>")}
    return files, meaning, ["<|assistant|>  the man<|end|> other", "the</s>  man"]


def gemma3():
    """Gemma's, and a token for images past the vocabulary."""
    files, meaning, texts = gemma()
    n = len(meaning["model"]["vocab"])
    meaning = copy.deepcopy(meaning)
    meaning["added_tokens"].append(token("<image_soft_token>", n))
    settings = {**files["tokenizer_config.json"], "image_token": "<image_soft_token>", "boi_token": "<start_of_image>"}
    settings["added_tokens_decoder"] = {**settings["added_tokens_decoder"], str(n): {**as_object("<image_soft_token>"), "special": True}}
    return {**files, "tokenizer.json": meaning, "tokenizer_config.json": settings, "added_tokens.json": {"<image_soft_token>": n}}, meaning, \
        [*texts, "the<image_soft_token>man"]


KINDS = {function.__name__: function for function in (gpt2_files, gpt2_added, gpt2_json, gpt2_prefix, opt, llama, llama_pad, llama_no_prefix,
                                                      llama3, mistral, qwen, neox, phi, gemma, gpt2_whole, gptj, smollm, bloom, falcon,
                                                      olmo2, phi3_mini, gemma3)}
