// Translates attributes of other producers into those that src/spans knows: of OpenTracing, OpenCensus, Zipkin, Envoy, Linkerd and
// Spring.
import { CODES, type Code, codeFromName, codeFromNumber } from "../spans/code.ts";
import { READ_ATTRIBUTES } from "../spans/span-record.ts";
import { failureFlag } from "./envoy.ts";
import { type JsonObject, LONGEST_LIST } from "./json-value.ts";

/** Attributes whose value counts as it is if the newer name is not there. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  "/http/host": "server.address",
  "/http/method": "http.method",
  "/http/path": "http.target",
  "/http/url": "http.url",
  "db.type": "db.system",
  "http.path": "http.target",
  "message_bus.destination": "messaging.destination",
  "peer.hostname": "net.peer.name",
  "error.class": "error.type",
  "error.kind": "error.type",
  "error.msg": "error.message",
  "exception.message": "error.message",
  "exception.type": "error.type",
  "grpc.message": "error.message",
  "grpc.error_message": "error.message",
};

const GRPC_STATUS = ["grpc.status_code", "grpc.code", "rpc.grpc.status_code", "rpc.response.status_code"];
const HTTP_STATUS = ["/http/status_code", "http.response.status", "http.status", "http_status"];
/** The status of a span as OpenCensus wrote it, also by its exporters for Zipkin. */
const CENSUS_STATUS = ["status.code", "census.status_code", "opencensus.status_code"];
const CENSUS_MESSAGE = ["status.message", "census.status_description", "opencensus.status_description"];

/** What the observatory reads besides: whether a span is a sample of the traffic, and whom it talks to. */
const OF_TRAFFIC = [
  "db.name",
  "error_tree.forced",
  "error_tree.represents",
  "messaging.destination.anonymous",
  "messaging.destination.template",
  "messaging.destination.temporary",
  "messaging.operation.name",
  "messaging.rabbitmq.destination.routing_key",
  "messaging.rabbitmq.routing_key",
  "messaging.system",
];

/** Names of all attributes to keep; true for those that may have to be translated. */
const KEPT: ReadonlyMap<string, boolean> = new Map([
  ...[...READ_ATTRIBUTES, "span.kind", ...OF_TRAFFIC].map((name) => [name, false] as const),
  ...[
    "component",
    "error",
    "error.object",
    "error.stack",
    "exception",
    "exception.stacktrace",
    "http.status_code",
    "otel.status_code",
    "outcome",
    "response_code",
    "response_flags",
    "stack",
    "status",
    "status.name",
    "upstream_cluster",
    "upstream_cluster.name",
    ...Object.keys(OTHER_NAMES),
    ...GRPC_STATUS,
    ...HTTP_STATUS,
    ...CENSUS_STATUS,
    ...CENSUS_MESSAGE,
  ].map((name) => [name, true] as const),
]);

/** Attributes of a span while they are read. */
export class ReadAttributes {
  readonly values: Record<string, unknown> = {};
  /** Some of them may have to be translated. */
  isForeign = false;

  /** True if the attribute is wanted: only then its value has to be read. */
  static has(key: string): boolean {
    return KEPT.has(key);
  }

  set(key: string, value: unknown): void {
    const isForeign = KEPT.get(key);
    const known = isForeign === undefined ? undefined : plainValue(value);
    if (known === undefined) return;
    this.values[key] = known;
    if (isForeign) this.isForeign = true;
  }

  /** Sets what is wanted of an object. The names are looked up, because an object of a peer may have a million of others. */
  setFrom(values: JsonObject): void {
    for (const key of KEPT.keys()) if (Object.hasOwn(values, key)) this.set(key, values[key]);
  }

  /** The attributes in the words of src/spans. */
  translated(): Record<string, unknown> {
    if (this.isForeign) translate(this.values);
    return this.values;
  }
}

/** A text, a number, a truth, or a list of such: an object of a peer may throw when it is made a text or a number. */
function plainValue(value: unknown): unknown {
  if (typeof value !== "object") return value;
  return Array.isArray(value)
    ? value.slice(0, LONGEST_LIST).filter((one) => typeof one !== "object")
    : undefined;
}

function translate(values: Record<string, unknown>): void {
  for (const name in values) {
    const newer = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : undefined;
    if (newer === undefined) continue;
    const value = values[name];
    values[newer] ??= newer === "error.type" && typeof value === "string" ? typeName(value) : value;
  }
  translateError(values);
  translateStatusCode(values);
  translateGrpcStatus(values);
  translateHttpStatus(values);
  translateCensusStatus(values);
  if ("response_flags" in values) translateEnvoy(values);
  const { exception } = values;
  if (typeof exception === "string" && !/^(?:none)?$/i.test(exception)) values["error.type"] ??= exception;
}

/** Clients of Python write a class as it prints itself: `<class 'ZeroDivisionError'>`. */
export function typeName(type: string): string {
  return type.startsWith("<class '") && type.endsWith("'>") ? type.slice(8, -2) : type;
}

/** The tag `error` is true as a boolean, as that word, or as 1; any other text is only what somebody wrote about it. */
function translateError(values: Record<string, unknown>): void {
  const { error } = values;
  if (error === undefined) return;
  if (error === true || error === 1 || (typeof error === "string" && error.toLowerCase() === "true")) {
    values.error = true;
    return;
  }
  delete values.error;
  const text = typeof error === "string" ? error : "";
  if (!/^(?:false|no|none|null|nil|unset|ok|-?\d*|<nil>)$/i.test(text)) values["error.message"] ??= text;
}

/** `otel.status_code` in any spelling. */
function translateStatusCode(values: Record<string, unknown>): void {
  const value = values["otel.status_code"];
  if (value === undefined) return;
  const status = statusName(value);
  if (status === undefined) delete values["otel.status_code"];
  else values["otel.status_code"] = status;
}

/** A status of OpenTelemetry, by name or number; `undefined` if it is unset. */
export function statusName(value: unknown): "OK" | "ERROR" | undefined {
  if (value === 2 || value === "2") return "ERROR";
  if (value === 1 || value === "1") return "OK";
  const name = typeof value === "string" ? value.toUpperCase().replace("STATUS_CODE_", "") : "";
  return name === "ERROR" || name === "OK" ? name : undefined;
}

function translateGrpcStatus(values: Record<string, unknown>): void {
  let status: Code | undefined;
  for (const name of GRPC_STATUS) status = codeIn(values[name]) ?? status;
  if (status === undefined && /grpc/i.test(String(values.component))) status = codeIn(values.response_code);
  if (status !== undefined) values["rpc.grpc.status_code"] = CODES[status];
}

/** A code as a number, as digits, or by its name, also as Go and Java write it: `NotFound`. */
function codeIn(value: unknown): Code | undefined {
  if (typeof value === "number") return codeFromNumber(value);
  if (typeof value !== "string" || value === "") return undefined;
  if (/^\d+$/.test(value)) return codeFromNumber(Number(value));
  return codeFromName(value) ?? codeFromName(value.replace(/(?<=[a-z])(?=[A-Z])/g, "_"));
}

function translateHttpStatus(values: Record<string, unknown>): void {
  // A proxy that sent no response writes 0.
  if (Number(values["http.status_code"]) === 0) delete values["http.status_code"];
  for (const name of HTTP_STATUS) if (name in values) values["http.status_code"] ??= values[name];
  // Spring writes the status of a request as `status`, together with `outcome`.
  if ("outcome" in values && Number(values.status) > 0) values["http.status_code"] ??= values.status;
}

/** OpenCensus had the codes of gRPC for the status of any span; early OpenTelemetry used its name for codes of its own. */
function translateCensusStatus(values: Record<string, unknown>): void {
  for (const name of CENSUS_MESSAGE) {
    if (name in values) values["otel.status_description"] ??= values[name];
  }
  const status = values[CENSUS_STATUS.find((name) => name in values) ?? ""];
  if (status === undefined) return;
  const named = statusName(values["status.name"]);
  if (named !== undefined) {
    values["otel.status_code"] ??= named;
    return;
  }
  const hasStatus =
    "rpc.grpc.status_code" in values ||
    "http.status_code" in values ||
    "http.response.status_code" in values ||
    "otel.status_code" in values;
  const code = codeIn(status);
  if (!hasStatus && code !== undefined && !/^unset$/i.test(String(values["status.name"]))) {
    values["rpc.grpc.status_code"] = CODES[code];
  }
}

function translateEnvoy(values: Record<string, unknown>): void {
  const cluster = values["upstream_cluster.name"] ?? values.upstream_cluster;
  // Istio names clusters by direction, port, subset and host: outbound|80||reviews.default.svc.cluster.local
  if (typeof cluster === "string") values["peer.service"] ??= cluster.split("|").at(-1);
  const flag = failureFlag(values.response_flags);
  if (flag === undefined) return;
  values["error.message"] ??= flag.text;
  if ("http.status_code" in values || "rpc.grpc.status_code" in values) return;
  values.error = true;
  values["error_tree.code"] ??= flag.code;
}
