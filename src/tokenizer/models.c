/* SPDX-License-Identifier: Apache-2.0
 * The kinds of models. */
#include "tokenizer/models.h"

#include <string.h>

#include "tokenizer/bpe.h"
#include "tokenizer/steps.h"
#include "tokenizer/unigram.h"
#include "tokenizer/word_models.h"

const hw_tok_model hw_tok_bpe_model = {"BPE", hw_tok_bpe_load_json, hw_tok_bpe_encode};
const hw_tok_model hw_tok_unigram_model = {"Unigram", hw_tok_unigram_load_json, hw_tok_unigram_encode};
static const hw_tok_model wordpiece = {"WordPiece", hw_tok_wordpiece_load_json, hw_tok_wordpiece_encode};
static const hw_tok_model wordlevel = {"WordLevel", hw_tok_wordlevel_load_json, hw_tok_wordlevel_encode};

/* Old files have no type: then the first row whose key is there. */
static const struct {
  const hw_tok_model *model;
  const char *key;
} models[] = {
    {&hw_tok_bpe_model, "merges"},
    {&wordpiece, "continuing_subword_prefix"},
    {&wordlevel, "unk_token"},
    {&hw_tok_unigram_model, "unk_id"},
};

static const hw_tok_model *find_model(const json_t *json, const char *type) {
  for (size_t i = 0; i < HW_TOK_COUNT(models); i++)
    if (type ? strcmp(models[i].model->name, type) == 0 : json_object_get(json, models[i].key) != NULL) return models[i].model;
  return NULL;
}

bool hw_tok_model_load_json(hw_tok_loader *loader, const json_t *json) {
  hw_tok_string type;
  if (!json_is_object(json)) return hw_tok_json_want(loader, "model", "", json, "an object");
  if (!hw_tok_json_string(loader, json, "model", "type", false, &type)) return false;
  const hw_tok_model *model = find_model(json, type.bytes);
  if (!model)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: model has type %s, which is not supported (known: BPE, WordPiece, WordLevel, Unigram)",
                   loader->path, type.bytes ? type.bytes : "(none)");
  loader->tokenizer->model = model;
  return model->load(loader, json);
}
