/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 (FIPS 180-4), for the hashes of a Content-Security-Policy. */
#ifndef HW_WEB_SHA256_H
#define HW_WEB_SHA256_H

#include <stddef.h>

enum { HW_SHA256_BYTES = 32, HW_SHA256_BASE64 = 44 };

void hw_sha256(const void *bytes, size_t length, unsigned char digest[HW_SHA256_BYTES]);
/* The digest in base64, NUL-terminated. */
void hw_sha256_base64(const void *bytes, size_t length, char text[HW_SHA256_BASE64 + 1]);

#endif
