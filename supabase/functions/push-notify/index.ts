// POST /functions/v1/push-notify: wakes the devices that are to be woken (docs/wakeups.md). Called by our own servers.
import { observed } from "../_shared/observed.ts";
import { createDependencies } from "./dependencies.ts";
import { handler } from "./handler.ts";

const dependencies = createDependencies();

Deno.serve(observed("push-notify", (request) => handler(request, dependencies)));
