// What the shared vectors (tests/functions/catalog_vectors.json) cannot show on a running stack.
import assert from "node:assert/strict";
import { busy, Problem } from "../_shared/problem.ts";
import { type Dependencies } from "./dependencies.ts";
import { handler } from "./handler.ts";

type Asked = [name: string, values: Record<string, unknown>];

function dependencies(changed: Partial<Dependencies> = {}): Dependencies & { asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    ask(name, values) {
      asked.push([name, values]);
      return Promise.resolve({ version: 1 });
    },
    verify: () => Promise.reject(new Problem("bad-signature")),
    apiKeys: ["sb_publishable_x"],
    ...changed,
  };
}

function get(target: string, headers: Record<string, string> = {}): Request {
  return new Request(`http://project.test${target}`, { headers });
}

Deno.test("a search reaches the database in one spelling, with what was not said as it is there", async () => {
  const given = dependencies();
  await handler(get("/catalog/search?q=%20ZOCOR%20%2010%20MG%20&limit=5&source=ema"), given);
  assert.deepEqual(given.asked, [["catalog_search", {
    query: "zocor 10 mg",
    source: "ema",
    country: null,
    form: null,
    ingredient: null,
    status: "active",
    lang: "en",
    max_results: 5,
    after: null,
  }]]);
});

Deno.test("what is refused never reaches the database", async () => {
  const given = dependencies();
  for (const target of ["/catalog/search", "/catalog/nothing", "/catalog/a/b", "/catalog/sources?x=1"]) {
    await assert.rejects(() => handler(get(target), given), Problem);
  }
  assert.deepEqual(given.asked, []);
});

Deno.test("the path may have the gateway's prefix", async () => {
  assert.equal((await handler(get("/functions/v1/catalog/sources"), dependencies())).status, 200);
  await assert.rejects(() => handler(get("/other/catalog/sources"), dependencies()), { slug: "not-found" });
});

Deno.test("an API key in place of a token is nobody; a token must be good", async () => {
  const given = dependencies();
  await handler(get("/catalog/sources", { authorization: "Bearer sb_publishable_x" }), given);
  await assert.rejects(() => handler(get("/catalog/sources", { authorization: "Bearer x.y.z" }), given), {
    slug: "bad-signature",
  });
  const good = dependencies({ verify: () => Promise.resolve({ sub: "x" }) });
  assert.equal((await handler(get("/catalog/sources", { authorization: "Bearer x.y.z" }), good)).status, 200);
});

Deno.test("what the database refuses or cannot do now is passed on", async () => {
  for (const problem of [new Problem("invalid-parameter", { parameters: ["cursor"] }), busy()]) {
    const given = dependencies({ ask: () => Promise.reject(problem) });
    await assert.rejects(() => handler(get("/catalog/search?q=x"), given), problem);
  }
});

Deno.test("a product that is not there is unknown", async () => {
  const given = dependencies({ ask: () => Promise.resolve(null) });
  await assert.rejects(() => handler(get("/catalog/rxnorm:1"), given), { slug: "unknown-product" });
});
