// One service on OpenTelemetry SDK 2: fails, or passes on the failure of whom it calls. Arguments: name, URL to call.
import { createRequire } from "node:module";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { withErrorTree } from "otel-error-tree";

const [serviceName, downstream] = process.argv.slice(2);
const exported = [];
const traceExporter = {
  export(spans, done) {
    for (const span of spans) {
      const { attributes, resource } = span;
      const isRedacted = resource.attributes["error_tree.redacted"] === true;
      const verdict = attributes["error_tree.verdict"];
      exported.push({
        flags: span.spanContext().traceFlags,
        verdict,
        type: attributes["error.type"],
        isRedacted,
      });
    }
    done({ code: 0 });
  },
  async forceFlush() {},
  async shutdown() {},
};
const configuration = {
  serviceName,
  traceExporter,
  instrumentations: [new HttpInstrumentation()],
  autoDetectResources: false,
};
const sdk = new NodeSDK(withErrorTree(configuration, { trust: "loopback" }));
sdk.start();

const http = createRequire(import.meta.url)("node:http");
const server = http.createServer((request, response) => {
  if (request.url === "/throws") {
    setTimeout(() => {
      throw new RangeError("thrown in a timer");
    });
    return;
  }
  const answer = (status) => {
    response.statusCode = status;
    response.end();
  };
  if (downstream === undefined) answer(503);
  else http.get(downstream, (from) => from.resume().on("end", () => answer(500)));
});
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.once("message", async () => {
  await sdk.shutdown();
  process.send({ exported }, () => process.exit(0));
});
