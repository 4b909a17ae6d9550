/* SPDX-License-Identifier: Apache-2.0 */
#include "web/assets.h"

#include <string.h>

const hw_asset *hw_asset_find(const char *name) {
  for (size_t i = 0; i < hw_n_assets; i++)
    if (!strcmp(hw_assets[i].name, name)) return &hw_assets[i];
  return NULL;
}
