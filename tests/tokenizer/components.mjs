// SPDX-License-Identifier: Apache-2.0
// Compares our ids with those of `@huggingface/tokenizers` (JavaScript; it gives no offsets). Where they differ, asks which component of that
// package is the cause: components are replaced, one at a time, by the same component of Hugging Face's Rust library (npm `tokenizers`).
// A string belongs to the first component that makes its ids equal to ours when it alone is replaced.
//   node components.mjs JAVASCRIPT_DIR RUST_DIR TOKENIZER_DIR STRINGS.jsonl OURS.jsonl
// Prints for each cause the number of strings and a text that shows it and has no character too many; at the end the strings where the Rust
// library does not agree with us either. Exits with 1 where there are such
// strings, with 3 where a cause is not in `reasons` or no replacement explains a string.
import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';

const [javascriptDir, rustDir, dir, stringsFile, oursFile] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const javascript = require(path.resolve(javascriptDir)), rust = require(path.resolve(rustDir));
const lines = file => fs.readFileSync(file, 'utf8').split('\n').filter(line => line);
const same = (a, b) => a.length === b.length && a.every((id, i) => id === b[i]);
const json = JSON.parse(fs.readFileSync(path.join(dir, 'tokenizer.json'), 'utf8'));

const space = "JavaScript's white space has U+FEFF and lacks U+0085, unlike Unicode's White_Space";
const age = `Unicode ${process.versions.unicode} in place of the Rust library's edition (16 in patterns, 9 for normal forms and marks, 8 for punctuation)`;
const reasons = {
  'pre_tokenizer ByteLevel': space,
  'pre_tokenizer WhitespaceSplit': space,
  'pre_tokenizer BertPreTokenizer': age,
  'pre_tokenizer Digits': 'its digits are 0-9, not all numbers of Unicode',
  'pre_tokenizer Metaspace': 'it does not split ("split" is not read)',
  'pre_tokenizer Split': age,
  'pre_tokenizer Whitespace': 'its letters are those of ASCII',
  'normalizer Precompiled': "it has rules of its own in place of the file's table",
  'normalizer BertNormalizer': `ideographs beyond U+FFFF are not spaced; a sigma at a word's end is lowered to another letter; ${age}`,
  'normalizer Lowercase': "a sigma at a word's end is lowered to another letter",
  'normalizer NFC': age,
  'normalizer NFKD': age,
  'normalizer StripAccents': age,
  'normalizer Prepend': 'it prepends to an empty text too',
  'normalizer Strip': space,
  'normalizer Nmt': 'not known to the package, which refuses the file: compared as if it were not there',
  'model Unigram': json.model.byte_fallback ? 'it has no byte_fallback' :
    'it compares ways with the next score added, whose rounding makes some equal; then the first one stays',
  'scores of Unigram': 'it reads them exactly, the Rust library with an error of one bit at times, which decides between equal ways',
  'added tokens': `${space}; after normalizing, a text that is an added token is one, also where that has "normalized": false`,
  'normalizer and Metaspace': 'a space is set before the first section also where the normalizer took away its first characters',
};

// ---- the two libraries ----

const empty = {version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null,
  decoder: null};
const anything = {type: 'WordLevel', vocab: {a: 0}, unk_token: 'a'};
const rustWith = parts => rust.Tokenizer.fromString(JSON.stringify({...empty, model: anything, ...parts}));
const rustWhole = rust.Tokenizer.fromString(JSON.stringify(json));
const mask = (await rustWhole.encode('a', null, {addSpecialTokens: true})).getSpecialTokensMask();
const behind = mask.length - 1 - mask.lastIndexOf(0); // what comes behind a text (EOS) is never added by headwater
const withoutEnd = ids => ids.slice(0, ids.length - behind);
const rustIds = async text => withoutEnd((await rustWhole.encode(text, null, {addSpecialTokens: true})).getIds());

// The leaves of a normalizer or pre-tokenizer, in order.
const inner = {normalizer: ['normalizers', 'normalizers'], pre_tokenizer: ['pretokenizers', 'tokenizers']};
const leaves = (stage, part) => !part ? [] : part.type === 'Sequence' ? part[inner[stage][0]].flatMap(p => leaves(stage, p)) : [part];
const nodes = (stage, part, node) => !part ? [] : part.type === 'Sequence' ?
  part[inner[stage][0]].flatMap((p, i) => nodes(stage, p, node[inner[stage][1]][i])) : [[part, node]];

// What the package does not know, and would refuse, stands there as a component that changes nothing.
const placeholder = {normalizer: {type: 'Prepend', prepend: ''}, pre_tokenizer: {type: 'Replace', pattern: {String: '\0'}, content: '\0'}};
const known = {normalizer: type => javascript[`${type}Normalizer`] || javascript[type],
  pre_tokenizer: type => javascript[`${type}PreTokenizer`] || javascript[type]};
const readable = (stage, part) => !part ? part : part.type === 'Sequence' ?
  {...part, [inner[stage][0]]: part[inner[stage][0]].map(p => readable(stage, p))} : known[stage](part.type) ? part : placeholder[stage];
const taken = {...json, normalizer: readable('normalizer', json.normalizer), pre_tokenizer: readable('pre_tokenizer', json.pre_tokenizer)};

function replaceNormalizer(node, part) {
  const theirs = rustWith({normalizer: part}).getNormalizer();
  node.normalize = text => theirs.normalizeString(text);
}

function replacePreTokenizer(node, part) {
  const made = p => rustWith({pre_tokenizer: p}).getPreTokenizer();
  const first = made(part), later = part.prepend_scheme === 'first' ? made({...part, prepend_scheme: 'never'}) : first;
  node.pre_tokenize_text = (text, options) => (options?.section_index ? later : first).preTokenizeString(text).map(([piece]) => piece);
}

const rustModel = rustWith({model: json.model});
const withScheme = scheme => rustWith({...json, added_tokens: [], post_processor: null, decoder: null,
  pre_tokenizer: {...json.pre_tokenizer, ...scheme && {prepend_scheme: scheme}}});

// The digits as an integer, over a power of ten, each rounded.
function rustScore(score) {
  const [, sign, whole, rest, exponent] = /^(-?)(\d+)\.?(\d*)(?:e(.*))?$/.exec(String(score));
  const shift = (+exponent || 0) - rest.length, digits = Number(whole + rest);
  return (sign ? -1 : 1) * (shift < 0 ? digits / 10 ** -shift : digits * 10 ** shift);
}

// An added token that is not normalized is found in the text as it was only: the package's look-ups behind a split of normalized text are counted.
function mendAddedTokens(tokenizer) {
  const splitter = tokenizer.splitter_normalized, tokens = tokenizer.added_tokens_map, split = splitter.split.bind(splitter);
  let normalized = 0;
  splitter.split = text => {
    const sections = split(text);
    normalized = sections.length;
    return sections;
  };
  tokens.has = text => {
    const found = tokens.get(text), asItWas = normalized-- <= 0;
    return found !== undefined && (asItWas || found.normalized);
  };
}
const spaceAtEnd = /\p{White_Space}+$/u, spaceAtStart = /^\p{White_Space}+/u;
function withUnicodeSpace(encode) {
  const {trimStart, trimEnd} = String.prototype;
  String.prototype.trimStart = function () { return this.replace(spaceAtStart, ''); };
  String.prototype.trimEnd = function () { return this.replace(spaceAtEnd, ''); };
  const found = encode();
  Object.assign(String.prototype, {trimStart, trimEnd});
  return found;
}

// The package's tokenizer with the named components taken from the Rust library. Returns text => ids, a promise.
function mixed(names) {
  const tokenizer = new javascript.Tokenizer(taken, {}), {model} = tokenizer;
  for (const stage of ['normalizer', 'pre_tokenizer'])
    for (const [i, [, node]] of nodes(stage, taken[stage], tokenizer[stage]).entries()) {
      const part = leaves(stage, json[stage])[i];
      if (names.includes(`${stage} ${part.type}`)) (stage === 'normalizer' ? replaceNormalizer : replacePreTokenizer)(node, part);
    }
  if (names.includes('scores of Unigram'))
    for (const [i, [, score]] of json.model.vocab.entries()) if (i !== json.model.unk_id) model.scores[i] = rustScore(score);
  const waiting = []; // pieces that the Rust library encodes later: [tokenizer, text]; a mark stands for each
  const later = (library, text) => `\0${waiting.push([library, text]) - 1}\0`;
  if (names.includes(`model ${json.model.type}`)) model._call = texts => texts.map(text => later(rustModel, text));
  if (names.includes('normalizer and Metaspace')) {
    const first = withScheme(), others = withScheme('never');
    tokenizer.normalizer = text => text;
    tokenizer.pre_tokenizer = (text, options) => [later(options?.section_index ? others : first, text)];
    model._call = marks => marks;
  }
  if (names.includes('added tokens')) mendAddedTokens(tokenizer);
  const encode = text => tokenizer.encode(text, {add_special_tokens: true});
  return async text => {
    waiting.length = 0;
    const found = names.includes('added tokens') ? withUnicodeSpace(() => encode(text)) : encode(text), ids = [];
    for (const [i, token] of found.tokens.entries()) {
      const mark = /^\0(\d+)\0$/.exec(token);
      if (!mark) ids.push(found.ids[i]);
      else ids.push(...(await waiting[mark[1]][0].encode(waiting[mark[1]][1], null, {addSpecialTokens: false})).getIds());
    }
    return withoutEnd(ids);
  };
}

const causes = [...new Set([...['normalizer', 'pre_tokenizer'].flatMap(stage => leaves(stage, json[stage]).map(part => `${stage} ${part.type}`)),
  ...json.model.type === 'Unigram' ? ['scores of Unigram'] : [], `model ${json.model.type}`, 'added tokens',
  ...json.pre_tokenizer?.prepend_scheme === 'first' && json.normalizer ? ['normalizer and Metaspace'] : []])];
const plain = mixed([]), each = causes.map(name => [name, mixed([name])]), all = mixed(causes);

// ---- the comparison ----

async function causeOf(text, want) {
  for (const [name, encode] of each) if (same(await encode(text), want)) return name;
  return same(await all(text), want) ? 'several' : null;
}

// Takes characters out for as long as the text still shows the cause.
async function shortest(text, cause) {
  let chars = [...text];
  for (let i = 0; i < chars.length;) {
    const tried = [...chars.slice(0, i), ...chars.slice(i + 1)], candidate = tried.join(''), want = await rustIds(candidate);
    if (!same(await plain(candidate), want) && await causeOf(candidate, want) === cause) [chars, i] = [tried, 0];
    else i++;
  }
  return chars.join('');
}

const strings = lines(stringsFile).map(line => JSON.parse(line)), ours = lines(oursFile).map(line => JSON.parse(line).ids);
if (strings.length !== ours.length) {
  console.error(`${strings.length} strings, but ${ours.length} results`);
  process.exit(2);
}
const found = new Map(); // cause -> {n, text}
const unlikeBoth = [];
let differ = 0;
for (const [i, text] of strings.entries()) {
  if (same(await plain(text), ours[i])) continue;
  differ++;
  const want = await rustIds(text);
  if (!same(want, ours[i])) {
    unlikeBoth.push(text);
    continue;
  }
  const cause = await causeOf(text, want) ?? 'not explained';
  const entry = found.get(cause) ?? {n: 0, text};
  found.set(cause, {n: entry.n + 1, text: [...text].length < [...entry.text].length ? text : entry.text});
}
let unexplained = false;
const visible = text => JSON.stringify(text).replace(/[^\x20-\x7e]/gu, c => `\\u{${c.codePointAt(0).toString(16)}}`);
for (const [cause, {n, text}] of [...found].sort((a, b) => b[1].n - a[1].n)) {
  const example = cause === 'several' || cause === 'not explained' ? text : await shortest(text, cause);
  const unnamed = cause !== 'several' && !reasons[cause];
  unexplained ||= unnamed;
  console.log(`  by ${cause}${unnamed ? ' (NOT NAMED)' : ''}, ${n} strings: ${visible(example).slice(0, 200)} is ${JSON.stringify(await plain(example)).slice(0, 80)} there, ` +
    `${JSON.stringify(await rustIds(example)).slice(0, 80)} here and in the Rust library${reasons[cause] ? `; ${reasons[cause]}` : ''}`);
}
for (const text of unlikeBoth.slice(0, 10)) console.log(`  the Rust library differs too: ${visible(text).slice(0, 300)}`);
console.log(`${strings.length} strings: ids differ in ${differ} (this package gives no offsets)` +
  (unlikeBoth.length ? `, in ${unlikeBoth.length} of them from the Rust library's too` : ''));
process.exit(unexplained ? 3 : unlikeBoth.length ? 1 : 0);
