/* SPDX-License-Identifier: Apache-2.0
 * The folder of an export changes at its end alone: files are made in a folder within it, then moved to their places. While they are moved there is
 * no MANIFEST.json; it comes last. An export that is killed leaves the older one whole, or no manifest. */
#ifndef HW_REPORT_EXPORT_FOLDER_H
#define HW_REPORT_EXPORT_FOLDER_H

#include "headwater/buffer.h"
#include "headwater/error.h"

#define HW_EXPORT_MANIFEST "MANIFEST.json"

typedef struct hw_export_folder {
  const char *path; /* the caller's */
  char *temporary;  /* where files are made */
  int lock;         /* descriptor of the temporary folder; -1: none */
  bool made;        /* `path` was not there before */
} hw_export_folder;

/* Makes both folders where they are missing, and removes what a killed export left. Errors: IO, also when another export works in it. To be closed
 * in either case. */
bool hw_export_folder_open(hw_export_folder *folder, const char *path, hw_error *err);
/* Adds a line about files of earlier exports in the folder that this one does not replace, where there are any. */
bool hw_export_folder_note_others(const hw_export_folder *folder, hw_buffer *notes, hw_error *err);
/* Moves all files to their places, HW_EXPORT_MANIFEST last. */
bool hw_export_folder_publish(const hw_export_folder *folder, hw_error *err);
/* Removes what was not moved. */
void hw_export_folder_close(hw_export_folder *folder);

#endif
