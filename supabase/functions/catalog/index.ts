// GET /functions/v1/catalog/search, /sources and /{id}: the service's /catalog near the edge (docs/catalog_search.md).
import { observed } from "../_shared/observed.ts";
import { createDependencies } from "./dependencies.ts";
import { handler } from "./handler.ts";

const dependencies = createDependencies();

Deno.serve(observed("catalog", (request) => handler(request, dependencies)));
