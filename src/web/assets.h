/* SPDX-License-Identifier: Apache-2.0
 * The files of web/ as they are written, embedded at build time (embed.cmake; the list is in CMakeLists.txt). */
#ifndef HW_WEB_ASSETS_H
#define HW_WEB_ASSETS_H

#include <stddef.h>

typedef struct hw_asset {
  const char *name; /* below web/, "main.mjs" */
  const unsigned char *bytes;
  size_t length;
} hw_asset;

extern const hw_asset hw_assets[];
extern const size_t hw_n_assets;

/* NULL when there is none of that name. */
const hw_asset *hw_asset_find(const char *name);

#endif
