/* SPDX-License-Identifier: Apache-2.0
 * Where the files of a model lie, and what the model is called in tables. */
#ifndef HW_BASE_MODEL_FOLDER_H
#define HW_BASE_MODEL_FOLDER_H

#include "headwater/error.h"

typedef struct hw_model_folder {
  char *path; /* without slashes at its end */
  char *name; /* the folder's own name, never "." or a hash; of a snapshot in the hub's cache "owner/model@revision" */
} hw_model_folder;

/* model: a folder. Errors: INPUT for one that is not there. */
bool hw_model_folder_find(const char *model, hw_model_folder *found, hw_error *err);
void hw_model_folder_fini(hw_model_folder *found);

#endif
