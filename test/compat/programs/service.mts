// The same service in TypeScript, with every type that a program is likely to name.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";
import {
  activeErrorTree,
  type Code,
  type ErrorTree,
  type ErrorTreeOptions,
  failRequest,
  formatTree,
  rootCauseOf,
  withErrorTree,
} from "otel-error-tree";

const options: ErrorTreeOptions = { trust: "loopback", redact: { names: ["iban"] } };
const sdk = new NodeSDK(withErrorTree({ instrumentations: [new HttpInstrumentation()] }, options));
sdk.start();

/** What failed beneath, in one line. */
function textOf(tree: ErrorTree | undefined): string {
  if (tree === undefined) return "nothing";
  const code: Code = rootCauseOf(tree.root).node.code;
  return `${code}: ${formatTree(tree)}`;
}

const [downstream] = process.argv.slice(2);
const server = http.createServer((_request, response) => {
  const fail = (status: number, message: string): void => {
    failRequest(new RangeError(message), status === 500 ? "internal" : "unavailable");
    response.writeHead(status).end(`${textOf(activeErrorTree())}\n`);
  };
  if (downstream === undefined) fail(503, "no account is left");
  else http.get(downstream, (from) => from.resume().on("end", () => fail(500, "the bank did not pay")));
});
server.listen(0, "127.0.0.1", () => console.log(`listens on ${(server.address() as AddressInfo).port}`));
process.once("SIGTERM", () => {
  void sdk.shutdown().then(() => process.exit());
});
