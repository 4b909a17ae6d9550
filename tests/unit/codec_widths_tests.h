/* SPDX-License-Identifier: Apache-2.0
 * The byte of a column of projections that says how many bytes a token id and a step of scores have. */
#ifndef CODEC_WIDTHS_TESTS_H
#define CODEC_WIDTHS_TESTS_H

#include <string.h>

#include "codec/codec.h"

/* One projection of two lists of two: its payload ends in the byte, 4 ids of a byte, and 2 steps of a byte. */
static void widths_that_the_encoder_never_writes_are_refused(void **state) {
  (void)state;
  enum { IDS = 4, STEPS = 2, LONGEST = 5 };
  const int32_t ids[] = {7, 9};
  const float falling[] = {1, 0.99F}, rising[] = {0.99F, 1};
  const hw_projection row = {.layer = 1, .position = 3, .k = 2, .promotes = ids, .promote_scores = falling, .suppresses = ids, .suppress_scores = rising};
  hw_blob_info info = {.kind = 'P', .prompt_id = 17, .frame = {.n_layers = 2, .n_tokens = 4, .target = 3}};
  hw_error err = {0};
  hw_codec codec;
  hw_buffer whole, column;
  hw_arena arena;
  hw_reader payload;
  hw_projections read;
  hw_buffer_init(&whole);
  hw_buffer_init(&column);
  hw_arena_init(&arena);
  assert_true(hw_codec_init(&codec, &err));
  assert_true(hw_encode_projections(&codec, &info, &row, 1, &whole, &err));
  assert_true(hw_blob_open(whole.data, whole.length, "P", &arena, &info, &payload, &err));
  const size_t before = (size_t)(payload.end - payload.at) - IDS - STEPS - 1;
  assert_int_equal(payload.at[before], 1 << 4 | 1);
  for (unsigned tokens = 0; tokens <= LONGEST; tokens++)
    for (unsigned steps = 0; steps <= LONGEST; steps++) {
      const unsigned char widths = (unsigned char)(tokens << 4 | steps), zeros[LONGEST * (IDS + STEPS)] = {0};
      hw_buffer_reset(&column);
      hw_codec_begin(&codec);
      hw_codec_bytes(&codec, payload.at, before);
      hw_codec_bytes(&codec, &widths, 1);
      hw_codec_bytes(&codec, zeros, (size_t)tokens * IDS + (size_t)steps * STEPS);
      assert_true(hw_codec_finish(&codec, &info, &column, &err));
      bool ok = hw_decode_projections(column.data, column.length, HW_ROWS_STORED, &arena, &info, &read, &err);
      assert_int_equal(ok, tokens >= 1 && tokens <= 4 && steps >= 1 && steps <= 4);
      if (!ok) assert_string_equal(err.message, "projections of prompt 17, target 3: the column is damaged");
    }
  const uint8_t bytes[LONGEST] = {1, 2, 3, 4, 5};
  for (unsigned width = 0; width <= LONGEST; width++) {
    uint32_t value = 77;
    hw_reader reader = hw_reader_of(bytes, sizeof bytes);
    hw_read_planes(&reader, &value, 1, width);
    assert_int_equal(reader.failed, width < 1 || width > 4);
    if (reader.failed) assert_int_equal(value, 0);
  }
  hw_arena_fini(&arena);
  hw_codec_fini(&codec);
  hw_buffer_fini(&column);
  hw_buffer_fini(&whole);
}

#endif
