// The SDK alone, as its documentation starts it: all instrumentations that are installed, and the hooks for ES modules.
import { readdirSync } from "node:fs";
import { register } from "node:module";
import { NodeSDK } from "@opentelemetry/sdk-node";

register("@opentelemetry/instrumentation/hook.mjs", import.meta.url);
const folder = new URL("../../../node_modules/@opentelemetry/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.startsWith("instrumentation-"));
const instrumentations = [];
for (const name of names) {
  const exported = await import(`@opentelemetry/${name}`);
  for (const [key, Class] of Object.entries(exported)) {
    if (/Instrumentation$/.test(key)) instrumentations.push(new Class());
  }
}
new NodeSDK({ instrumentations }).start();
