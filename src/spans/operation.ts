// Names the operation of a span: by method and route, by service and method of an RPC, or by the span's name.
import { textOf } from "./exception.ts";
import type { SpanKindName } from "./otel.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** What names an operation. */
interface Named {
  readonly kind: SpanKindName;
  readonly name: string;
  readonly attributes: Attributes;
  readonly route?: string | undefined;
}

/** Method and route, or service and method of an RPC, if known; else the span's name. */
export function operationOf(span: Named): string {
  const { attributes } = span;
  const method = textOf(attributes["http.request.method"]) ?? textOf(attributes["http.method"]);
  const rpc = rpcOperation(attributes);
  if (method === undefined || rpc !== undefined) return rpc ?? span.name;
  const route =
    span.kind === "server"
      ? textOf(attributes["http.route"] ?? span.route)
      : textOf(attributes["url.template"]);
  return route === undefined ? span.name : `${method} ${route}`;
}

/** As `shop.Cart/Get`. The older convention has service and method apart, and the newer one both in the method. */
function rpcOperation(attributes: Attributes): string | undefined {
  const method = textOf(attributes["rpc.method"]);
  // Calls of an AWS service, whose spans are named as everybody knows them.
  if ((attributes["rpc.system.name"] ?? attributes["rpc.system"]) === "aws-api") return undefined;
  const service = textOf(attributes["rpc.service"]);
  if (method === undefined) return undefined;
  if (method.includes("/")) return method.replace(/^\//, "");
  return service === undefined ? undefined : `${service}/${method}`;
}
