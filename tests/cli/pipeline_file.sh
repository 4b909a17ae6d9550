# SPDX-License-Identifier: Apache-2.0
# Paths of a pipeline file: variables, quotes, relative to the file when they are not there from here.
mkdir jobs "two words"
cp ioi.csv jobs/beside.csv
ln -s ../gpt2 "two words/model"
printf 'model = "$PLACE/model" ; quoted\ndata = beside.csv\ndb = ~/$NAME.db\nlimit = 3\nneuron-projections = none\n' >jobs/one.ini
HOME=$PWD/jobs PLACE="two words" NAME=out "$HW" run jobs/one.ini 2>&1 | sed -E "s|$PWD/||; s/, ([0-9]+m)?[0-9]+s, [0-9]+ threads/, (time and threads)/"
HOME=$PWD/jobs PLACE="two words" NAME=out "$HW" run jobs/one.ini --quiet && ls jobs
item "what the command line gives as well is not looked for"
HOME=$PWD/jobs PLACE="two words" "$HW" run jobs/one.ini --data ioi.csv --db other.db --dry-run 2>&1 | head -n 2
env -u PLACE HOME=$PWD/jobs "$HW" run jobs/one.ini --model gpt2 --data ioi.csv --db other.db --dry-run | head -n 1
printf 'data =\nmodel = gpt2 # small\ndb = c.db # first try\nlimit = 2\nneuron-projections = none\n' >comments.ini
"$HW" run comments.ini --data ioi.csv --quiet && ls *.db
item "what is wrong"
fails "$HW" run comments.ini
fails "$HW" run comments.ini --data ioi.csv --db ''
fails env -u PLACE HOME=/nowhere "$HW" run jobs/one.ini
printf 'limit = 3\nlimit = 4\n' >twice.ini; fails "$HW" run twice.ini
printf 'model = "gpt2\n' >quote.ini; fails "$HW" run quote.ini
