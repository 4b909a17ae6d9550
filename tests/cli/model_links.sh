# SPDX-License-Identifier: Apache-2.0
# Names of a model folder that are there, but not as files: links to nowhere (as in a cache whose blobs were deleted), folders, pipes.
spoil() { # NAME HOW
  rm -rf "model/$1"
  case $2 in
    link) ln -s nowhere "model/$1" ;;
    folder) mkdir "model/$1" ;;
    pipe) mkfifo "model/$1" ;;
  esac
}
fresh() { # gpt2 is a link to the model of the repository
  rm -rf model
  mkdir model
  cp gpt2/* model
}
: >weights-that-are-no-weights
for name in config.json headwater.json model.safetensors; do
  for how in link folder pipe; do
    item "$name: a $how"
    fresh
    cp weights-that-are-no-weights model/pytorch_model.bin
    spoil $name $how
    fails timeout 20 "$HW" trace --model model --prompt Mary
  done
done
for name in tokenizer.json tokenizer_config.json special_tokens_map.json added_tokens.json; do
  for how in link folder pipe; do
    item "$name: a $how"
    fresh
    spoil $name $how
    fails timeout 20 "$HW" tokenize --model model --text Mary
  done
done
for name in vocab.json merges.txt; do
  item "$name: a link, without tokenizer.json"
  fresh
  rm model/tokenizer.json
  spoil $name link
  fails "$HW" tokenize --model model --text Mary
done
for name in model.safetensors.index.json pytorch_model.bin model-q4_0.gguf; do
  item "$name: a link, without model.safetensors"
  fresh
  rm model/model.safetensors
  spoil $name link
  fails "$HW" info model
done
item "a GGUF file that is named"
fails "$HW" info model/model-q4_0.gguf
spoil model-q4_0.gguf pipe
fails timeout 20 "$HW" info model/model-q4_0.gguf
item "a shard"
fresh
rm model/model.safetensors
echo '{"weight_map": {"wte.weight": "model-00001-of-00001.safetensors"}}' >model/model.safetensors.index.json
spoil model-00001-of-00001.safetensors link
fails "$HW" info model
item "links to files that are there"
fresh
mv model blobs
mkdir model
for name in blobs/*; do ln -s "../$name" "model/${name#blobs/}"; done
"$HW" tokenize --model model --text Mary
"$HW" info model | head -1
