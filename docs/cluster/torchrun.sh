#!/usr/bin/env bash
# One run of several processes on several nodes: fit, then test (AFTER=predict for a target without
# labels). On each node the same command:
#
#   NODES=2 NODE=0 MASTER=node0 PROCESSES=4 docs/cluster/torchrun.sh --config my_run.yaml    # node 1: NODE=1
#
# Without NODE all nodes are processes of this machine (loopback). RUN is the run's folder, on a disk that all nodes
# see; the same command again goes on from the last finished epoch.
set -euo pipefail
NODES=${NODES:-2} PROCESSES=${PROCESSES:-1} MASTER=${MASTER:-127.0.0.1} PORT=${PORT:-29500} RUN=${RUN:-runs/torchrun}
PYTHON=${PYTHON:-python}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

node() {  # number, verb and options
    "$PYTHON" -m torch.distributed.run --nnodes "$NODES" --node-rank "$1" --nproc-per-node "$PROCESSES" \
        --master-addr "$MASTER" --master-port "$PORT" -m iadtln "${@:2}"
}

nodes() {  # verb and options: on this node, or on all of them
    if [ -n "${NODE:-}" ]; then
        node "$NODE" "$@"
        return
    fi
    local number job jobs=()
    for ((number = 0; number < NODES; number++)); do
        node "$number" "$@" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job"; done
}

last=$RUN/checkpoints/last.ckpt
options=("$@" --trainer.num_nodes "$NODES" --trainer.devices "$PROCESSES"
    --trainer.logger.init_args.save_dir "$(dirname "$RUN")" --trainer.logger.init_args.version "$(basename "$RUN")")
if [ -f "$last" ]; then options+=(--ckpt_path "$last"); fi
nodes fit "${options[@]}"
nodes "${AFTER:-test}" --config "$RUN/config.yaml" --ckpt_path "$last"
