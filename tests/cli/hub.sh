# SPDX-License-Identifier: Apache-2.0
# Models of the Hugging Face cache, by the hub's names: snapshots of links into blobs, refs, no network.
cached() { # folder in the cache, commit, model, ref
  mkdir -p "hub/$1/blobs" "hub/$1/snapshots/$2" "hub/$1/refs"
  for file in "$3"/*; do
    [ -f "hub/$1/blobs/$(basename "$file").blob" ] || cp "$file" "hub/$1/blobs/$(basename "$file").blob"
    ln -s "../../blobs/$(basename "$file").blob" "hub/$1/snapshots/$2/$(basename "$file")"
  done
  [ -z "$4" ] || printf %s "$2" >"hub/$1/refs/$4"
}
unset HF_HUB_CACHE
export HOME="$PWD/home" HF_HOME="$PWD"
shows() { "$HW" info "$@" 2>&1 | sed "s|$PWD/||g" | grep -e "^model " -e headwater:; }
item "an empty cache"
shows no-such-model
shows someone/no-such-model
shows ./no-such-model
shows someone/no/such/model
item "names and revisions"
cached models--openai-community--gpt2 607a30d783dfa663caf39e06633721c8d4cfcd7e gpt2 main
cached models--openai-community--gpt2 11c5a3d5811f50298f278a704980280950aedb10 llama other
shows openai-community/gpt2
shows openai-community/gpt2@other
shows openai-community/gpt2@11c5a3
shows openai-community/gpt2@607a30d783df
shows openai-community/gpt2@main
shows openai-community/gpt2@
shows openai-community/gpt2@nothing
shows openai-community/gpt2@../../../gpt2
shows hub/models--openai-community--gpt2/
shows models--openai-community--gpt2
shows hub/models--openai-community--gpt2/snapshots/607a30d783dfa663caf39e06633721c8d4cfcd7e
item "a folder of this name comes first; without it the one model of the name in the cache"
shows gpt2
rm gpt2
shows gpt2
cached models--someone--gpt2 0123456789abcdef0123456789abcdef01234567 llama main
shows gpt2
cached models--gpt2 89abcdef0123456789abcdef0123456789abcdef llama main
shows gpt2
shows nobody/gpt2
item "no ref, and one snapshot; no snapshot"
cached models--tiny--llama aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa llama ""
shows tiny/llama
cached models--tiny--llama bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb llama ""
shows tiny/llama
printf %s "cccccccccccccccccccccccccccccccccccccccc" >hub/models--tiny--llama/refs/main
shows tiny/llama
item "a ref that is a link to nowhere"
ln -sf /nowhere hub/models--tiny--llama/refs/main
shows tiny/llama
item "where the cache lies"
mkdir -p home/.cache/huggingface
mv hub home/.cache/huggingface/hub
HF_HOME="" shows openai-community/gpt2
HF_HOME='~/.cache/huggingface' shows openai-community/gpt2
XDG_CACHE_HOME="$PWD/home/.cache" HOME=/nowhere HF_HOME="" shows openai-community/gpt2
HF_HUB_CACHE="$PWD/home/.cache/huggingface/hub" HOME=/nowhere shows openai-community/gpt2
item "every command; the database has the hub's name"
export HF_HOME="$HOME/.cache/huggingface"
"$HW" tokenize --model openai-community/gpt2 --json --text "Mary went"
"$HW" trace --model openai-community/gpt2 --prompt "Mary went" | head -n 1
"$HW" run --model openai-community/gpt2 --data ioi.csv --db out.db --limit 2 --threads 1 --quiet
"$HW" sql out.db "SELECT model_name FROM run"
