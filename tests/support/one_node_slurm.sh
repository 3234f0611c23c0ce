#!/usr/bin/env bash
# A SLURM cluster of one node, this machine, with two pretended GPUs: what the tests of profiles/slurm run on.
#
#   tests/support/one_node_slurm.sh start    install what is missing, write the configuration, start the daemons
#   tests/support/one_node_slurm.sh stop     end the daemons
#
# Needs root and Debian or Ubuntu; no systemd, cgroups, GPU or database. Safe to repeat: what runs already is kept.
# SLURM_CPUS in the environment is how many processors the node says it has (those that are there if it is not set).
set -euo pipefail

cpus=${SLURM_CPUS:-$(env -u OMP_NUM_THREADS nproc)} # nproc heeds OMP_NUM_THREADS
gpus=2
node=$(hostname -s)
conf=/etc/slurm # the compiled-in place: the executor plugin clears SLURM_CONF for nested calls of srun
state=/var/spool/one-node-slurm
logs=/var/log/one-node-slurm

die() { printf 'one_node_slurm: %s\n' "$*" >&2; exit 1; }

# wait_for SECONDS COMMAND...: until it succeeds or the time is up.
wait_for() {
    local until=$((SECONDS + $1)); shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < until)) || return 1
        sleep 0.3
    done
}

# runs DAEMON: is the process whose number it wrote still this program?
runs() {
    local pid
    pid=$(cat "$state/$1.pid" 2>/dev/null) && [[ $(cat "/proc/$pid/comm" 2>/dev/null) == "$1" ]]
}
rests() { ! runs "$1"; }

end() {
    rests "$1" && return
    kill "$(cat "$state/$1.pid")"
    wait_for 20 rests "$1" || die "$1 would not stop"
}

install_packages() {
    if [[ -x /usr/sbin/slurmctld && -x /usr/sbin/slurmd && -x /usr/sbin/munged ]]; then return; fi
    apt-get update -qq
    # Without systemd the packages start no daemon of their own.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends munge slurm-wlm >/dev/null
}

slurm_conf() {
    cat <<END
ClusterName=one
SlurmctldHost=$node
SlurmUser=slurm
AuthType=auth/munge
# So long a job waits that is queued again because its node went down; two minutes if this is not set.
AuthInfo=cred_expire=20
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/d
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$logs/slurmctld.log
SlurmdLogFile=$logs/slurmd.log
# No cgroups: processes are found through /proc and not confined.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,bf_interval=1
ReturnToService=2
# Believe the node's line below rather than the hardware.
SlurmdParameters=config_overrides
# Without accounting, squeue alone knows how a job ended; it must remember for a while.
MinJobAge=600
KillWait=5
InactiveLimit=0
GresTypes=gpu
NodeName=$node NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.95)}' /proc/meminfo) Gres=gpu:fake:$gpus State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=24:00:00 DefMemPerCPU=500 State=UP
END
}

# SLURM never opens the devices, so any device file will do; it numbers them and sets CUDA_VISIBLE_DEVICES.
gres_conf() {
    echo "AutoDetect=off"
    echo "NodeName=$node Name=gpu Type=fake File=$state/gpu[0-$((gpus - 1))]"
}

# put FILE: write standard input there; succeeds if that changed anything.
put() {
    local new
    new=$(mktemp) && cat >"$new"
    if cmp -s "$new" "$1"; then rm "$new"; return 1; fi
    install -m 644 "$new" "$1"; rm "$new"
}

configure() {
    local i changed=0
    mkdir -p "$conf" "$state/ctld" "$state/d" "$logs"
    chown slurm: "$state" "$state/ctld" "$logs"
    for ((i = 0; i < gpus; i++)); do [[ -e $state/gpu$i ]] || mknod "$state/gpu$i" c 1 3; done
    slurm_conf | put "$conf/slurm.conf" && changed=1
    gres_conf | put "$conf/gres.conf" && changed=1
    if ((changed)); then end slurmd; end slurmctld; fi
}

start_munge() {
    munge -n </dev/null >/dev/null 2>&1 && return
    [[ -s /etc/munge/munge.key ]] || mungekey --create --force
    install -d -o munge -g munge -m 755 /run/munge
    install -d -o munge -g munge -m 700 /var/log/munge /var/lib/munge
    runuser -u munge -- /usr/sbin/munged
    wait_for 10 munge -n || die "munged does not answer; see /var/log/munge"
}

node_ready() {
    case $(sinfo -h -o %T -n "$node" | head -1) in
        idle | mixed | allocated) return 0 ;;
        down* | drain*) scontrol update nodename="$node" state=resume; return 1 ;;
        *) return 1 ;;
    esac
}

case ${1:-} in
    start)
        ((EUID == 0)) || die "must be root, since slurmd starts jobs as their users"
        # The daemons must keep nothing that the caller holds open, such as a lock.
        for ((fd = 3; fd < 100; fd++)); do eval "exec $fd>&-"; done
        install_packages
        configure
        start_munge
        # -c: a cluster that was killed remembers its jobs as running, and they would hold its processors for ever.
        if rests slurmctld; then
            end slurmd
            runuser -u slurm -- /usr/sbin/slurmctld -c
            wait_for 20 scontrol ping || die "slurmctld does not answer; see $logs/slurmctld.log"
        fi
        runs slurmd || /usr/sbin/slurmd -c
        wait_for 30 node_ready || die "the node is $(sinfo -h -o %T -n "$node"); see $logs"
        ;;
    stop)
        end slurmd
        end slurmctld
        if [[ -s /run/munge/munged.pid ]]; then kill "$(cat /run/munge/munged.pid)" 2>/dev/null || true; fi
        ;;
    *) die "say start or stop" ;;
esac
