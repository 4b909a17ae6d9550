/* SPDX-License-Identifier: Apache-2.0
 * The weights of a model folder. */
#ifndef HW_WEIGHTS_FOLDER_H
#define HW_WEIGHTS_FOLDER_H

#include "weights/safetensors.h"

/* Opens the folder's model.safetensors. Where there is none, the error says what lies there in its place and the way out. */
bool hw_weights_open(const char *folder, hw_safetensors *st, hw_error *err);

/* True, with err filled, where the folder has no model.safetensors but weights of another kind. */
bool hw_weights_are_others(const char *folder, hw_error *err);

#endif
