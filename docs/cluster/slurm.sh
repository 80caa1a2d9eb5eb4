#!/usr/bin/env bash
# One run of several processes on a SLURM cluster: fit, then test (AFTER=predict for a target without labels).
#
#   sbatch docs/cluster/slurm.sh --config my_run.yaml
#
# SLURM starts the processes (srun) and Lightning reads from SLURM_* which is which. Before the time is over, or after a
# node has failed, the job queues again and goes on from the last finished epoch, as if nothing had happened. That is
# better than Lightning's own requeue (left out by B: below), which saves in the middle of an epoch and then begins its
# batches anew.
#SBATCH --job-name=iadtln
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log
set -euo pipefail
RUN=${RUN:-runs/job_$SLURM_JOB_ID}  # on a disk that all nodes see
PYTHON=${PYTHON:-python}            # of an environment that all nodes see

trap 'echo "time is nearly over: queueing again"; scontrol requeue "$SLURM_JOB_ID"; exit 0' USR1

nodes() {  # verb and options; in the background, because a shell that waits hears signals
    srun --kill-on-bad-exit=1 "$PYTHON" -m iadtln "$@" &
    wait $!
}

last=$RUN/checkpoints/last.ckpt
options=("$@" --trainer.num_nodes "$SLURM_NNODES" --trainer.devices "$SLURM_NTASKS_PER_NODE"
    --trainer.logger.init_args.save_dir "$(dirname "$RUN")" --trainer.logger.init_args.version "$(basename "$RUN")")
if [ -f "$last" ]; then options+=(--ckpt_path "$last"); fi
nodes fit "${options[@]}"
nodes "${AFTER:-test}" --config "$RUN/config.yaml" --ckpt_path "$last"
