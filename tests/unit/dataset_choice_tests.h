/* SPDX-License-Identifier: Apache-2.0
 * Part of test_dataset.c: files that could be read in two ways. */
#ifndef HW_TESTS_DATASET_CHOICE_TESTS_H
#define HW_TESTS_DATASET_CHOICE_TESTS_H

TEST(an_object_with_two_lists_of_prompts_is_refused) {
  READS("dup.json", "{\"prompts\": [\"alpha beta\"], \"prompts\": [\"gamma\", \"delta\"]}",
        "ERROR dup.json: the object has 2 members \"prompts\", want one\n");
  READS("dup.json", "{\"prompts\": 1, \"n\": [2], \"prompts\": [\"a\"]}", "ERROR dup.json: the object has 2 members \"prompts\", want one\n");
  READS("dup.json", "{\"data\": [\"a\"], \"data\": [\"b\"]}",
        "ERROR dup.json: no prompts: none of the rows can be read; line 1: not a JSON object: duplicate object key near '\"data\"'\n");
  READS("one.json", "{\"n\": [1], \"prompts\": [\"a\"], \"n\": [2]}", "0:1 prompt=[a]\n");
}

TEST(the_first_known_name_wins_in_any_case) {
  READS("case.csv", "Prompt,Answer,target\np,a,t\n", "0:2 prompt=[p] answer=[a] +target=[t]\n");
  READS("case.csv", "text,PROMPT\nt,p\n", "0:2 prompt=[p] +text=[t]\n");
  READS("case.csv", "Prompt,prompt,Target,target\nP,p,T,t\n", "0:2 prompt=[p] answer=[t] +Prompt=[P] +Target=[T]\n");
  READS("case.csv", "prompt,TARGET,Foil,patch_answer\np,t,f,g\n", "0:2 prompt=[p] answer=[t] foil=[f] +patch_answer=[g]\n");
}

TEST(utf16_without_a_mark_is_refused) {
  static const char *const names[] = {"u.txt", "u.csv", "u.jsonl", "u.txt.gz"};
  for (int big = 0; big < 2; big++)
    for (size_t i = 0; i < 4; i++) {
      /* U+0100, U+2000 and U+3000 have a zero byte in the other half */
      static const uint16_t text[] = u"prompt\nThe man went to Riga \u0100genskalns\nA\u2000man\u3000\u00E9\n";
      const size_t n = sizeof text / sizeof *text - 1;
      char bytes[sizeof text], expected[128];
      for (size_t k = 0; k < n; k++) {
        bytes[2 * k + (size_t)big] = (char)(text[k] & 0xFF);
        bytes[2 * k + (size_t)!big] = (char)(text[k] >> 8);
      }
      (void)snprintf(expected, sizeof expected, "ERROR %s: the text is UTF-16, want UTF-8 (iconv -f UTF-16%s -t UTF-8)\n", names[i], big ? "BE" : "LE");
      if (i == 3) write_gz(names[i], bytes, 2 * n, "wb");
      else write_file(names[i], bytes, 2 * n);
      GIVES(OPTIONS(0), expected);
    }
  assert_string_equal(read_bytes("n.txt", "a\0b\0cdefgh", 10), "0:1 prompt=[a<00>b<00>cdefgh]\n");
  assert_string_equal(read_bytes("n.txt", "a\0\0b\0", 5), "0:1 prompt=[a<00><00>b<00>]\n");
}

/* A length or checksum behind the last bytes that is not theirs. */
TEST(a_wrong_end_of_gzip_is_damage) {
  char whole[256];
  write_gz("whole.txt.gz", "a\nb\n", 4, "wb");
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t length = fread(whole, 1, sizeof whole, file);
  (void)fclose(file);
  for (size_t i = length - 8; i < length; i++) {
    whole[i] ^= 1;
    assert_string_equal(read_bytes("w.txt.gz", whole, length), "ERROR w.txt.gz: the gzip data is damaged near line 3\n");
    whole[i] ^= 1;
  }
}

static const char *after_line(const char *at) {
  at += strcspn(at, "\n");
  return *at ? at + 1 : at;
}

/* What the reader says of quotes, by looking from each row to its end: "line:kind" a row, kind 0 good, 1 never closed, 2 closed before text,
 * 3 not closed within the limit, 4 a first line above the limit. */
static void look_at_each_row(const char *text, size_t limit, hw_buffer *out) {
  enum { START, PLAIN, QUOTED, AFTER };
  int line = 1;
  for (const char *row = text; *row; line++) {
    int now = START, lines = 0, kind = 0;
    const char *at = row;
    bool behind = false;
    if (after_line(at) > row + limit) kind = 4;
    for (; !kind && *at && !(*at == '\n' && now != QUOTED); at++) {
      if (*at == '\n' && after_line(at + 1) > row + limit) kind = at[1] ? 3 : 0;
      bool quote = *at == '"';
      behind |= now == AFTER && !quote && *at != ',';
      lines += *at == '\n';
      now = now == QUOTED ? (quote ? AFTER : QUOTED) : *at == ',' ? START : quote && now != PLAIN ? QUOTED : PLAIN;
    }
    if (!kind && now == QUOTED) kind = 1;
    else if (!kind && behind && lines) kind = 2;
    bool blank = at == row && !kind;
    if (kind) at = row + strcspn(row, "\n");
    else line += lines;
    if (!blank) hw_buffer_printf(out, "%d:%d ", kind ? line : line - lines, kind);
    row = *at ? at + 1 : at;
  }
}

TEST(rows_with_open_quotes_are_those_of_a_look_at_each) {
  hw_buffer expected, found;
  hw_buffer_init(&expected);
  hw_buffer_init(&found);
  uint32_t random = 1;
  for (int round = 0; round < 3000; round++) {
    const bool limited = round % 2;
    char text[300] = "prompt\n";
    size_t n = strlen(text), length = n + (size_t)round % (limited ? 280 : 60);
    for (; n < length; n++) {
      random = random * 1664525 + 1013904223;
      text[n] = "a\n\",\n\"a\n"[random >> 29];
    }
    text[n] = '\0';
    hw_buffer_reset(&expected);
    hw_buffer_reset(&found);
    const size_t limit = limited ? 20 : HW_ROW_LIMIT;
    look_at_each_row(text, limit, &expected);
    hw_buffer_append_string(&found, "1:0 ");
    write_text("q.csv", text);
    hw_dataset *dataset;
    hw_row row;
    if (!hw_dataset_open_limited(&OPTIONS(.path = path), limit, &dataset, NULL)) continue; /* no rows */
    while (hw_dataset_next(dataset, &row, NULL) > 0) {
      static const char *const kinds[] = {"a quote is opened in this line and never closed", "with text behind it", "not closed within 20 bytes", "the row has more than 20 bytes"};
      int kind = 0;
      for (int k = 1; k <= 4; k++)
        if (row.problem && strstr(row.problem, kinds[k - 1])) kind = k;
      hw_buffer_printf(&found, "%d:%d ", (int)row.line, kind);
    }
    hw_dataset_close(dataset);
    assert_string_equal(found.data, expected.data);
  }
  hw_buffer_fini(&expected);
  hw_buffer_fini(&found);
}

TEST(open_quotes_take_no_more_time_a_line_in_a_long_file) {
  static const char *const ends[] = {"", "\" x\n"}; /* never closed, and closed before text */
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_append_string(&text, "prompt,x\n");
  for (int i = 0; i < 20000; i++) hw_buffer_append_string(&text, "a\"b,\"c\nx,y\n");
  size_t length = text.length;
  for (size_t i = 0; i < 2; i++) {
    text.length = length;
    hw_buffer_append_string(&text, ends[i]);
    clock_t start = clock();
    const char *read = read_bytes("q.csv", text.data, text.length);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5); /* looking at each: 20 seconds */
    assert_non_null(strstr(read, i ? "39998:40000 PROBLEM a quote is opened in this line, and closed in a later one with text behind it\n"
                                   : "39998:40000 PROBLEM a quote is opened in this line and never closed\n"));
  }
  hw_buffer_fini(&text);
}

#endif
