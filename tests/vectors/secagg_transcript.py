"""Whole sums by secure aggregation, message by message, after Bonawitz et al. (CCS 2017), figure 4: independent of fedsim's
code, with keys, boxes, masks and signatures by the package `cryptography` (OpenSSL).

    pip install cryptography
    python3 secagg_transcript.py        # writes secagg_transcript.json
"""

import hashlib
import hmac
import json
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

P = 2**61 - 1  # The field of the shares.
DOMAIN = b"fedsim/secagg/v1"
RAW = Encoding.Raw, PublicFormat.Raw


def u32(number):
    return struct.pack("<I", number)


def u64(number):
    return struct.pack("<Q", number)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hkdf(salt, material, info, length):
    """RFC 5869, by hand."""
    key = hmac.digest(salt, material, "sha256")
    output, block = b"", b""
    while len(output) < length:
        block = hmac.digest(key, block + info + bytes([len(output) // 32 + 1]), "sha256")
        output += block
    return output[:length]


def key_stream(key, length):
    cipher = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return cipher.update(bytes(length))


def public(secret):
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes(*RAW)


def agree(secret, peer):
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(peer))


def deal(secrets, threshold, points, key):
    """Shares of two secrets at the points: 5 limbs of 7 bytes each; coefficients are 61 bits of 64 of the key stream."""
    limbs = [int.from_bytes(secret[7 * at : 7 * at + 7], "little") for secret in secrets for at in range(5)]
    stream = key_stream(key, 8 * 10 * (threshold - 1))
    drawn = [draw >> 3 for (draw,) in struct.iter_unpack("<Q", stream)]
    assert all(draw < P for draw in drawn), "one in 2^61 would be drawn again"
    rows = [limbs] + [drawn[10 * row : 10 * row + 10] for row in range(threshold - 1)]
    dealt = []
    for point in points:
        values = [sum(row[limb] * pow(point, power, P) for power, row in enumerate(rows)) % P for limb in range(10)]
        dealt.append([b"".join(map(u64, values[:5])), b"".join(map(u64, values[5:]))])
    return dealt


def combine(points, shares):
    """The secret of 32 bytes that these shares give back, by Lagrange's interpolation at zero."""
    secret = b""
    for limb in range(5):
        value = 0
        for point, share in zip(points, shares):
            y = struct.unpack_from("<Q", share, 8 * limb)[0]
            for other in points:
                if other != point:
                    y = y * other % P * pow(other - point, -1, P) % P
            value = (value + y) % P
        secret += value.to_bytes(8, "little")[: 7 if limb < 4 else 4]
    return secret


def pack(words, bits):
    number = sum((word % 2**bits) << (bits * at) for at, word in enumerate(words))
    return number.to_bytes((len(words) * bits + 7) // 8, "little")


class Client:
    def __init__(self, case, number):
        self.case, self.number = case, number
        self.seed = sha256(b"client", u32(number))
        draw = lambda label: hkdf(case.session, self.seed, DOMAIN + b"client" + label, 32)
        self.seal, self.mask, self.self_mask = draw(b"seal secret"), draw(b"mask secret"), draw(b"self mask")
        self.coefficients = hkdf(case.session, self.seed, DOMAIN + b"client" + b"coefficients", 16)
        self.signer = Ed25519PrivateKey.from_private_bytes(sha256(b"signer", u32(number)))
        self.input = [(number + 1) * (at + 1) * 0x9E3779B97F4A7C15 % 2**64 for at in range(case.length)]

    def keys(self):
        return public(self.seal) + public(self.mask)

    def advertisement(self):
        message = u32(self.number) + self.keys()
        if not self.case.active:
            return message + b"\0"
        statement = b"fedsim/secagg/v1 keys" + self.case.session + u32(self.number) + self.keys()
        return message + b"\1" + self.signer.sign(statement)

    def box_key(self, peer, outwards):
        ends = [public(self.seal), public(peer.seal)]
        info = DOMAIN + b"seal" + b"".join(ends if outwards else ends[::-1])
        return hkdf(self.case.session, agree(self.seal, public(peer.seal)), info, 32)

    def shares(self, clients):
        """By holder: the shares of the mask's key and of the own mask's seed; the own ones come last."""
        holders = [peer.number for peer in clients if peer is not self] + [self.number]
        dealt = deal([self.mask, self.self_mask], self.case.threshold, [holder + 1 for holder in holders], self.coefficients)
        return dict(zip(holders, dealt))

    def box_for(self, peer, clients):
        ends = u32(self.number) + u32(peer.number)
        content = ends + b"".join(self.shares(clients)[peer.number])
        associated = self.case.session + b"\1" + ends
        return ChaCha20Poly1305(self.box_key(peer, True)).encrypt(bytes(12), content, associated)

    def mask_with(self, peer):
        low, high = sorted([self, peer], key=lambda client: client.number)
        info = DOMAIN + b"mask" + public(low.mask) + public(high.mask)
        key = hkdf(self.case.session, agree(self.mask, public(peer.mask)), info, 16)
        return self.case.expand(key, 1 if self.number > peer.number else -1)

    def own_mask(self):
        return self.case.expand(hkdf(self.case.session, self.self_mask, DOMAIN + b"self" + u32(self.number), 16), 1)

    def masked(self, clients):
        masks = [self.mask_with(peer) for peer in clients if peer is not self] + [self.own_mask()]
        return [sum(words) % 2**self.case.bits for words in zip(self.input, *masks)]


class Case:
    def __init__(self, name, clients, threshold, bits, length, dropped, active):
        self.name, self.threshold, self.bits, self.length, self.active = name, threshold, bits, length, active
        cohort = sha256(*(u64(client) for client in range(clients)))
        texts = [b"fedsim/secagg/v2 session", b"transcript", name.encode()]
        numbers = [7, 2, clients, 0, threshold, bits, int(active), length]
        bound = b"".join(u64(len(text)) + text for text in texts) + b"".join(map(u64, numbers))
        self.session = sha256(bound, cohort, sha256(b"broadcast"))
        self.invitation = u64(7) + u64(2) + u32(clients) + cohort
        self.clients = [Client(self, number) for number in range(clients)]
        self.survivors = [client for client in self.clients if client.number not in dropped]
        self.dropped = dropped

    def expand(self, key, sign):
        width = 4 if self.bits <= 32 else 8 if self.bits <= 64 else 16
        stream = key_stream(key, width * self.length)
        words = [int.from_bytes(stream[at : at + width], "little") for at in range(0, len(stream), width)]
        return [sign * word % 2**self.bits for word in words]

    def survivors_message(self):
        return u32(len(self.survivors)) + b"".join(u32(client.number) for client in self.survivors)

    def signed(self, client):
        statement = b"fedsim/secagg/v1 survivors" + self.session + b"".join(u32(client.number) for client in self.survivors)
        return u32(client.number) + client.signer.sign(statement)

    def reveal(self, client):
        message = u32(client.number) + u32(len(self.clients))
        for owner in self.clients:
            mask_key, self_mask = owner.shares(self.clients)[client.number]
            lives = owner in self.survivors
            message += u32(owner.number) + (b"\0" + self_mask if lives else b"\1" + mask_key)
        return message

    def transcript(self):
        """All clients send keys and boxes; who drops out does so before its masked vector."""
        everyone = self.clients
        inbox = lambda client: [(peer.number, peer.box_for(client, everyone)) for peer in everyone if peer is not client]
        outbox = lambda client: [(peer.number, client.box_for(peer, everyone)) for peer in everyone if peer is not client]
        boxes = lambda listed: u32(len(listed)) + b"".join(u32(end) + sealed for end, sealed in listed)
        masked = lambda client: u32(client.number) + bytes([self.bits]) + u32(self.length) + pack(client.masked(everyone), self.bits)
        book = u32(len(everyone)) + b"".join(client.advertisement() for client in everyone)
        stages = [
            {"stage": "advertise", "down": [self.invitation] * len(everyone), "up": [client.advertisement() for client in everyone]},
            {
                "stage": "share",
                "down": [book] * len(everyone),
                "up": [u32(client.number) + boxes(outbox(client)) for client in everyone],
            },
            {
                "stage": "masked_input",
                "down": [boxes(inbox(client)) for client in self.survivors],
                "up": [masked(client) for client in self.survivors],
            },
        ]
        survivors = [self.survivors_message()] * len(self.survivors)
        if self.active:
            signed = [self.signed(client) for client in self.survivors]
            stages.append({"stage": "consistency", "down": survivors, "up": signed})
            survivors = [u32(len(signed)) + b"".join(signed)] * len(self.survivors)
        stages.append({"stage": "unmask", "down": survivors, "up": [self.reveal(client) for client in self.survivors]})
        return stages

    def check(self):
        """The server's part: what the shares give back takes the masks off the sum."""
        total = [0] * self.length
        add = lambda words: total.__setitem__(slice(None), [(a + b) % 2**self.bits for a, b in zip(total, words)])
        for client in self.survivors:
            add(client.masked(self.clients))
        holders = [client.number for client in self.survivors][: self.threshold]
        points = [holder + 1 for holder in holders]
        for owner in self.clients:
            kind = 1 if owner in self.survivors else 0
            secret = combine(points, [owner.shares(self.clients)[holder][kind] for holder in holders])
            assert secret == (owner.self_mask if kind else owner.mask)
            if kind:
                add([-word for word in owner.own_mask()])
            else:
                for peer in self.survivors:
                    add([-word for word in peer.mask_with(owner)])
        expected = [sum(words) % 2**self.bits for words in zip(*(client.input for client in self.survivors))]
        assert total == expected
        return total

    def to_json(self):
        stages = [
            {**stage, "down": [m.hex() for m in stage["down"]], "up": [m.hex() for m in stage["up"]]} for stage in self.transcript()
        ]
        client = self.clients[0]
        return {
            "name": self.name,
            "clients": len(self.clients),
            "threshold": self.threshold,
            "bits": self.bits,
            "length": self.length,
            "active": self.active,
            "dropped": self.dropped,
            "session": self.session.hex(),
            "seeds": [client.seed.hex() for client in self.clients],
            "signers": [client.signer.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex() for client in self.clients],
            "shamir": [[share.hex() for share in shares] for shares in client.shares(self.clients).values()],
            "shamir_secrets": [client.mask.hex(), client.self_mask.hex()],
            "shamir_key": client.coefficients.hex(),
            "own_mask": [str(word) for word in client.own_mask()],
            "pair_mask": [str(word) for word in client.mask_with(self.clients[1])],
            "stages": stages,
            "sum": [str(word) for word in self.check()],
        }


CASES = [
    Case("semi_honest_one_drops", clients=4, threshold=3, bits=41, length=5, dropped=[2], active=False),
    Case("active_all_stay", clients=4, threshold=3, bits=20, length=7, dropped=[], active=True),
    Case("statistics", clients=3, threshold=2, bits=128, length=3, dropped=[], active=False),
]

if __name__ == "__main__":
    with open("secagg_transcript.json", "w") as file:
        json.dump([case.to_json() for case in CASES], file, indent=1)
        file.write("\n")
