// An implementation of HPKE that is not ours opens the published vectors, and seals what ours has to open.
// Reads the path of the vectors; prints, for each, a request that it has sealed itself.
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { XWing } from "@hpke/hybridkem-x-wing";

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const text = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const utf8 = new TextEncoder();
const ENC = { 1: 32, 2: 1120 } as Record<number, number>;
const REQUEST_HEADER = 26;
const ANSWER_HEADER = 18;

const { vectors } = JSON.parse(await Deno.readTextFile(Deno.args[0]));
for (const vector of vectors) {
  const suite = new CipherSuite({
    kem: vector.suite === 1 ? new DhkemX25519HkdfSha256() : new XWing(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });
  const open = async (privateKey: string, info: string, sealed: Uint8Array, header: number) => {
    const recipientKey = await suite.kem.importKey("raw", hex(privateKey).buffer, false);
    const end = header + ENC[vector.suite];
    const opened = await suite.open(
      { recipientKey, enc: sealed.slice(header, end).buffer, info: utf8.encode(info).buffer },
      sealed.slice(end).buffer,
    );
    return new Uint8Array(opened);
  };
  const inside = await open(vector.server_private, vector.request_info, hex(vector.request), REQUEST_HEADER);
  const expected = `${vector.suite.toString(16).padStart(2, "0")}${vector.reply_public}${vector.image}`;
  if (text(inside) !== expected) throw new Error(`${vector.name}: the request is another one`);
  const answer = await open(vector.reply_private, vector.answer_info, hex(vector.answer), ANSWER_HEADER);
  if (new TextDecoder().decode(answer) !== vector.answer_plaintext) throw new Error(`${vector.name}: another answer`);

  const recipientPublicKey = await suite.kem.importKey("raw", hex(vector.server_public).buffer, true);
  const sealed = await suite.seal(
    { recipientPublicKey, info: utf8.encode(vector.request_info).buffer },
    hex(expected).buffer,
  );
  const header = text(hex(vector.request).slice(0, REQUEST_HEADER));
  console.log(header + text(new Uint8Array(sealed.enc)) + text(new Uint8Array(sealed.ct)));
}
