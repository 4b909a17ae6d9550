/* SPDX-License-Identifier: Apache-2.0
 * Part of test_dataset.c: blocks, limits and memory. */
#ifndef HW_TESTS_DATASET_SIZE_TESTS_H
#define HW_TESTS_DATASET_SIZE_TESTS_H

/* Line ends, quotes and escapes where two blocks of the stream meet. */
TEST(blocks_meet_anywhere) {
  static const struct {
    const char *name, *before, *after, *expected;
  } cases[] = {
      {"b.txt", "", "\r\n\xC3\xA9\r\nz", "1:2 prompt=[\xC3\xA9]\n2:3 prompt=[z]\n"},
      {"b.csv", "prompt,n\r\n\"", "\",1\r\n\"q\"\"\r\n\n\",2\r\nr,3",
       "1:3 prompt=[q\"<0d><0a><0a>] +n=[2]\n2:6 prompt=[r] +n=[3]\n"},
      {"b.tsv", "prompt\tn\n", "\t1\r\nq\t2\nr\t3", "1:3 prompt=[q] +n=[2]\n2:4 prompt=[r] +n=[3]\n"},
      {"b.jsonl", "{\"prompt\":\"", "\"}\r\n{\"prompt\":\"\\\"\\\\\",\"n\":[{\"a\": 1}]}\n{\"prompt\":\"r\"}",
       "1:2 prompt=[\"\\] +n=[[{\"a\":1}]]\n2:3 prompt=[r]\n"},
      {"b.json", "[{\"prompt\":\"", "\"},\n{\"prompt\":\"\\\"\\\\\",\"n\":[{\"a\": 1}]},\n{\"prompt\":\"r\"}]\n",
       "1:2 prompt=[\"\\] +n=[[{\"a\":1}]]\n2:3 prompt=[r]\n"},
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    size_t before = strlen(cases[c].before), after = strlen(cases[c].after);
    for (size_t overhang = 0; overhang <= after + 1; overhang++) {
      size_t filler = BLOCK - before - after + overhang;
      hw_buffer text;
      hw_buffer_init(&text);
      hw_buffer_append_string(&text, cases[c].before);
      for (size_t i = 0; i < filler; i++) hw_buffer_append_byte(&text, 'x');
      hw_buffer_append_string(&text, cases[c].after);
      assert_false(text.failed);
      const char *read = read_bytes(cases[c].name, text.data, text.length);
      hw_buffer_fini(&text);
      const char *second = strchr(read, '\n');
      assert_non_null(second);
      assert_in_range(second - read, filler, filler + 40);
      assert_string_equal(second + 1, cases[c].expected);
    }
  }
}

TEST(a_row_has_a_limit) {
  enum { LIMIT = 1000, HUGE = 3 * BLOCK };
  static const struct {
    const char *name, *before, *after, *expected;
  } cases[] = {
      {"l.txt", "p\n", "\nq\n", "1:2 PROBLEM %s\n2:3 prompt=[q]\n"},
      {"l.txt", "p\n", "\r\nq\n", "1:2 PROBLEM %s\n2:3 prompt=[q]\n"},
      {"l.txt", "p\n", "", "1:2 PROBLEM %s\n"},
      {"l.csv", "prompt\np\n", "\nq\n", "1:3 PROBLEM %s\n2:4 prompt=[q]\n"},
      {"l.csv", "prompt\np\n\"", "\"\n\"q\n\"\n", "1:3 PROBLEM %s\n2:4 prompt=[q<0a>]\n"},
      {"l.csv", "prompt\np\n\"\n", "\"\nq\n",
       "1:3 PROBLEM a quote is opened in this line, and not closed within 1000 bytes\n2:4 PROBLEM %s\n3:5 prompt=[q]\n"},
      {"l.tsv", "prompt\np\n", "\n", "1:3 PROBLEM %s\n"},
      {"l.jsonl", "\"p\"\n\"", "\"\n\"q\"\n", "1:2 PROBLEM %s\n2:3 prompt=[q]\n"},
      {"l.jsonl", "\"p\"\n", "\n\"q\"\n", "1:2 PROBLEM %s\n2:3 prompt=[q]\n"},
      {"l.json", "[\"p\",\n\"", "\",\"q\"]", "1:2 PROBLEM %s\n2:3 prompt=[q]\n"},
      {"l.json", "\"p\"\"o\"\n\"", "\" \"q\"", "1:1 prompt=[o]\n2:2 PROBLEM %s\n3:2 prompt=[q]\n"},
      {"l.json", "[\"p\",\n\"", "", "ERROR l.json: line 2: the file ends before the array does, after 1 elements\n"},
  };
  static const int lengths[] = {LIMIT - 10, LIMIT + 1, HUGE};
  static char text[HUGE + 100];
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    for (size_t i = 0; i < 3; i++) {
      char expected[200];
      int length = snprintf(text, sizeof text, "%s%0*d%s", cases[c].before, lengths[i], 0, cases[c].after);
      write_file(cases[c].name, text, (size_t)length);
      const char *read = transcript_limited(OPTIONS(0), LIMIT);
      (void)snprintf(expected, sizeof expected, cases[c].expected, "the row has more than 1000 bytes, at most 1000 are taken");
      if (i || strstr(expected, "ERROR"))
        assert_string_equal(strstr(expected, "ERROR") ? read : strchr(read, '\n') + 1, expected);
      else
        assert_null(strstr(read, "more than"));
    }
  }
  (void)snprintf(text, sizeof text, "%0*d\n{\"prompt\":\"q\"}\n", 2 * LIMIT, 7);
  write_text("first.jsonl", text);
  assert_string_equal(transcript_limited(OPTIONS(.max_row = 9), LIMIT),
                      "0:1 PROBLEM the row has more than 1000 bytes, at most 9 are taken (--max-row)\n1:2 prompt=[q]\n");
  (void)snprintf(text, sizeof text, "prompt,%0*d\nq,1\n", LIMIT, 7);
  write_text("header.csv", text);
  assert_string_equal(transcript_limited(OPTIONS(0), LIMIT), "ERROR header.csv: line 1: the row has more than 1000 bytes, at most 1000 are taken\n");
}

TEST(the_limit_is_on_the_row_and_not_on_its_lines) {
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_append_string(&text, "prompt\n\"");
  for (int i = 0; i < 200; i++) hw_buffer_append_string(&text, "line\n");
  size_t length = text.length;
  hw_buffer_append_string(&text, "line\n\"\n");
  assert_false(text.failed);
  write_file("lines.csv", text.data, text.length);
  assert_non_null(strstr(transcript_limited(OPTIONS(0), 1000),
                         "0:2 PROBLEM a quote is opened in this line, and not closed within 1000 bytes\n1:3 prompt=[line]\n"));
  assert_null(strstr(transcript_limited(OPTIONS(0), length), "ERROR"));
  hw_buffer_fini(&text);
}

TEST(too_many_columns_are_refused) {
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_append_string(&text, "prompt");
  for (int i = 1; i < HW_MAX_COLUMNS; i++) hw_buffer_printf(&text, ",c%d", i);
  size_t most = text.length;
  hw_buffer_append_string(&text, "\np\n");
  assert_string_equal(read_bytes("wide.csv", text.data, text.length), "0:2 PROBLEM 1 field, but the header has 4096\n");
  text.length = most;
  hw_buffer_append_string(&text, ",more\np\n");
  assert_string_equal(read_bytes("wide.csv", text.data, text.length), "ERROR wide.csv: more than 4096 columns\n");
  for (size_t i = 0; i < text.length; i++)
    if (text.data[i] == ',') text.data[i] = '\t';
  assert_string_equal(read_bytes("wide.tsv", text.data, text.length), "ERROR wide.tsv: more than 4096 columns\n");
  hw_buffer_fini(&text);
}

/* Bytes in use. The sanitizer's allocator does not tell: there only the rows are counted. */
static size_t memory_in_use(void) {
#ifdef UNIT_SANITIZED
  return 0;
#else
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

TEST(open_quotes_take_memory_for_the_limit_alone) {
  enum { N = 50000, LIMIT = 1000 };
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_append_string(&text, "prompt,x\nMary,1\n");
  for (int i = 0; i < N; i++) hw_buffer_append_string(&text, "a\"b,\"cccccccccccccccccccccccccc\n");
  assert_false(text.failed);
  write_file("open.csv", text.data, text.length);
  hw_buffer_fini(&text);

  hw_dataset *dataset;
  hw_row row;
  size_t before = memory_in_use();
  assert_true(hw_dataset_open_limited(&OPTIONS(.path = path), LIMIT, &dataset, NULL));
  int64_t n = 0;
  while (hw_dataset_next(dataset, &row, NULL) > 0) {
    assert_int_equal(row.problem != NULL, n > 0);
    n++;
  }
  assert_int_equal(n, N + 1);
  assert_true(memory_in_use() < before + 4 * (size_t)BLOCK); /* two are the stream's; the file has 27 */
  hw_dataset_close(dataset);
}

TEST(many_rows_take_constant_memory) {
  enum { N = 100000 };
  static const struct {
    const char *name, *before, *row, *between, *after;
  } cases[] = {
      {"m.txt.gz", "", "%d %s", "\n", "\n"},
      {"m.csv", "prompt\n", "\"%d\n%s\"", "\r\n", ""},
      {"m.tsv", "prompt\tx\n", "%d\t%s", "\n", "\n"},
      {"m.jsonl", "", "{\"prompt\":\"%d\",\"x\":[\"%s\"]}", "\n", "\n"},
      {"m.json", "[", "{\"prompt\":\"%d\",\"x\":\"%s\"}", ",", "]"},
  };
  const char *padding = "When Mary and John went to the store, John gave a drink to Mary and they went home again";
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    (void)snprintf(path, sizeof path, "%s/%s", folder, cases[c].name);
    gzFile file = gzopen(path, strstr(path, ".gz") ? "wb1" : "wbT");
    assert_non_null(file);
    (void)gzputs(file, cases[c].before);
    for (int i = 0; i < N; i++) {
      char row[512];
      (void)snprintf(row, sizeof row, cases[c].row, i, padding);
      (void)gzputs(file, row);
      (void)gzputs(file, i + 1 < N ? cases[c].between : cases[c].after);
    }
    assert_int_equal(gzclose(file), Z_OK);

    hw_dataset *dataset;
    hw_row row;
    assert_true(hw_dataset_open(&OPTIONS(.path = path), &dataset, NULL));
    size_t early = 0, late = 0;
    int64_t n = 0;
    int got;
    while ((got = hw_dataset_next(dataset, &row, NULL)) > 0) {
      assert_null(row.problem);
      assert_int_equal(row.index, n);
      assert_int_equal(atoll(row.prompt.value), n);
      n++;
      if (n == 100) early = memory_in_use();
      if (n == N - 100) late = memory_in_use();
    }
    assert_int_equal(got, 0);
    assert_int_equal(n, N);
    assert_true(late < early + (1 << 16)); /* the files have 10 MB */
    hw_dataset_close(dataset);
  }
}

#endif
