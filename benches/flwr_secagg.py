"""How long the primitives of Flower's SecAgg+ take for one round, beside fedsim's whole round on the same machine.

    pip install flwr==1.41.0
    python benches/flwr_secagg.py --fedsim target/release/fedsim

Each primitive is called with the arguments that Flower's own client (`secaggplus_mod`) and server
(`secaggplus_workflow`) give it: everyone is everyone's neighbour, nobody drops out, one array of `--params` numbers.
A primitive is called as often as a round calls it, or until `--budget` seconds are over; the time of the calls left
out is then that of the mean call, and the table says how many were made. Messages, serialisation of vectors and the
scheduling of clients are left out: in Flower's favour.
"""

import argparse
import os
import re
import subprocess
import time

import numpy as np
from flwr.common.secure_aggregation.crypto.shamir import combine_shares, create_shares
from flwr.common.secure_aggregation.crypto.symmetric_encryption import decrypt, encrypt, generate_shared_key
from flwr.common.secure_aggregation.ndarrays_arithmetic import (
    factor_combine,
    parameters_addition,
    parameters_mod,
    parameters_subtraction,
)
from flwr.common.secure_aggregation.quantization import quantize
from flwr.common.secure_aggregation.secaggplus_utils import pseudo_rand_gen, share_keys_plaintext_concat
from flwr.supercore.primitives.asymmetric import (
    bytes_to_private_key,
    bytes_to_public_key,
    generate_key_pairs,
    private_key_to_bytes,
    public_key_to_bytes,
)

CLIPPING_RANGE, TARGET_RANGE, MOD_RANGE = 8.0, 1 << 22, 1 << 32  # Flower's defaults.


class Sheet:
    """Times calls and adds up what a round of them takes."""

    def __init__(self, budget):
        self.budget = budget
        self.wall = self.cpu = 0.0
        print(f"{'primitive':<28}{'calls':>8}{'made':>8}{'ms_each':>12}{'seconds':>12}")

    def time(self, name, calls, call):
        wall, cpu, made = time.perf_counter(), time.process_time(), 0
        while made < calls and time.perf_counter() - wall < self.budget:
            call(made)
            made += 1
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        self.wall += wall / made * calls
        self.cpu += cpu / made * calls
        print(f"{name:<28}{calls:>8}{made:>8}{1000 * wall / made:>12.3f}{wall / made * calls:>12.2f}", flush=True)


def flower(clients, params, budget):
    """The seconds, wall and CPU, of a round's primitives."""
    n, threshold = clients, clients // 2 + 1
    sheet = Sheet(budget)

    def new_keys(_):
        private, public = generate_key_pairs()
        return private_key_to_bytes(private), public_key_to_bytes(public)

    pairs = [new_keys(None) for _ in range(2)]
    (own, _), (_, peer) = pairs

    def agree(_):
        return generate_shared_key(bytes_to_private_key(own), bytes_to_public_key(peer))

    seed = os.urandom(32)
    seed_shares, key_shares = create_shares(seed, threshold, n), create_shares(own, threshold, n)
    key = agree(None)
    plaintext = share_keys_plaintext_concat(1, 2, seed_shares[0], key_shares[0])
    box = encrypt(key, plaintext)
    values = [np.random.default_rng(1).uniform(-9, 9, params)]
    vector = factor_combine(TARGET_RANGE, quantize(values, CLIPPING_RANGE, TARGET_RANGE))
    shapes = [array.shape for array in vector]
    state = [vector]

    def mask(call):
        noise = pseudo_rand_gen(key, MOD_RANGE, shapes)
        apply = parameters_addition if call % 2 else parameters_subtraction
        state[0] = apply(state[0], noise)

    sheet.time("key generation", 2 * n, new_keys)
    sheet.time("create_shares of the seed", n, lambda _: create_shares(seed, threshold, n))
    sheet.time("create_shares of the key", n, lambda _: create_shares(own, threshold, n))
    sheet.time("agreement for boxes", n * (n - 1), agree)
    sheet.time("encrypt", n * (n - 1), lambda _: encrypt(key, plaintext))
    sheet.time("decrypt", n * (n - 1), lambda _: decrypt(key, box))
    sheet.time("quantize", n, lambda _: quantize(values, CLIPPING_RANGE, TARGET_RANGE))
    sheet.time("agreement for masks", n * (n - 1), agree)
    sheet.time("client masks", n * n, mask)
    sheet.time("client modulus", n, lambda _: parameters_mod(state[0], MOD_RANGE))
    sheet.time("server addition", n - 1, lambda _: parameters_addition(state[0], state[0]))
    sheet.time("combine_shares of the seed", n, lambda _: combine_shares(seed_shares))
    sheet.time("server masks", n, mask)
    return sheet.wall, sheet.cpu


def fedsim(binary, clients, params):
    """The seconds, wall and CPU, of fedsim's whole round: the least wall time of five."""
    command = [binary, "secagg", "--clients", str(clients), "--params", str(params)]
    found = []
    for _ in range(5):
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found.append(tuple(float(seconds) for seconds in re.search(r"^time: (\S+) s wall, (\S+) s cpu", text, re.M).groups()))
    return min(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--params", type=int, default=100_000)
    parser.add_argument("--budget", type=float, default=8.0, help="seconds for each primitive [default: 8]")
    parser.add_argument("--fedsim", help="the binary to compare with")
    arguments = parser.parse_args()
    wall, cpu = flower(arguments.clients, arguments.params, arguments.budget)
    print(f"\nflower: {wall:.2f} s wall, {cpu:.2f} s cpu, its primitives alone in one process")
    if arguments.fedsim:
        our_wall, our_cpu = fedsim(arguments.fedsim, arguments.clients, arguments.params)
        print(f"fedsim: {our_wall:.3f} s wall, {our_cpu:.3f} s cpu, the whole round")
        print(f"ratio: {wall / our_wall:.0f} of wall times, {cpu / our_cpu:.0f} of cpu times")


if __name__ == "__main__":
    main()
