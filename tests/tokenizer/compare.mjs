// SPDX-License-Identifier: Apache-2.0
// Compares our ids (and offsets) with those of a Hugging Face tokenizer, string by string.
//   node compare.mjs PACKAGE_DIR TOKENIZER_DIR STRINGS.jsonl OURS.jsonl [--no-special] [--white-space]
// PACKAGE_DIR: node_modules/@huggingface/tokenizers (JavaScript; ids only) or node_modules/tokenizers (Hugging Face's Rust library
//   built for Node; ids and offsets).
// TOKENIZER_DIR: has tokenizer.json, or vocab.json + merges.txt, which are made into one as Hugging Face converts them.
// --white-space: JavaScript's \s has U+FEFF and lacks U+0085, unlike Unicode's White_Space, which Hugging Face's own library
//   goes by; this writes the class out in GPT-2's pattern, so that the JavaScript package finds what that library finds.
// STRINGS.jsonl: one JSON string a line. OURS.jsonl: {"ids":[],"offsets":[]} a line.
import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';

const [packageDir, dir, stringsFile, oursFile, ...flags] = process.argv.slice(2);
const read = name => fs.readFileSync(path.join(dir, name), 'utf8');
const has = name => fs.existsSync(path.join(dir, name));
const addSpecial = !flags.includes('--no-special');

function fromFiles() {
  const vocab = JSON.parse(read('vocab.json'));
  const merges = read('merges.txt').split('\n').filter((line, i) => line && !(i === 0 && line.startsWith('#version')));
  const opt = '</s>' in vocab && vocab['</s>'] === 2;
  const special = opt ? ['<pad>', '</s>'] : ['<|endoftext|>'];
  const byteLevel = {type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: true};
  return {
    version: '1.0', truncation: null, padding: null, normalizer: null, pre_tokenizer: byteLevel, decoder: byteLevel,
    added_tokens: special.map(content =>
      ({id: vocab[content], content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true})),
    post_processor: !opt ? byteLevel : {
      type: 'TemplateProcessing', single: [{SpecialToken: {id: '</s>', type_id: 0}}, {Sequence: {id: 'A', type_id: 0}}],
      pair: [{Sequence: {id: 'A', type_id: 0}}, {Sequence: {id: 'B', type_id: 1}}],
      special_tokens: {'</s>': {id: '</s>', ids: [2], tokens: ['</s>']}}},
    model: {type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: '', end_of_word_suffix: '', fuse_unk: false,
      byte_fallback: false, ignore_merges: false, vocab, merges},
  };
}

const json = has('tokenizer.json') ? JSON.parse(read('tokenizer.json')) : fromFiles();
const space = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
if (flags.includes('--white-space') && json.pre_tokenizer?.type === 'ByteLevel')
  json.pre_tokenizer = {type: 'Sequence', pretokenizers: [
    {type: 'Split', behavior: 'Isolated', invert: false, pattern: {Regex:
      `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${space}\\p{L}\\p{N}]+|[${space}]+(?![^${space}])|[${space}]+`}},
    {...json.pre_tokenizer, use_regex: false}]};
const config = has('tokenizer_config.json') ? JSON.parse(read('tokenizer_config.json')) : {};
const {Tokenizer} = createRequire(import.meta.url)(path.resolve(packageDir));
let encode;
if (typeof Tokenizer.fromString === 'function') {
  const tokenizer = Tokenizer.fromString(JSON.stringify(json));
  const mask = (await tokenizer.encode('a', null, {addSpecialTokens: addSpecial})).getSpecialTokensMask();
  const behind = addSpecial ? mask.length - 1 - mask.lastIndexOf(0) : 0;
  encode = async text => {
    const found = await tokenizer.encode(text, null, {addSpecialTokens: addSpecial});
    const n = found.getIds().length - behind; // what comes behind a text (EOS) is never added by headwater
    return {ids: found.getIds().slice(0, n), offsets: found.getOffsets().slice(0, n)};
  };
} else {
  const tokenizer = new Tokenizer(json, config);
  encode = async text => ({ids: Array.from(tokenizer.encode(text, {add_special_tokens: addSpecial}).ids)});
}

const lines = file => fs.readFileSync(file, 'utf8').split('\n').filter(line => line);
const strings = lines(stringsFile), ours = lines(oursFile);
if (strings.length !== ours.length) {
  console.error(`${strings.length} strings, but ${ours.length} results`);
  process.exit(2);
}
let idsDiffer = 0, offsetsDiffer = 0, tokens = 0, withOffsets = false;
for (let i = 0; i < strings.length; i++) {
  const want = await encode(JSON.parse(strings[i])), got = JSON.parse(ours[i]);
  tokens += want.ids.length;
  const sameIds = JSON.stringify(want.ids) === JSON.stringify(got.ids);
  withOffsets ||= want.offsets !== undefined;
  const sameOffsets = !want.offsets || JSON.stringify(want.offsets) === JSON.stringify(got.offsets);
  idsDiffer += !sameIds;
  offsetsDiffer += sameIds && !sameOffsets;
  if ((!sameIds || !sameOffsets) && idsDiffer + offsetsDiffer <= (+process.env.SHOW || 10)) {
    console.log(`${i + 1}: ${strings[i].slice(0, 300)}`);
    console.log(`  want ${JSON.stringify(sameIds ? want.offsets : want.ids).slice(0, 600)}`);
    console.log(`  got  ${JSON.stringify(sameIds ? got.offsets : got.ids).slice(0, 600)}`);
  }
}
console.log(`${strings.length} strings, ${tokens} tokens: ids differ in ${idsDiffer}` +
  (withOffsets ? `, offsets in ${offsetsDiffer}` : ' (this package gives no offsets)'));
process.exit(idsDiffer + offsetsDiffer ? 1 : 0);
