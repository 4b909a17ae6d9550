/* SPDX-License-Identifier: Apache-2.0
 * Where the files of a model lie, and what the model is called in tables. */
#ifndef HW_BASE_MODEL_FOLDER_H
#define HW_BASE_MODEL_FOLDER_H

#include "headwater/error.h"

typedef struct hw_model_folder {
  char *path; /* without slashes at its end */
  char *file; /* the file of that folder that was named itself, a .gguf; else NULL */
  char *name; /* the folder's own name, never "." or a hash; of a snapshot in the hub's cache "owner/model@revision" */
} hw_model_folder;

/* model: a folder; a .gguf file; or a model of the Hugging Face cache: "gpt2", "openai-community/gpt2", its folder models--openai-community--gpt2,
 * also with "@" and a revision behind the name. The cache is found as huggingface_hub finds it: HF_HUB_CACHE, HF_HOME/hub,
 * XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub. No network is used.
 * Errors: INPUT for one that is not there. */
bool hw_model_folder_find(const char *model, hw_model_folder *found, hw_error *err);
void hw_model_folder_fini(hw_model_folder *found);

#endif
