// The envelope as an app in TypeScript meets it: the same vectors, opened by other libraries than Python's.
import assert from "node:assert/strict";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";

type Bytes = Uint8Array<ArrayBuffer>;

interface Sealed {
  name: string;
  key: string;
  nonce: string;
  owner?: string;
  entity_id?: string;
  entity_type?: string;
  associated_data: string;
  plaintext: string;
  blob: string;
  checksum: string;
}

interface Vectors {
  aes_256_gcm: Sealed[];
  xchacha20_poly1305: Sealed[];
  shape: { name: string; head: string; length: number; fault: string | null }[];
  tombstone: { blob: string; checksum: string };
  digests: { name: string; entities: { id: string; version: number; checksum: string }[]; digest: string }[];
}

const NONCE_BYTES: Record<number, number> = { 1: 12, 2: 24 };
const TAG_BYTES = 16;
const BLOB_BYTES = 1_048_576;

const vectors: Vectors = JSON.parse(
  await Deno.readTextFile(new URL("../../docs/envelope_vectors.json", import.meta.url)),
);

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function faultOf(blob: Bytes): string | null {
  if (blob.length > BLOB_BYTES) return "blob-too-large";
  const nonce = blob[0] === 1 ? NONCE_BYTES[blob[1]] : undefined;
  return nonce === undefined || blob.length < 2 + nonce + TAG_BYTES ? "not-an-envelope" : null;
}

async function open(key: Bytes, blob: Bytes, place: Bytes): Promise<Uint8Array> {
  const start = 2 + NONCE_BYTES[blob[1]];
  const nonce = blob.slice(2, start);
  const sealed = blob.slice(start);
  if (blob[1] === 2) return xchacha20poly1305(key, nonce, place).decrypt(sealed);
  const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  return new Uint8Array(
    await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce, additionalData: place }, aes, sealed),
  );
}

for (const [algorithm, cases] of [[1, vectors.aes_256_gcm], [2, vectors.xchacha20_poly1305]] as const) {
  for (const vector of cases) {
    const blob = fromHex(vector.blob);
    const key = fromHex(vector.key);
    const place = fromHex(vector.associated_data);

    Deno.test(`algorithm ${algorithm} opens ${vector.name}`, async () => {
      assert.deepEqual([blob[0], blob[1]], [1, algorithm]);
      assert.equal(toHex(blob.slice(2, 2 + NONCE_BYTES[algorithm])), vector.nonce);
      assert.equal(toHex(await open(key, blob, place)), vector.plaintext);
      assert.equal(toHex(await sha256(blob)), vector.checksum);
    });

    Deno.test(`algorithm ${algorithm} refuses ${vector.name} when moved or changed`, async () => {
      await assert.rejects(open(key, blob, fromHex("00")));
      const changed = blob.slice();
      changed[changed.length - 1] ^= 1;
      await assert.rejects(open(key, changed, place));
    });

    if (vector.owner) {
      Deno.test(`algorithm ${algorithm} binds ${vector.name} to its place`, () => {
        const text = `medtime/1|${vector.owner}|${vector.entity_id}|${vector.entity_type}`;
        assert.equal(new TextDecoder().decode(place), text);
      });
    }
  }
}

for (const { name, head, length, fault } of vectors.shape) {
  Deno.test(`shape: ${name}`, () => {
    const blob = new Uint8Array(length);
    blob.set(fromHex(head));
    assert.equal(faultOf(blob), fault);
  });
}

Deno.test("a tombstone has the checksum of nothing", async () => {
  assert.equal(toHex(await sha256(fromHex(vectors.tombstone.blob))), vectors.tombstone.checksum);
});

for (const { name, entities, digest } of vectors.digests) {
  Deno.test(`digest of ${name}`, async () => {
    const sum = new Uint8Array(32);
    for (const { id, version, checksum } of entities) {
      const term = await sha256(new TextEncoder().encode(`${id}:${version}:${checksum}`));
      term.forEach((byte, place) => sum[place] ^= byte);
    }
    assert.equal(toHex(sum), digest);
  });
}
