// What the tests of this function share: a world without a network, and keys of their own.
import { type Wakeup } from "./outcome.ts";
import { type Fetch, type World } from "./provider.ts";

export const NOW = Date.UTC(2026, 0, 1, 12, 10);

export interface Sent {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A world in which each request is noted and answered in turn; the last answer stays. */
export function worldOf(...answers: (Response | Error)[]): World & { sent: Sent[]; time: number } {
  const sent: Sent[] = [];
  const fetcher: Fetch = (url, init) => {
    sent.push({ url, headers: init.headers as Record<string, string>, body: String(init.body) });
    const answer = answers.length > 1 ? answers.shift()! : answers[0];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer.clone());
  };
  const world = { sent, time: NOW, fetch: fetcher, now: () => world.time, random: () => 0.5 };
  return world;
}

export function wakeup(changed: Partial<Wakeup> = {}): Wakeup {
  return {
    ticket: crypto.randomUUID(),
    platform: "apns",
    environment: "production",
    token: "ab",
    attempts: 1,
    ...changed,
  };
}

/** A new key pair, the private one as PKCS#8 in PEM. */
export async function newKey(kind: "ES256" | "RS256"): Promise<{ privateKey: string; publicKey: CryptoKey }> {
  const algorithm = kind === "ES256" ? { name: "ECDSA", namedCurve: "P-256" } : {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g)!.join("\n");
  return {
    privateKey: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
    publicKey: pair.publicKey,
  };
}
