/* SPDX-License-Identifier: Apache-2.0
 * What every public header uses: HW_API marks what the shared library exports, HW_BEGIN_C and HW_END_C give the
 * declarations C linkage where C++ reads them. */
#ifndef HEADWATER_API_H
#define HEADWATER_API_H

#define HW_API __attribute__((visibility("default")))

#ifdef __cplusplus
#define HW_BEGIN_C extern "C" {
#define HW_END_C }
#else
#define HW_BEGIN_C
#define HW_END_C
#endif

HW_BEGIN_C

/* Version of the library that runs, "0.1.0"; owned by the library. */
HW_API const char *hw_version(void);

HW_END_C

#endif
