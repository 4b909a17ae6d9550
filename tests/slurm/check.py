# SPDX-License-Identifier: Apache-2.0
"""Runs in shards: the digest of a single run from a loop, from GNU parallel with a program that is killed, and from Slurm (an array of 4 and a merge), where
one task's program is killed, one task is requeued, and slurmd is started anew while they run.

    /usr/bin/python3 tests/slurm/check.py build/headwater

munged, slurmctld and slurmd are those of the system's packages, started here with a configuration of their own, as root. What is not there is skipped by name."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(sys.argv[1])
PIPELINES = os.path.join(ROOT, "pipelines")
SKIPPED, LONGEST = 77, 400
DAEMONS = "munged slurmctld slurmd sbatch scontrol squeue".split()


def need(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def wait_for(look, what, seconds=LONGEST, pause=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(pause)
    raise SystemExit(f"FAILED: waited {seconds} s for {what}")


def call(words, **more):
    done = subprocess.run(words, capture_output=True, text=True, timeout=LONGEST, **more)
    need(done.returncode == 0, f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def digest(path):
    return call([BINARY, "digest", path])


def programs(word):
    """Process ids of our program whose arguments have a word, once it has a database with chunks."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words[0].decode() == BINARY and word.encode() in words:
            database = words[words.index(b"--db") + 1].decode()
            if os.path.exists(database + "-wal") and os.path.getsize(database + "-wal") > 400000:
                found.append(int(name))
    return found


def kill_program(shard):
    pid = wait_for(lambda: programs(shard), f"the program of shard {shard}")[0]
    os.kill(pid, signal.SIGKILL)


def folder_of(base, name):
    folder = os.path.join(base, name)
    os.mkdir(folder)
    return folder, os.path.join(folder, "out.db")


def check_local(base, job, environment, whole):
    folder, out = folder_of(base, "loop")
    call(["sh", f"{PIPELINES}/shards.sh", "3", job, out], env=environment, cwd=folder)
    need(digest(out) == whole, "a loop gives another digest")
    print("loop of 3 shards: the digest of a single run")
    if not shutil.which("parallel"):
        print("skipped: GNU parallel is not there")
        return
    folder, out = folder_of(base, "parallel")
    command = ["sh", f"{PIPELINES}/shards.sh", "--jobs", "2", "4", job, out]
    run = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    kill_program("2/4")
    _, said = run.communicate(timeout=LONGEST)
    need(run.returncode == 0, f"parallel: {said}")
    need("it is started again" in said, f"the program of shard 2 was not killed: {said}")
    need(digest(out) == whole, "GNU parallel gives another digest")
    call(command, env=environment, cwd=folder)
    print("GNU parallel, 4 shards, one killed: the digest of a single run")
    check_stopped(base, job, environment, whole)


def check_stopped(base, job, environment, whole):
    folder, out = folder_of(base, "stopped")
    command = ["sh", f"{PIPELINES}/shards.sh", "--jobs", "2", "2", job, out]
    run = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: programs("1/2") and programs("2/2"), "both programs")
    run.terminate()
    _, said = run.communicate(timeout=LONGEST)
    need(run.returncode == 130, f"parallel that is stopped: exit {run.returncode}: {said}")
    need(not programs("1/2") and not programs("2/2"), "the programs of a stopped parallel run on")
    need(all(os.path.exists(f"{out}.parts/{k}-of-2.db") for k in (1, 2)), f"a stopped parallel has not saved both shards: {said}")
    call(command, env=environment, cwd=folder)
    need(digest(out) == whole, "what was stopped and continued gives another digest")
    print("GNU parallel, stopped: both shards are saved, and continued to the digest of a single run")


# A job that is put back waits as long as a credential lives. Slurm refuses less than 5 seconds and takes two minutes then.
CONFIGURATION = """ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={base}/munge.socket,cred_expire=20
CredType=cred/munge
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={base}/state
SlurmdSpoolDir={base}/spool
SlurmctldPidFile={base}/slurmctld.pid
SlurmdPidFile={base}/slurmd.pid
SlurmctldLogFile={base}/slurmctld.log
SlurmdLogFile={base}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_min_interval=0,sched_interval=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MpiDefault=none
SlurmdParameters=config_overrides
KillWait=10
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Cluster:
    """The three daemons, in the foreground, so that they end with the test."""

    def __init__(self, base):
        self.base, self.daemons = base, {}
        for name in ("state", "spool"):
            os.mkdir(os.path.join(base, name))
        configuration = os.path.join(base, "slurm.conf")
        with open(configuration, "w") as file:
            file.write(CONFIGURATION.format(base=base, host=socket.gethostname().split(".")[0], ports=free_ports(2)))
        with open(os.open(os.path.join(base, "munge.key"), os.O_WRONLY | os.O_CREAT, 0o400), "wb") as file:
            file.write(os.urandom(128))
        self.environment = dict(os.environ, SLURM_CONF=configuration)

    def start(self, name, words):
        with open(os.path.join(self.base, name + ".out"), "ab") as out:
            self.daemons[name] = subprocess.Popen(words, env=self.environment, stdout=out, stderr=out)

    def __enter__(self):
        b = self.base
        self.start("munged", ["munged", "--foreground", "--force", f"--key-file={b}/munge.key", f"--socket={b}/munge.socket", f"--pid-file={b}/munged.pid",
                              f"--log-file={b}/munged.log", f"--seed-file={b}/munged.seed"])
        wait_for(lambda: os.path.exists(f"{b}/munge.socket"), "munged", 30, 0.2)
        self.start("slurmctld", ["slurmctld", "-D"])
        self.start("slurmd", ["slurmd", "-D"])
        wait_for(lambda: "idle" in self.say("sinfo", "-h", "-o", "%T"), "a node that is idle", 90, 0.5)
        return self

    def restart_node(self):
        self.daemons["slurmd"].terminate()
        self.daemons["slurmd"].wait(30)
        self.start("slurmd", ["slurmd", "-D"])

    def say(self, *words):
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=60).stdout

    def __exit__(self, kind, *unused):
        for name in sorted(os.listdir(self.base)) if kind else []:
            if name.endswith((".out", ".log")):
                with open(os.path.join(self.base, name)) as file:
                    print(name, *file.readlines()[-12:], sep="\n    ")
        self.say("scancel", "--user=root")
        for name in ("slurmd", "slurmctld", "munged"):
            if name in self.daemons:
                self.daemons[name].terminate()
                try:
                    self.daemons[name].wait(20)
                except subprocess.TimeoutExpired:
                    self.daemons[name].kill()


def check_slurm(base, job, environment, whole):
    missing = [name for name in DAEMONS if not shutil.which(name)]
    if missing or os.geteuid() != 0:
        print(f"skipped: Slurm ({'is not there: ' + ', '.join(missing) if missing else 'its daemons want root'})")
        return False
    folder, out = folder_of(base, "slurm")
    daemons = os.path.join(base, "daemons")
    os.mkdir(daemons)
    with Cluster(daemons) as cluster:
        both = dict(environment, SLURM_CONF=cluster.environment["SLURM_CONF"])
        numbers = call(["sh", f"{PIPELINES}/slurm/submit.sh", "4", job, out], env=both, cwd=folder).split()
        need(len(numbers) == 2 and all(n.isdigit() for n in numbers), f"submit.sh says {numbers}")
        shards, merge = numbers
        kill_program("1/4")
        wait_for(lambda: programs("3/4"), "shard 3")
        said = subprocess.run(["scontrol", "requeue", f"{shards}_3"], env=both, capture_output=True, text=True, timeout=60)
        need(said.returncode == 0, f"requeue: {said.stderr}")
        requeued = lambda: "Restarts=1" in cluster.say("scontrol", "show", "job", f"{shards}_3")
        wait_for(requeued, "shard 3 to wait again", pause=0.5)
        cluster.restart_node()
        wait_for(lambda: not cluster.say("squeue", "-h", "-o", "%i").strip(), "the end of all jobs", pause=0.5)
        state = cluster.say("scontrol", "show", "job", merge)
        logs = "".join(f"{name}: " + open(os.path.join(out + ".parts", name)).read() for name in sorted(os.listdir(out + ".parts")) if name.endswith(".log"))
        need("JobState=COMPLETED" in state and os.path.exists(out), f"the merge: {state}\n{logs}")
        need("it is started again" in logs, f"the program of shard 1 was not killed: {logs}")
        restarts = cluster.say("scontrol", "show", "job", f"{shards}_3")
        need("Restarts=1" in restarts, f"shard 3 was not requeued: {restarts}")
        need("stopped with" in logs, f"shard 3 did not end by itself when it was requeued: {logs}")
    need(digest(out) == whole, "Slurm gives another digest")
    print("Slurm, array of 4 and merge, one killed, one requeued, slurmd started anew: the digest of a single run")
    return True


def main():
    base = tempfile.mkdtemp(prefix="headwater-slurm.")
    try:
        job = os.path.join(base, "job.ini")
        with open(job, "w") as file:
            file.write(f"model = {ROOT}/datasets/models/headwater-gpt2\ndata = {ROOT}/datasets/ioi.csv\nlimit = 300\ncounterfactual = yes\n"
                       "chunk-tokens = 64\ncommit-seconds = 0\nthreads = 1\nquiet = yes\n")
        single = os.path.join(base, "single.db")
        call([BINARY, "run", job, "--db", single])
        environment = dict(os.environ, HEADWATER=BINARY, TMPDIR=base)
        whole = digest(single)
        check_local(base, job, environment, whole)
        return 0 if check_slurm(base, job, environment, whole) else SKIPPED
    finally:
        shutil.rmtree(base, ignore_errors=True)


sys.exit(main())
