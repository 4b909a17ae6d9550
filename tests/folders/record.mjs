// SPDX-License-Identifier: Apache-2.0
// Writes ids.json: the ids of @huggingface/tokenizers for the tokenizers of tokenizers.py. For a developer's machine: the test reads
// what is recorded and needs neither Node nor the package.
//   npm install --prefix WORK @huggingface/tokenizers
//   python3 tests/folders/make.py WORK/folders meanings
//   node tests/folders/record.mjs WORK/node_modules/@huggingface/tokenizers WORK/folders/meanings.json > tests/folders/ids.json
import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';

const [packageDir, meaningsFile] = process.argv.slice(2);
const {Tokenizer} = createRequire(import.meta.url)(path.resolve(packageDir));
const meanings = JSON.parse(fs.readFileSync(meaningsFile, 'utf8'));
const lines = Object.entries(meanings).map(([kind, {tokenizer, texts}]) => {
  const made = new Tokenizer(tokenizer, {});
  const rows = texts.map(text => `  ${JSON.stringify([text, Array.from(made.encode(text, {add_special_tokens: true}).ids)])}`);
  return ` ${JSON.stringify(kind)}: [\n${rows.join(',\n')}\n ]`;
});
const version = JSON.parse(fs.readFileSync(path.join(packageDir, 'package.json'), 'utf8')).version;
console.log(`{\n "made by": ${JSON.stringify(`@huggingface/tokenizers ${version}`)},\n${lines.join(',\n')}\n}`);
